"""Files of at most 300 lines, functions of at most 40 (docstrings apart), and no word for a network but network.

An exception says why beside it: ``# long: reason`` on the file's first line or the function's ``def`` line. The front
end's lengths are Biome's to check (lines of code: what stands between two tags is none), and tests/house/test_web.py
shows that it does.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A migration is history: it is read once, from top to bottom, and never split afterwards.
SOURCES = sorted(
    path for folder in ("backend", "worker", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
WEB = [ROOT / "frontend" / part for part in ("src", "bench")]
PAGES = [path for folder in WEB for kind in ("ts", "tsx") for path in folder.rglob(f"*.{kind}")]
LINES, BODY = 300, 40
# Not segmentation-models-pytorch, and not FastAPI's {"model": …}.
BANNED = re.compile(r"""(?<![-\w"])models?(?![-\w"])""", re.IGNORECASE)
WHY = re.compile(r"# long: \w+")


def too_long(name: str, text: str) -> Iterator[str]:
    """Sentences about what is too long in a Python file."""
    lines = text.splitlines()
    if len(lines) > LINES and not WHY.search(lines[0]):
        yield f"{name} has {len(lines)} lines; at most {LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1 - docstring_lines(node)
            if length > BODY and not WHY.search(lines[node.lineno - 1]):
                yield f"{name}:{node.lineno} {node.name} has {length} lines; at most {BODY}"


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return (node.body[0].end_lineno or 0) - node.body[0].lineno + 1


def banned_words(name: str, text: str) -> Iterator[str]:
    """Where a network, a checkpoint or a teacher is called by the banned word (names of libraries apart)."""
    for number, line in enumerate(text.splitlines(), 1):
        if BANNED.search(line):
            yield f"{name}:{number} says what design calls a network, checkpoint or teacher: {line.strip()}"


def test_files_and_functions_are_short() -> None:
    assert [line for path in SOURCES for line in too_long(str(path.relative_to(ROOT)), path.read_text())] == []


def test_a_network_is_called_a_network() -> None:
    own = [path for path in (*SOURCES, *PAGES) if path != Path(__file__) and path.name != "schema.d.ts"]
    assert [line for path in own for line in banned_words(str(path.relative_to(ROOT)), path.read_text())] == []


def function(lines: int, comment: str = "", docstring: int = 0) -> str:
    words = ['    """A.', *[""] * (docstring - 2), '    """'] if docstring else []
    return "\n".join([f"def f():{comment}", *words, *["    x = 1"] * (lines - 1)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 300, 0),
        ("x = 1\n" * 301, 1),
        ("# long: a table that is read as a whole\n" + "x = 1\n" * 301, 0),
        ("# long:\n" + "x = 1\n" * 301, 1),
        (function(40), 0),
        (function(41), 1),
        (function(40, docstring=9), 0),
        (function(41, docstring=9), 1),
        (function(41, comment="  # long: one formula"), 0),
        ("async " + function(41), 1),
    ],
)
def test_the_checker_finds_what_is_too_long(text: str, found: int) -> None:
    assert len(list(too_long("planted.py", text))) == found


def test_the_checker_finds_the_banned_word() -> None:
    planted = (
        "from pydantic import BaseModel\nmodel_config = 1\nload the Model\nold models\nsegmentation-models-pytorch\n"
    )
    assert [line.split()[0] for line in banned_words("planted.py", planted)] == ["planted.py:3", "planted.py:4"]
