"""Hostile requests: each ends as a problem in words, changes nothing, and takes nothing from anybody else."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from overread.api.http.door import USUAL
from overread.app import create_app
from overread.db.tables import Account, Job, Project, Read, Source
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"
SOURCE = {"name": "s", "reader": "phantom", "role": "pool", "licence": "l"}


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    """An admin's browser; a request that breaks the service fails the test."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        sign_in(opened, loop, "admin")
        yield opened


def sign_in(client: TestClient, loop: Loop, role: str) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, f"a {role}", role)
    assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200


def check_problem(answer: Any, status: int, word: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["type"]) == (status, f"urn:overread:{word}")
    assert body["detail"]


def rows(loop: Loop) -> list[int | None]:
    with loop.database.transaction() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in (Project, Source, Account, Job)]


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/iterations/99999999999999999999999", 422, "invalid-input"),
        ("/projects/99999999999999999999/sources", 422, "invalid-input"),
        ("/sources/1/lines?after=%00", 422, "invalid-input"),
        ("/sources/999/lines", 404, "not-found"),
        ("/sources/999/report", 404, "not-found"),
        ("/training-sets/%00/manifest", 422, "invalid-input"),
        ("/training-sets/..%2f..%2fetc%2fpasswd/manifest", 404, "not-found"),
        ("/nothing", 404, "not-found"),
    ],
)
def test_what_is_not_there_or_cannot_be(client: TestClient, path: str, status: int, word: str) -> None:
    check_problem(client.get(API + path), status, word)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects", {"name": "a\0b", "findings": ["nodule"]}),
        ("/projects", {"name": "  ", "findings": ["nodule"]}),
        ("/projects/1/sources", SOURCE | {"name": "a\0b"}),
        ("/projects/1/sources", SOURCE | {"licence": "a\0b"}),
        ("/projects/1/sources", SOURCE | {"reader": "folder"}),
        ("/projects/1/sources", SOURCE | {"reader": "folder", "path": "a\0b"}),
        ("/projects/1/sources", SOURCE | {"options": {"count": "many"}}),
        ("/projects/1/sources", SOURCE | {"options": {"count": 1.5}}),
        ("/projects/1/sources", SOURCE | {"options": {"seed": -1}}),
        ("/projects/1/sources", SOURCE | {"options": {"prevalence": {"nodule": [1]}}}),
        ("/projects/1/sources", SOURCE | {"options": {"prevalence": {"no\0dule": 0.5}}}),
        ("/projects/1/sources", SOURCE | {"options": {"shares": 3}}),
        ("/projects/1/sources", SOURCE | {"options": {"shares": {"train": "all"}}}),
        ("/accounts/invite", {"name": "a\0b", "role": "reader"}),
    ],
)
def test_what_cannot_be_stored(client: TestClient, loop: Loop, path: str, body: dict[str, Any]) -> None:
    before = rows(loop)
    check_problem(client.post(API + path, json=body), 422, "invalid-input")
    assert rows(loop) == before


@pytest.mark.parametrize("name", ["pyproject.toml", "../overread/recipes/demo-teacher-a.toml", "a\0b", "a" * 100])
def test_a_recipe_over_http_is_never_a_path(client: TestClient, loop: Loop, name: str) -> None:
    answer = client.post(f"{API}/projects/{loop.project_id}/iterations", json={"recipes": [name]})
    check_problem(answer, 422, "invalid-recipe")
    assert "There is no recipe" in answer.json()["detail"]


def test_a_manifest_is_a_training_set_and_no_other_blob(client: TestClient, loop: Loop) -> None:
    film = client.get(f"{API}/images/1").json()["sha256"]
    check_problem(client.get(f"{API}/training-sets/{film}/manifest"), 404, "not-found")


def test_bodies_have_an_end(client: TestClient, loop: Loop) -> None:
    before = rows(loop)
    json = {"Content-Type": "application/json"}
    check_problem(client.post(f"{API}/projects", content=b" " * (USUAL + 1), headers=json), 413, "too-large")
    endless = client.post(f"{API}/projects", content=iter([b"{}"]), headers=json)
    check_problem(endless, 411, "length-required")
    foreign = client.post(f"{API}/projects", json={}, headers={"Origin": "https://evil.example"})
    check_problem(foreign, 403, "foreign-origin")
    check_problem(client.post(f"{API}/projects", content="[" * 100_000, headers=json), 400, "invalid-input")
    plain = {"Content-Type": "text/plain"}
    body = b'{"name": "x", "findings": ["nodule"]}'
    check_problem(client.post(f"{API}/projects", content=body, headers=plain), 422, "invalid-input")
    check_problem(client.delete(f"{API}/projects"), 405, "method-not-allowed")
    assert rows(loop) == before


@pytest.mark.parametrize("path", ["/%00", "/" + "a" * 5000, "/..%2f..%2fpyproject.toml"])
def test_a_page_is_a_page_whatever_its_address(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (200, 503)
    assert "build-system" not in answer.text


def test_a_retry_that_overtakes_its_first_try_gets_the_same_answer(client: TestClient, loop: Loop) -> None:
    iteration = loop.launch()
    loop.label(iteration)
    audit_id = client.get(f"{API}/iterations/{iteration.id}").json()["audit_id"]
    case = client.post(f"{API}/audits/{audit_id}/claim").json()
    verdicts = [{"finding": f["finding"], "verdict": "accept"} for f in case["findings"] if f["drawn"]]
    body = {"image_sha256": case["image"]["sha256"], "fence": case["fence"], "seconds": 3, "verdicts": verdicts}
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": uuid4().hex}
    answers: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(client.post(f"{API}/cases/{case['id']}/reads", json=body, headers=headers))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.text for answer in answers}) == 1
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Read)) == len(verdicts)
    other = client.post(f"{API}/cases/{case['id']}/reads", json=body | {"seconds": 4}, headers=headers)
    check_problem(other, 409, "conflict")
    assert "Idempotency-Key" in other.json()["detail"]


def test_a_stream_ends_with_its_session(client: TestClient, loop: Loop) -> None:
    iteration = loop.launch()
    me = client.get(f"{API}/me").json()["id"]
    with loop.database.transaction() as session:  # else it were the last admin, who stays
        accounts.sign_in_with_link(session, accounts.invite(session, "another admin", "admin"))

    def out() -> None:
        with loop.database.transaction() as session:
            accounts.disable_account(session, me, by=loop.account_id)

    threading.Timer(1.5, out).start()
    answer = client.get(f"{API}/iterations/{iteration.id}/events")
    assert answer.text.count("event: iteration") >= 1
    assert client.get(f"{API}/me").status_code == 401
