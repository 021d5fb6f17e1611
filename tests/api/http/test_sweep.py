"""Every number and every text of the API, as its own document lists them, given what no person means: refused in words
or taken, and never a broken service."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from overread import recipes
from overread.app import create_app
from overread.domain.learning.recipe.values import to_mapping
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"
NUMBERS = [5e-324, 1e308, -1, 0, 1, 0.5, float("nan"), float("inf"), 2**31, 2**63, 10**400]
TEXTS = ["a" * 256, "a" * 4096, "a" * 100_000, "a\0b", "\ud800", "..", "../" * 100, "1:1", "0-1", "", "1" * 5000]
SHAPES = [None, [], {}, [[]], True, {"a": {"b": [1]}}]  # type: ignore[var-annotated]
# What a body needs to come further than its schema.
MASK = {"size": [32, 32], "counts": "PP1"}
VERDICT = {"finding": "nodule", "verdict": "fix", "mask": MASK, "adopted": "teacher", "teacher": 1, "threshold": 0.5}
READ = {"image_sha256": "0" * 64, "fence": 1, "seconds": 3, "verdicts": [VERDICT]}
BODIES: dict[str, Any] = {
    "/projects": {"name": "p", "findings": ["nodule"]},
    "/projects/{project_id}/sources": {"name": "s", "reader": "phantom", "role": "pool", "licence": "l"},
    "/projects/{project_id}/previews": {"name": "s", "reader": "phantom", "role": "pool", "licence": "l"},
    "/projects/{project_id}/encoders": {"recipe": "demo-teacher-a"},
    "/cases/{case_id}/reads": READ,
    "/audits/{audit_id}/disputes/{image_id}/{finding}": {"verdict": "fix", "mask": MASK, "seconds": 1},
    "/audits/{audit_id}/fix-list": {"labels": [1]},
    "/audits/{audit_id}/more-reads": {"finding": "nodule", "reads": 1},
    "/cases/{case_id}/renew": {"fence": 1},
    "/cases/{case_id}/release": {"fence": 1},
    "/iterations/{iteration_id}/certificates": {"alpha": 0.1},
    "/pseudo-labels/{label_id}/public-label-reads": {"verdict": "wrong"},
    "/accounts/invite": {"name": "a", "role": "reader"},
    "/sign-in": {"name": "a", "password": "b"},
    "/sign-in/link": {"token": "a"},
}
PHANTOM = {"count": 1, "size": 32, "seed": 3, "labelled": 0.5, "shares": {"train": 1.0}, "prevalence": {"nodule": 0.5}}


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    """An admin's, on an audit of which a case is claimed."""
    iteration = loop.launch()
    loop.label(iteration)
    own = settings.model_dump() | {"import_root": settings.data_folder}
    with TestClient(create_app(Settings(**own)), "http://127.0.0.1:8000", raise_server_exceptions=False) as opened:
        with loop.database.transaction() as session:
            token = accounts.invite(session, "an admin", "admin")
        assert opened.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        audit_id = opened.get(f"{API}/iterations/{iteration.id}").json()["audit_id"]
        assert opened.post(f"{API}/audits/{audit_id}/claim").status_code == 200
        yield opened


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = client.app.openapi()  # type: ignore[attr-defined]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def put(address: str, name: str, value: Any) -> str:
    return address.replace(f"{{{name}}}", quote(str(value).encode("utf-8", "surrogatepass"), safe=""))


def filled(path: str, besides: str = "") -> str:
    """The path with 1 for every id and a finding for every name, but for one parameter."""
    for name in ("finding", "name", "sha256", "kind", "form"):
        if name != besides:
            path = put(path, name, {"finding": "nodule", "kind": "svg", "form": "coco"}.get(name, "a"))
    parts = path.split("/")
    return "/".join("1" if part[:1] == "{" and part != f"{{{besides}}}" else part for part in parts)


def sent(client: TestClient, method: str, address: str, body: Any = None) -> str | None:
    """What broke, if something did."""
    headers = {"If-Match": '"0"', "Idempotency-Key": "12345678"}
    content = None if method == "get" else json.dumps(body).encode()
    headers |= {} if content is None else {"Content-Type": "application/json"}
    answer = client.request(method, address, content=content, headers=headers)
    return f"{method} {address[:120]} {str(body)[:300]}: {answer.text[:80]}" if answer.status_code >= 500 else None


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something may be put in a body: every field, and every member of those that have some."""
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from leaves(member, (*path, key))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def test_parameters(client: TestClient) -> None:
    broken = []
    for method, path, told in operations(client):
        for parameter in told.get("parameters", ()):
            name = parameter["name"]
            for value in (*NUMBERS, *(text[:4096] for text in TEXTS)):
                if parameter["in"] == "path":
                    if path.endswith("/events") and value == 1:  # one that goes on
                        continue
                    address = put(filled(path, name), name, value)
                elif parameter["in"] == "query":
                    needed = "&".join(
                        f"{one['name']}=1" for one in told["parameters"] if one["in"] == "query" and one["required"]
                    ).replace("finding=1", "finding=nodule")
                    address = f"{filled(path)}?{needed}&{put('{x}', 'x', name)}={put('{x}', 'x', value)}"
                else:
                    continue
                broken.append(sent(client, method, address, BODIES.get(path.removeprefix(API))))
    assert len(broken) > 1000
    assert "\n".join(one for one in broken if one) == ""


def test_headers(client: TestClient) -> None:
    for name in ("If-Match", "Idempotency-Key", "Cookie", "If-None-Match", "Accept-Encoding", "Origin"):
        for value in ("", "a" * 4096, "9" * 400, '"' + "9" * 30 + '"', "\xff", "..", "overread_session=\xff\xfe"):
            headers = {"If-Match": '"0"', "Idempotency-Key": "12345678"} | {name: value.encode("latin-1")}
            headers = {key: one if isinstance(one, bytes) else one.encode() for key, one in headers.items()}
            for method, path in (("POST", "/cases/1/reads"), ("GET", "/images/1/pixels")):
                answer = client.request(method, API + path, json=READ if method == "POST" else None, headers=headers)  # type: ignore[arg-type]
                assert answer.status_code < 500, (method, path, name, value, answer.text)


def test_first_launches(settings: Settings, loop: Loop) -> None:
    """Where nothing keeps the iteration from being launched: what is taken must also be shown, and planned with."""
    with TestClient(create_app(settings), "http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        with loop.database.transaction() as session:
            token = accounts.invite(session, "an admin", "admin")
        assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        document = client.app.openapi()["components"]["schemas"]["LaunchIn"]["properties"]  # type: ignore[attr-defined]
        address, taken, broken = f"{API}/projects/{loop.project_id}/iterations", 0, []
        for name in sorted(document.keys() - {"recipes"}):
            for value in NUMBERS:
                body = {"recipes": ["demo-teacher-a"], "minutes": None if name != "seconds_per_read" else 10}
                answer = client.post(
                    address, content=json.dumps(body | {name: value}), headers={"Content-Type": "application/json"}
                )
                if answer.status_code >= 500:
                    broken.append((name, value, answer.text))
                if answer.status_code == 201:
                    taken += 1
                    one = f"{API}/iterations/{answer.json()['id']}"
                    asked = [client.post(f"{one}/cancel")] + [
                        client.get(one + part) for part in ("", "/gate", "/report")
                    ]
                    broken += [(name, value, told.url.path) for told in asked if told.status_code >= 500]
        assert taken > 10
        assert broken == []


def bodies(client: TestClient, loop: Loop) -> Iterator[tuple[str, Any]]:
    """A body for every route that takes one: as its example, or every property of its schema."""
    schemas = client.app.openapi()["components"]["schemas"]  # type: ignore[attr-defined]
    for method, path, told in operations(client):
        if method == "post" and "requestBody" in told:
            (content,) = told["requestBody"]["content"].values()
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            properties = {
                name: one.get("default", [] if one.get("type") == "array" else None)
                for name, one in schema["properties"].items()
            }
            yield path, properties | BODIES.get(path.removeprefix(API), {})


def test_bodies(client: TestClient, loop: Loop) -> None:
    broken = []
    for path, body in bodies(client, loop):
        if path.endswith("/power"):
            body |= {"minutes": 10}
        if path.endswith("/iterations"):
            body |= {"recipes": ["demo-teacher-a"], "minutes": 10}
        if path.endswith(("/sources", "/previews")):
            body |= {"options": PHANTOM, "path": "."}
        headers = {"If-Match": '"0"', "Idempotency-Key": "12345678"}
        whole = client.post(filled(path), json=body, headers=headers)
        assert whole.status_code != 422 or "fields" not in whole.json(), (path, whole.text)  # further than the schema
        for place in leaves(body):
            for value in (*NUMBERS, *TEXTS, *SHAPES):
                broken.append(sent(client, "post", filled(path), changed(body, place, value)))
    assert len(broken) > 1000
    assert "\n".join(one for one in broken if one) == ""


def test_recipes(client: TestClient, loop: Loop) -> None:
    whole = to_mapping(recipes.load("demo-teacher-a"))
    broken = []
    for place in leaves(whole):
        for value in (*NUMBERS, "a\0b", "\ud800", *SHAPES):
            body = {"recipes": [changed(whole, place, value)]}
            broken.append(sent(client, "post", f"{API}/projects/{loop.project_id}/iterations", body))
    assert len(broken) > 500
    assert "\n".join(one for one in broken if one) == ""
