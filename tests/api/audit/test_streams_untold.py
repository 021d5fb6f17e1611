"""What a reader is answered while an audit is open moves alike with a read of either stream: over every GET route."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from overread.app import create_app
from overread.db.tables import Audit, AuditCase, AuditItem, Iteration, Job, PseudoLabel, Run
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"
# A stream of events has no end while the audit is open; each of them is what /iterations/{id} answers.
ENDLESS = {"/api/v1/iterations/{iteration_id}/events"}

# What a route is asked with: every label on one page, a finding that the pool is drawn for.
MORE = {"/next": "?beside=0", "/pairs": "?limit=500", "/pseudo-labels": "?limit=500", "/pool/": "?finding=nodule"}


@pytest.fixture
def reader(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    """Somebody whose role is to read, with an audit open: few units are measured, few repaired."""
    loop.label(loop.launch(measure=3, fix=24))
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        with loop.database.transaction() as session:
            token = accounts.invite(session, "ada", "reader")
        assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        yield client


def alone_in(loop: Loop, stream: str) -> dict[int, tuple[int, int]]:
    """Cases with one finding to read, of this stream: whether it has a mask, and a public label beside it."""
    with loop.database.transaction() as session:
        kind = func.count(PseudoLabel.mask_id), func.count(PseudoLabel.public_dice)
        query = select(AuditItem.case_id, *kind).join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        query = query.group_by(AuditItem.case_id).having(func.count() == 1)
        query = query.having(func.min(AuditItem.stream) == stream)
        return {case: (mask, beside) for case, mask, beside in session.execute(query.order_by(AuditItem.case_id))}


def twins(loop: Loop) -> tuple[int, int, int]:
    """A case of either stream, alike in all that pages show of them, late in the list; and another to be read first."""
    fix, measure = alone_in(loop, "FIX"), alone_in(loop, "MEASURE")
    pairs = [(f, m) for f in fix for m in measure if fix[f] == measure[m]]
    one, other = max(pairs, key=min)
    return one, other, next(case for case in [*fix, *measure] if case not in (one, other))


def read(client: TestClient, case_id: int, verdict: str) -> None:
    case = client.post(f"{API}/cases/{case_id}/claim").json()
    said = [{"finding": f["finding"], "verdict": verdict, "shown": f["shown"]} for f in case["findings"] if f["drawn"]]
    body = {"image_sha256": case["image"]["sha256"], "fence": case["fence"], "seconds": 3, "verdicts": said}
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": f"key-of-{case_id}"}
    assert client.post(f"{API}/cases/{case_id}/reads", json=body, headers=headers).status_code == 200


def routes(client: TestClient, loop: Loop, used: list[int]) -> dict[str, str]:
    """Every GET route, with ids that exist (of a film that is not read)."""
    with loop.database.transaction() as session:
        unread = max(session.scalars(select(AuditCase.id).where(AuditCase.id.not_in(used))))
        case = session.get_one(AuditCase, unread)
        audit = session.get_one(Audit, case.audit_id)
        label = session.scalars(select(PseudoLabel.id).where(PseudoLabel.image_id == case.image_id)).first()
        values = {
            "audit_id": audit.id, "iteration_id": audit.iteration_id, "project_id": loop.project_id, "form": "coco",
            "case_id": unread, "image_id": case.image_id, "labelling_id": audit.labelling_id, "label_id": label,
            "run_id": session.scalars(select(Run.id)).first(), "job_id": session.scalars(select(Job.id)).first(),
            "source_id": 1, "account_id": loop.account_id, "sha256": "0" * 64, "finding": "nodule", "kind": "svg",
            "name": "batch",
        }  # fmt: skip
    found = {}
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        if "get" in methods and path not in ENDLESS:
            found[path] = path.format(**values) + next((more for part, more in MORE.items() if part in path), "")
    return found


def answers(client: TestClient, asked: dict[str, str]) -> dict[str, Any]:
    found = {}
    for path, url in asked.items():
        answer = client.get(url)
        assert answer.status_code < 500, (path, answer.text)
        json = answer.headers.get("content-type", "").startswith(("application/json", "application/problem"))
        body = answer.json() if json else answer.content
        if path.endswith("/dashboard"):  # a row a minute: how many there are is the clock's doing
            body["audits"] = body["audits"][-1]["done"]  # type: ignore[call-overload, index]
        if path.endswith("/health"):  # the machine's disk, which everybody writes to
            del body["parts"]["free_bytes"]  # type: ignore[call-overload]
        found[path] = (answer.status_code, body)
    return found


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{at}.{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{at}.{number}")
    else:
        yield at, value


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, Any]]:
    """Where answers differ, places in lists apart; by how much, where it is a number (not how long a read took)."""
    found: set[tuple[str, Any]] = set()
    for path, answer in before.items():
        old, new = dict(leaves(answer)), dict(leaves(after[path]))
        for at in old.keys() | new.keys():
            one, other = old.get(at), new.get(at)
            if one == other:
                continue
            numbers = all(isinstance(value, int) and not isinstance(value, bool) for value in (one, other))
            by = other - one if numbers else (type(one).__name__, type(other).__name__)  # type: ignore[operator]
            found.add((path + re.sub(r"\.\d+", ".#", at), by))
    return found


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_no_answer_to_a_reader_moves_with_one_stream_alone(reader: TestClient, loop: Loop, verdict: str) -> None:
    fix, measure, first = twins(loop)
    read(reader, first, verdict)  # the first read of all changes what the second of either stream does not
    asked = routes(reader, loop, [fix, measure])
    assert len(asked) > 35
    told = [answers(reader, asked)]
    head = next(body["id"] for path, (_, body) in told[0].items() if path.endswith("/next"))
    assert head not in (fix, measure)  # which film is next moves with the film at its head, of either stream
    for case_id in (fix, measure):
        read(reader, case_id, verdict)
        told.append(answers(reader, asked))
    after_fix, after_measure = changes(told[0], told[1]), changes(told[1], told[2])
    assert any("cases_done" in place for place, _ in after_fix)
    assert after_fix == after_measure


def test_the_gate_is_told_to_readers_once_the_audit_is_closed_and_to_engineers_before(
    reader: TestClient, loop: Loop
) -> None:
    with loop.database.transaction() as session:
        audit = session.scalars(select(Audit)).one()
        token = accounts.invite(session, "eve", "engineer")
    gate, decisions = (f"{API}/iterations/{audit.iteration_id}/{name}" for name in ("gate", "gate/decisions"))
    assert [reader.get(url).status_code for url in (gate, decisions)] == [403, 403]
    assert reader.get(f"{API}/audits/{audit.id}").json()["gate"] is None
    assert reader.get(f"{API}/iterations/{audit.iteration_id}/report").json()["gate"] is None
    loop.launch(override="closes the audit")
    assert [reader.get(url).status_code for url in (gate, decisions)] == [200, 200]
    told = reader.get(f"{API}/audits/{audit.id}").json()
    assert (told["closed"], told["gate"]["override"]) == (True, True)
    reader.cookies.clear()
    assert reader.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
    loop.label(newest_iteration(loop))
    with loop.database.transaction() as session:
        newest = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert newest is not None
    assert reader.get(f"{API}/iterations/{newest.iteration_id}/gate").status_code == 200


def newest_iteration(loop: Loop) -> Iteration:
    with loop.database.transaction() as session:
        return session.scalars(select(Iteration).order_by(Iteration.id.desc()).limit(1)).one()
