"""Pages tell no stale thing: links lead somewhere, files that are named exist, commands are ones that there are."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import typer.core
import typer.main

from overread.cli import app

ROOT = Path(__file__).resolve().parents[2]
ROOM = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*ROOM, *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:backend|worker|frontend|migrations|tests|benchmarks|docs)/[\w./-]+)`")
PLACEHOLDER = re.compile(r"NAME|DATE")
MISTYPED = typer.BadParameter.__mro__[1]  # click's UsageError, which typer keeps to itself
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def astray(page: Path, text: str) -> Iterator[str]:
    """Sentences about links of a page, and paths in its text, that lead nowhere."""
    for link in LINK.findall(text):
        if not (page.parent / link).exists():
            yield f"{page.name} links to {link}"
    for name in FILE.findall(text):
        if not PLACEHOLDER.search(name) and not (ROOT / name).exists():
            yield f"{page.name} names {name}"


def commands(text: str) -> Iterator[list[str]]:
    """What a page has people type at ``overread``, in words."""
    for line in "\n".join(BLOCK.findall(text)).splitlines():
        name, *arguments = shlex.split(line.partition("|")[0]) or [""]
        if name.endswith("overread"):
            yield arguments


def check_command(arguments: list[str]) -> None:
    """Raise MISTYPED where the command line has no such command, argument or option. Nothing is done."""
    command = typer.main.get_command(app)
    if arguments == ["--help"]:
        return
    while isinstance(command, typer.core.TyperGroup) and arguments:
        name, *arguments = arguments
        if name not in command.commands:
            raise MISTYPED(f"no command {name}")
        command = command.commands[name]
    command.make_context(command.name, arguments)


def test_links_and_names_of_files_lead_somewhere() -> None:
    assert [line for page in PAGES for line in astray(page, page.read_text())] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[x](docs/none.md)", 1),
        ("[x](docs/gate.md#the-gate) [y](#here) [z](https://example.org/a)", 0),
        ("`backend/overread/none.py`", 1),
        ("`backend/overread/cli.py` and `.venv/bin/overread`", 0),
    ],
)
def test_the_checker_finds_what_leads_nowhere(text: str, found: int) -> None:
    assert len(list(astray(ROOT / "README.md", text))) == found


def test_commands_on_pages_are_ones_that_there_are() -> None:
    typed = [arguments for page in PAGES for arguments in commands(page.read_text())]
    assert len(typed) > 10
    for arguments in typed:
        check_command(arguments)


@pytest.mark.parametrize(
    "typed", ["overread launch mine", "overread serve --workers one", "overread iterate --recipes a"]
)
def test_a_command_that_there_is_not_is_found(typed: str) -> None:
    (arguments,) = commands(f"```bash\n{typed}\n```")
    with pytest.raises(MISTYPED):
        check_command(arguments)


@pytest.mark.parametrize("planted", ["[x](gone.md)", "[x](index.md#gone)", "![x](gone.png)"])
def test_a_dead_link_ends_the_build(tmp_path: Path, planted: str) -> None:
    """By the settings of our own pages, on two pages of which one has the link."""
    for name, text in (("index.md", "# A\n\n```{toctree}\nother\n```\n"), ("other.md", f"# B\n\n{planted}\n")):
        (tmp_path / name).write_text(text)
    (tmp_path / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text())
    lint = re.search(r"sphinx-build (.*) docs site", (ROOT / "Makefile").read_text())
    assert lint is not None
    command = [Path(sys.executable).with_name("sphinx-build"), *lint[1].split(), tmp_path, tmp_path / "site"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "gone" in answer.stderr
