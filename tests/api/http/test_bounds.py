"""By the API's own document: what it takes has an end, and what it answers has all its fields."""

from collections.abc import Iterator
from typing import Any

import pytest

from overread.app import create_app
from overread.settings import Settings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Of a service that was never started."""
    own = Settings(database_url="postgresql+psycopg://", redis_url="redis://", secret="0123456789abcdef" * 2)
    return create_app(own).openapi()


def endless(schemas: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    """What in a schema could be of any size. Tables of free form are looked at by ``JsonIn``."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from endless(schemas, schemas[name], name)
    for one in schema.get("anyOf", ()):
        yield from endless(schemas, one, where)
    kind = schema.get("type")
    said = schema.keys()
    if kind == "string" and not said & {"maxLength", "enum", "const", "pattern"}:
        yield f"{where}: a text without an end"
    least, most = said & {"minimum", "exclusiveMinimum"}, said & {"maximum", "exclusiveMaximum"}
    if kind in ("number", "integer") and not (least and most):
        yield f"{where}: a number without bounds"
    if kind == "array":
        if "maxItems" not in said:
            yield f"{where}: a list without an end"
        yield from endless(schemas, schema["items"], where)
    if kind == "object":
        if "properties" not in said and "maxProperties" not in said:
            yield f"{where}: a table without an end"
        for name, one in schema.get("properties", {}).items():
            yield from endless(schemas, one, f"{where}.{name}")


def test_everything_that_is_taken_has_an_end(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found, asked = [], 0  # type: ignore[var-annotated]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            for one in told.get("parameters", ()):
                if one["in"] != "path":  # an id, or a name that is looked up
                    asked += 1
                    found += endless(schemas, one["schema"], f"{method} {path} {one['name']}")
            for content in told.get("requestBody", {"content": {}})["content"].values():
                asked += 1
                found += endless(schemas, content["schema"], f"{method} {path}")
    assert asked > 50
    assert sorted(set(found)) == []


def test_every_operation_succeeds_in_one_way(document: dict[str, Any]) -> None:
    """Whoever asks need not tell an answer without a body from null."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert len([status for status in told["responses"] if status.startswith("2")]) == 1, f"{method} {path}"


def named(schemas: dict[str, Any], told: Any, known: set[str]) -> set[str]:
    """The schemas that a part of the document names, and those that they name."""
    inside = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    for one in inside:
        named(schemas, one, known)
    if isinstance(told, dict) and (name := str(told.get("$ref", "")).rpartition("/")[2]) and name not in known:
        known.add(name)
        named(schemas, schemas[name], known)
    return known


def test_every_field_of_an_answer_is_there(document: dict[str, Any]) -> None:
    """A default says what an older row did not; it is sent, and the client need not ask for it."""
    schemas = document["components"]["schemas"]
    answers: set[str] = set()
    for methods in document["paths"].values():
        for told in methods.values():
            named(schemas, told["responses"], answers)
    assert {"EpochReport", "TrainingSetCounts", "IterationReport", "FindingMetrics"} <= answers
    absent = {
        f"{name}.{field}"
        for name in answers
        for field in schemas[name].get("properties", {}).keys() - set(schemas[name].get("required", ()))
    }
    assert absent == set()


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string"}, 1),
        ({"type": "string", "maxLength": 3}, 0),
        ({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}, 1),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, 0),
        ({"type": "array", "items": {"type": "string"}}, 2),
        ({"type": "object", "additionalProperties": True}, 1),
    ],
)
def test_the_checker_finds_what_has_none(schema: dict[str, Any], found: int) -> None:
    assert len(list(endless({}, schema, "planted"))) == found
