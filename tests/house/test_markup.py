"""What is printed is printed as it is: rich takes "[worker]" or a file's "[1]" for markup unless it is told not to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("backend", "worker", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
READS_MARKUP = ("Console", "TextColumn")


def takes_markup(name: str, text: str) -> Iterator[str]:
    """Where something of rich's is made that reads markup out of names and files."""
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READS_MARKUP):
            continue
        words = {word.arg: word.value for word in node.keywords}
        off = words.get("markup")
        if not (isinstance(off, ast.Constant) and off.value is False):
            yield f"{name}:{node.lineno} {node.func.id} without markup=False"


def test_nothing_printed_is_read_as_markup() -> None:
    assert [line for path in SOURCES for line in takes_markup(str(path.relative_to(ROOT)), path.read_text())] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Console()", 1),
        ("Console(stderr=True, markup=True)", 1),
        ("Console(markup=False)", 0),
        ("TextColumn('{x}')", 1),
    ],
)
def test_the_checker_finds_markup(text: str, found: int) -> None:
    assert len(list(takes_markup("planted.py", text))) == found
