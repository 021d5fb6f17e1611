"""The trail over HTTP: for admins alone, a page at a time, and its verification beside everything else."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from overread.app import create_app
from overread.db.session import Database
from overread.services import trail
from overread.services.people import accounts
from overread.settings import Settings

API = "/api/v1"
Enter = Callable[[str, str], TestClient]


@pytest.fixture
def enter(settings: Settings, database: Database) -> Iterator[Enter]:
    """A browser in which somebody signed in."""
    app = create_app(settings)

    def entered(name: str, role: str) -> TestClient:
        client = TestClient(app, base_url="http://127.0.0.1:8000")
        with database.transaction() as session:
            token = accounts.invite(session, name, role)
        assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        return client

    with TestClient(app):
        yield entered


@pytest.mark.parametrize("path", ["/trail", "/trail/verification", "/accounts"])
def test_only_an_admin_sees_it(enter: Enter, path: str) -> None:
    assert enter("ada", "admin").get(API + path).status_code == 200
    for role in ("reader", "engineer"):
        answer = enter(role, role).get(API + path)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:overread:forbidden")


def test_it_is_read_page_by_page_and_by_subject_or_person(enter: Enter, database: Database) -> None:
    admin = enter("ada", "admin")
    number = admin.get(f"{API}/me").json()["id"]
    with database.transaction() as session:
        for step in range(5):
            trail.record(session, "step", f"case {step % 2}", account_id=number, step=step, words=["a", None])
    page = admin.get(f"{API}/trail", params={"limit": 3}).json()
    assert [one["detail"][0] for one in page["entries"]] == [{"name": "step", "value": str(n)} for n in (4, 3, 2)]
    assert page["entries"][0]["detail"][1] == {"name": "words", "value": '["a", null]'}
    assert [page["entries"][0][name] for name in ("who", "action", "subject", "project")] == [
        "ada",
        "step",
        "case 0",
        None,
    ]
    rest = admin.get(f"{API}/trail", params={"after": page["next"]}).json()
    assert [one["action"] for one in rest["entries"]] == ["step", "step", "account.signed-in", "account.invited"]
    assert rest["next"] is None
    about = admin.get(f"{API}/trail", params={"subject": "case 1"}).json()["entries"]
    assert [one["detail"][0]["value"] for one in about] == ["3", "1"]
    by = admin.get(f"{API}/trail", params={"account_id": number, "limit": 6}).json()
    assert (len(by["entries"]), by["next"]) == (6, None)
    assert admin.get(f"{API}/trail", params={"limit": 201}).status_code == 422


def test_a_verification_names_the_fault_and_what_to_keep(enter: Enter, database: Database) -> None:
    admin = enter("ada", "admin")
    told = admin.get(f"{API}/trail/verification").json()
    assert (told["fault"], told["lines"]) == (None, 2)
    assert told["anchors"][0].startswith("0:2:")
    with database.transaction() as session:
        session.execute(text("alter table trail disable trigger all"))
        session.execute(text("update trail set subject = 'account 9' where action = 'account.invited'"))
    told = admin.get(f"{API}/trail/verification").json()
    fault = told["fault"]
    assert (told["anchors"], fault["kind"], fault["entry"]["action"]) == ([], "changed", "account.invited")
    assert "was changed" in fault["sentence"]


def test_others_are_answered_while_it_runs_and_a_second_one_is_refused(
    enter: Enter, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, reader = enter("ada", "admin"), enter("bob", "reader")
    begun, go_on, honest, answers = threading.Event(), threading.Event(), trail.verify_trail, []

    def slow(*words: Any, **named: Any) -> trail.Verification:
        begun.set()
        assert go_on.wait(30)
        return honest(*words, **named)

    monkeypatch.setattr(trail, "verify_trail", slow)
    asked = threading.Thread(target=lambda: answers.append(admin.get(f"{API}/trail/verification").status_code))
    asked.start()
    try:
        assert begun.wait(30)
        assert reader.get(f"{API}/me").status_code == 200
        second = admin.get(f"{API}/trail/verification")
        assert (second.status_code, second.json()["type"]) == (409, "urn:overread:verification-runs")
    finally:
        go_on.set()
        asked.join()
    assert answers == [200]
    with database.transaction() as session:  # it let go of its lock
        assert session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext("trail verification"))))
