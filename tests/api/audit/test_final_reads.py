"""A read that can decide nothing any more, as a script meets it over HTTP: refused by name, and kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from overread.app import create_app
from overread.db.tables import PublicLabelRead
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"


@pytest.fixture
def clients(settings: Settings, loop: Loop) -> Iterator[tuple[TestClient, TestClient]]:
    """Two readers on an open audit."""
    loop.label(loop.launch())
    app = create_app(settings)
    with (
        TestClient(app, base_url="http://localhost") as one,
        TestClient(app, base_url="http://localhost") as other,
    ):
        for name, client in (("ada", one), ("bob", other)):
            with loop.database.transaction() as session:
                token = accounts.invite(session, name, "reader")
            assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        yield one, other


def save(client: TestClient, case: dict[str, Any], key: str, verdict: str, **told: Any) -> Any:
    said = [{"finding": f["finding"], "verdict": verdict} | told for f in case["findings"] if f["drawn"]]
    body = {"image_sha256": case["image"]["sha256"], "fence": case["fence"], "seconds": 3, "verdicts": said}
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": key}
    return client.post(f"{API}/cases/{case['id']}/reads", json=body, headers=headers)


def test_a_final_read_and_a_closed_audit_answer_409_and_say_where_the_work_is(
    clients: tuple[TestClient, TestClient], loop: Loop
) -> None:
    ada, bob = clients
    case = ada.post(f"{API}/audits/1/claim").json()
    assert save(ada, case, "key-of-ada", "accept").status_code == 200
    seen = bob.post(f"{API}/cases/{case['id']}/claim").json()
    assert (seen["why"], seen["lease_seconds"]) == ("read-final", 0)
    assert not any(f["verdict"] or f["note"] or f["read"] or f["others"] for f in seen["findings"])
    open_case = bob.post(f"{API}/audits/1/claim").json()
    refused = save(bob, seen, "key-of-bob", "reject")
    loop.launch(override="closes the audit")
    late = save(bob, open_case, "key-too-late", "reject")
    for answer, why in ((refused, "read-final"), (late, "audit-closed")):
        told = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
        assert (told["type"], told["why"], told["sibling"]) == (f"urn:overread:{why}", why, True)
        assert "kept beside" in told["detail"]
    assert save(bob, seen, "key-of-bob", "reject").json() == refused.json()
    beat = {"fence": open_case["fence"]}
    assert bob.post(f"{API}/cases/{open_case['id']}/renew", json=beat).json()["type"] == "urn:overread:audit-closed"
    nothing = bob.post(f"{API}/audits/1/claim")
    assert (nothing.status_code, nothing.json()) == (200, None)
    kept = [late for f in bob.get(f"{API}/cases/{open_case['id']}").json()["findings"] for late in f["siblings"]]
    assert {(one["reader"], one["verdict"]) for one in kept} == {("bob", "reject")}


def test_a_read_of_another_mask_is_refused_by_name(clients: tuple[TestClient, TestClient]) -> None:
    case = clients[0].post(f"{API}/audits/1/claim").json()
    answer = save(clients[0], case, "key-stale-mask", "accept", shown="f" * 64)
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:overread:stale-mask")


def test_anothers_word_on_a_public_label_is_taken_back_with_a_reason(
    clients: tuple[TestClient, TestClient], loop: Loop
) -> None:
    ada, bob = clients
    pairs = ada.get(f"{API}/iterations/1/pairs").json()["pairs"]
    url = f"{API}/pseudo-labels/{pairs[0]['id']}/public-label-reads"
    assert ada.post(url, json={"verdict": "wrong"}).status_code in (200, 201)
    assert bob.post(url, json={"verdict": "withdrawn"}).status_code == 422
    assert bob.post(url, json={"verdict": "withdrawn", "note": "it is a skin fold"}).status_code in (200, 201)
    with loop.database.transaction() as session:
        words = session.scalars(select(PublicLabelRead.verdict).order_by(PublicLabelRead.id)).all()
    assert words == ["wrong", "withdrawn"]
