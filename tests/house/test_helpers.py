"""What several tests use lies in a module that holds no test: who imports a test module collects its tests anew."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports, ``from a import b`` also as ``a.b``."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module or ''}.{name.name}" for name in node.names)]
    return []


def imports_of_tests(name: str, text: str) -> Iterator[str]:
    """Sentences about imports of test modules, those in a text that a test runs as a program included."""
    for node in ast.walk(ast.parse(text)):
        inner = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        for line in inner.splitlines():
            if line.startswith(("from tests", "import tests")) and "test_" in line.partition(" import ")[0]:
                yield f"{name}:{node.lineno} runs a program with: {line}"  # type: ignore[attr-defined]
        for module in imported(node):
            if any(part.startswith("test_") for part in module.split(".")):
                yield f"{name}:{node.lineno} imports {module}"  # type: ignore[attr-defined]
                break


def test_no_module_imports_a_test_module() -> None:
    own = [path for path in SOURCES if path != Path(__file__)]  # it plants them
    assert [line for path in own for line in imports_of_tests(str(path.relative_to(ROOT)), path.read_text())] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from tests.services.test_loop import audited", 1),
        ("from tests.services import test_loop", 1),
        ("import tests.test_cli", 1),
        ("from .test_loop import claim", 1),
        ("def f():\n    from tests.datasets.test_decode import dicom", 1),
        ('SCRIPT = """\nfrom tests.ml.test_train import run\n"""', 1),
        ("from tests.reading import audited, test_name", 1),
        ("from tests.reading import audited", 0),
        ("from fastapi.testclient import TestClient", 0),
        ('WORDS = "a test_module named in a sentence"', 0),
    ],
)
def test_the_checker_finds_an_import_of_tests(text: str, found: int) -> None:
    assert len(list(imports_of_tests("planted.py", text))) == found


def test_no_two_test_modules_share_a_name() -> None:
    """Folders of tests are no packages: of two modules of one name pytest takes one, and the other is an error."""
    names = [path.name for path in SOURCES if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
