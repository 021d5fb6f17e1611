"""What is checked before a commit is what `make lint` checks: the same commands."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"


def linted(makefile: str) -> list[str]:
    """The commands of the Makefile's lint and of the pages, which it builds; without the shell's remarks."""
    assert re.search(r"^lint: setup docs ", makefile, re.MULTILINE)
    recipes = re.findall(r"^(?:lint|docs):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    lines = "".join(recipes).splitlines()
    return sorted(line.partition(" #")[0].strip().replace("$(BIN)", ".venv/bin") for line in lines)


def hooked(config: str) -> list[str]:
    """The commands of the hooks; a shell only brings the path of a Node that came from PyPI."""
    entries = [hook["entry"] for repo in yaml.safe_load(config)["repos"] for hook in repo["hooks"]]
    return sorted(re.sub(r"""^bash -c '(?:PATH="\S+" )?(.*)'$""", r"\1", entry) for entry in entries)


def test_hooks_run_what_lint_runs() -> None:
    assert hooked(CONFIG.read_text()) == linted((ROOT / "Makefile").read_text())
    assert len(hooked(CONFIG.read_text())) > 5


def test_the_file_is_one_that_pre_commit_takes() -> None:
    """Without a word of warning, and with no repository to be fetched."""
    command: list[str | Path] = [Path(sys.executable).with_name("pre-commit"), "validate-config", CONFIG]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout + told.stderr == ""
    assert [repo["repo"] for repo in yaml.safe_load(CONFIG.read_text())["repos"]] == ["local"]


def test_a_command_too_many_is_seen() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\t$(BIN)/mypy\n", "\t$(BIN)/mypy\n\t$(BIN)/mypy tests\n")
    assert hooked(CONFIG.read_text()) != linted(makefile)
