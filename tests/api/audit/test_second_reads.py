"""Blind reads, planted errors, disputes and a reader's own page, as a script meets them over HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from overread.app import create_app
from overread.db.tables import AuditItem
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"


@pytest.fixture
def service(settings: Settings, loop: Loop) -> Iterator[Any]:
    """A function that signs a person in, each with a client of their own."""
    app = create_app(settings)
    opened: list[TestClient] = []

    def sign_in(name: str, role: str = "reader") -> TestClient:
        client = TestClient(app, base_url="http://127.0.0.1:8000")
        client.__enter__()
        opened.append(client)
        with loop.database.transaction() as session:
            token = accounts.invite(session, name, role)
        assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        return client

    yield sign_in
    for client in opened:
        client.__exit__(None, None, None)


def opened_audit(loop: Loop, client: TestClient, **plan: Any) -> tuple[int, int]:
    iteration = loop.launch(**plan)
    loop.label(iteration)
    return iteration.id, client.get(f"{API}/iterations/{iteration.id}").json()["audit_id"]


def submit(client: TestClient, case: dict[str, Any], verdict: str, mask: Any = None) -> Any:
    verdicts = [{"finding": f["finding"], "verdict": verdict, "mask": mask} for f in case["findings"] if f["drawn"]]
    body = {"image_sha256": case["image"]["sha256"], "fence": case["fence"], "seconds": 3, "verdicts": verdicts}
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": uuid4().hex}
    return client.post(f"{API}/cases/{case['id']}/reads", json=body, headers=headers)


def with_task(loop: Loop, task: str) -> set[int]:
    with loop.database.transaction() as session:
        return set(session.scalars(select(AuditItem.case_id).where(AuditItem.task == task)))


def test_no_answer_shows_a_mask_of_a_blind_film_before_its_blind_read(service: Any, loop: Loop) -> None:
    client = service("ada")
    iteration_id, audit_id = opened_audit(loop, client, measure=0, fix=0, sentinel=12)
    case_id = min(with_task(loop, "blind"))
    case = client.post(f"{API}/cases/{case_id}/claim").json()
    image, labelling = case["image"]["id"], case["labelling_id"]
    maps = f"{API}/labellings/{labelling}/images/{image}/maps"
    with loop.database.transaction() as session:
        label = session.scalars(select(AuditItem.pseudo_label_id).where(AuditItem.case_id == case_id)).first()
    assert case["blind"] is True
    shown = ("decision", "presence", "agreement", "pseudo", "public", "previous", "read", "frozen", "verdict")
    assert all(finding[name] is None for finding in case["findings"] for name in shown)
    assert all(finding["members"] == [] for finding in case["findings"])
    for path in (maps, f"{API}/pseudo-labels/{label}/comparison"):
        assert (client.get(path).status_code, client.get(path).json()["type"]) == (409, "urn:overread:conflict")
    listed = client.get(f"{API}/iterations/{iteration_id}/pseudo-labels?limit=500").json()["labels"]
    assert label not in [row["id"] for row in listed]
    assert submit(client, case, "accept").status_code == 422
    saved = submit(client, case, "reject")
    assert (saved.status_code, saved.json()["blind"], saved.json()["done"]) == (200, True, False)
    revealed = client.post(f"{API}/audits/{audit_id}/claim").json()
    assert (revealed["id"], revealed["blind"]) == (case_id, False)
    drawn = [finding for finding in revealed["findings"] if finding["drawn"]]
    assert any(finding["frozen"] is not None for finding in drawn)
    assert all(finding["decision"] for finding in revealed["findings"])
    assert client.get(maps).status_code == 200
    assert submit(client, revealed, "accept").json()["done"] is True


def test_a_planted_case_has_the_words_of_any_other(service: Any, loop: Loop) -> None:
    client = service("ada")
    _, audit_id = opened_audit(loop, client, measure=4, fix=0, sentinel=20)
    planted, others = with_task(loop, "planted"), with_task(loop, "read")
    seen: dict[bool, set[Any]] = {True: set(), False: set()}
    for row in client.get(f"{API}/audits/{audit_id}/cases").json():
        answer = client.get(f"{API}/cases/{row['id']}")
        case = answer.json()
        assert not any(word in answer.text for word in ("plant", "sentinel", "SENTINEL", "donor", '"task"', '"look"'))
        if case["blind"] or not (row["id"] in planted or row["id"] in others):
            continue
        for finding in case["findings"]:
            assert (finding["pseudo"] is not None) == (finding["decision"] == "positive")
            assert (finding["presence"] > 0.5) == (finding["decision"] == "positive")
        seen[row["id"] in planted].add((frozenset(row), frozenset(case), frozenset(answer.headers)))
    assert len(seen[True]) == 1
    assert seen[True] == seen[False]


def test_two_readers_a_judge_and_pages_of_ones_own(service: Any, loop: Loop) -> None:
    ada, bob, cid = (service(name) for name in ("ada", "bob", "cid"))
    admin = service("boss", "admin")
    iteration_id, audit_id = opened_audit(loop, admin, measure=4, fix=0, second=0.3)
    for person, verdict in ((ada, "accept"), (bob, "cannot_tell")):
        while (case := person.post(f"{API}/audits/{audit_id}/claim").json()) is not None:
            assert submit(person, case, verdict).status_code == 200
    listed = [row["file_name"] for row in cid.get(f"{API}/audits/{audit_id}/cases").json()]
    assert len(listed) == len(set(listed)) > 0  # that a film comes twice is not told
    disputes = cid.get(f"{API}/audits/{audit_id}/disputes").json()
    assert disputes
    assert {(row["disputed"], row["decided"], row["yours"]) for row in disputes} == {(True, False, False)}
    path = f"{API}/audits/{audit_id}/disputes/{disputes[0]['image_id']}/{disputes[0]['finding']}"
    told = cid.get(path).json()
    assert (told["first"] is None) != (told["second"] is None)
    assert ada.post(path, json={"verdict": "reject", "seconds": 2}).status_code == 409
    decided = cid.post(path, json={"verdict": "reject", "seconds": 2})
    assert (decided.status_code, decided.json()["decided"], decided.json()["decision_verdict"]) == (200, True, "reject")
    assert cid.post(path, json={"verdict": "accept", "seconds": 2}).status_code == 409
    assert cid.get(f"{API}/audits/{audit_id}/disputes").json()[-1]["decided"] is True
    project = f"{API}/projects/{loop.project_id}"
    own = ada.get(f"{project}/my-reading").json()
    assert (own["name"], own["light"], own["detected"]["value"]) == ("ada", "grey", None)
    ids = {row["name"]: row["id"] for row in admin.get(f"{project}/readers").json()}
    assert set(ids) == {"ada", "bob", "cid"}
    assert ada.get(f"{project}/readers").status_code == 403
    assert ada.get(f"{project}/readers/{ids['ada']}").json() == own
    assert ada.get(f"{project}/readers/{ids['bob']}").status_code == 404
    assert admin.get(f"{project}/readers/{ids['bob']}").json()["name"] == "bob"
    assert {row["finding"] for row in ada.get(f"{project}/agreement").json()} >= {"nodule"}
    assert admin.get(f"{API}/audits/{audit_id}/redraw").json()["same"] is True
    strata = admin.get(f"{API}/audits/{audit_id}/strata").json()
    assert [row["number"] for row in strata] == list(range(len(strata)))
    assert all(row["reads"]["MEASURE"] <= row["population"] <= row["size"] for row in strata)
    assert admin.get(f"{API}/iterations/{iteration_id}/report").status_code == 200


def test_a_held_film_is_refused_over_http(service: Any, loop: Loop) -> None:
    admin = service("boss", "admin")
    _, audit_id = opened_audit(loop, admin, measure=1)
    with loop.database.transaction() as session:
        session.execute(text("alter table patient disable trigger all"))
        session.execute(text("update patient set held = true where split = 'pool'"))
        label = session.scalar(text("select id from pseudo_label limit 1"))
    refused = admin.post(f"{API}/audits/{audit_id}/fix-list", json={"labels": [label]})
    assert (refused.status_code, "held out" in refused.json()["detail"]) == (422, True)
