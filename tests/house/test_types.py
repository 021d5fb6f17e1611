"""What has a meaning has a type: no loose tables in services, no shapeless objects on the wire, no SQL in the API."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from overread.app import create_app
from overread.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "backend" / "overread" / "services"
API = ROOT / "backend" / "overread" / "api"
TABLES = {"dict", "Dict", "defaultdict", "Mapping", "MutableMapping"}


def loose(text: str) -> Iterator[int]:
    """The lines of a module that speak of a table of anything: ``dict[str, Any]``, ``Json``, ``**named: Any``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript) and _name(node.value) in TABLES and isinstance(node.slice, ast.Tuple):
            if _name(node.slice.elts[-1]) == "Any":
                yield node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = node.args.kwarg
            if named is not None and named.annotation is not None and _name(named.annotation) == "Any":
                yield named.lineno
        elif isinstance(node, ast.Name) and node.id == "Json":
            yield node.lineno


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def sql(text: str) -> Iterator[str]:
    """What a module has of SQLAlchemy beside its session and its errors."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "sqlalchemy")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy":
            names = [alias.name for alias in node.names]
            if node.module != "sqlalchemy.exc" and (node.module, names) != ("sqlalchemy.orm", ["Session"]):
                yield from names


def shapeless(schema: Any, where: str) -> Iterator[str]:
    """Where a schema has an object of which nothing is said, or anything at all."""
    if isinstance(schema, list):
        for part in schema:
            yield from shapeless(part, where)
    if not isinstance(schema, dict):
        return
    anything = schema.get("additionalProperties", True)
    if schema.get("type") == "object" and "properties" not in schema and anything in (True, {}):
        yield where
    if schema.keys() <= {"title", "description"}:
        yield where
    for key in ("items", "additionalProperties", "anyOf", "oneOf", "allOf", "prefixItems"):
        if not isinstance(schema.get(key, True), bool):
            yield from shapeless(schema[key], where)


def shapeless_in(document: dict[str, Any]) -> Iterator[str]:
    """By schema and field, and by route for what it answers in JSON without a schema of its own."""
    for name, schema in document["components"]["schemas"].items():
        if "properties" not in schema:
            yield from shapeless(schema, name)
        for field, told in schema.get("properties", {}).items():
            yield from shapeless(told, f"{name}.{field}")
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            for part in (told.get("requestBody", {}), *told["responses"].values()):
                if content := part.get("content", {}).get("application/json"):
                    yield from shapeless(content["schema"], f"{method} {path}")


def test_services_speak_of_what_things_are() -> None:
    found = {str(path.relative_to(SERVICES)): list(loose(path.read_text())) for path in SERVICES.rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "def told() -> dict[str, Any]: ...",
        "def told() -> list[dict[str, Any]]: ...",
        "def told(rows: Mapping[str, typing.Any]) -> None: ...",
        "async def told(**rest: Any) -> None: ...",
        "def told(verdict: Json | None) -> None: ...",
        "Target = dict[str, Any]",
        "class Told:\n    rows: dict[int, dict[str, Any]]",
    ],
)
def test_a_planted_table_of_anything_is_found(line: str) -> None:
    assert list(loose(line))


def test_tables_of_something_are_none_of_anything() -> None:
    assert not list(loose("def told(a: dict[str, int], b: Mapping[str, object], **c: int) -> Select[Any]: ..."))


def test_the_api_asks_nothing_of_the_database_itself() -> None:
    found = {str(path.relative_to(API)): list(sql(path.read_text())) for path in API.rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line", ["from sqlalchemy import select", "import sqlalchemy as sa", "from sqlalchemy.orm import Session, aliased"]
)
def test_planted_sql_is_found(line: str) -> None:
    assert list(sql(line))


def test_a_session_and_errors_are_no_sql() -> None:
    allowed = "from sqlalchemy.orm import Session\nfrom sqlalchemy.exc import OperationalError"
    assert list(sql(allowed)) == []


def test_everything_on_the_wire_has_a_shape() -> None:
    nowhere = Settings(database_url="postgresql+psycopg://", redis_url="redis://", secret="0123456789abcdef" * 2)
    assert set(shapeless_in(create_app(nowhere).openapi())) == set()


@pytest.mark.parametrize(
    "planted",
    [
        {"type": "object"},
        {"type": "object", "additionalProperties": True, "title": "Mask"},
        {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}]},
        {"type": "array", "items": {"type": "object"}},
        {"type": "object", "additionalProperties": {"type": "object"}},
        {"type": "object", "additionalProperties": {}},
        {"title": "Anything"},
    ],
)
def test_a_planted_shapeless_object_is_found(planted: dict[str, Any]) -> None:
    answer = {"properties": {"mask": planted}, "type": "object"}
    route = {"responses": {"200": {"content": {"application/json": {"schema": planted}}}}}
    document = {"components": {"schemas": {"Out": answer}}, "paths": {"/a": {"get": route}}}
    assert set(shapeless_in(document)) == {"Out.mask", "get /a"}


def test_what_has_a_shape_is_not_found() -> None:
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    some = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert not list(shapeless(counts, "")) + list(shapeless(some, "")) + list(shapeless({"$ref": "#"}, ""))
