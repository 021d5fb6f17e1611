"""A study without the web: estimates, certificates, what-if, bias and story over HTTP; readers are not told streams."""

from fastapi.testclient import TestClient

from overread.db.tables import AuditCase, Image
from tests.api.steps import API, sign_in
from tests.loop import FINDINGS, Loop
from tests.reading import audited, read_all


def test_a_study_without_the_web(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "engineer")
    iteration, audit_id = audited(loop, measure=24, fix=0)
    fresh = client.get(f"{API}/audits/{audit_id}/estimates").json()
    assert fresh["reads"] == 0 < fresh["planned"]
    assert {one["quantity"] for one in fresh["live"]} == {"error", "dice", "missed", "prevalence"}
    assert all((one["value"], one["low"], one["high"], one["path"]) == (None, 0, 1, []) for one in fresh["live"])
    base = f"{API}/iterations/{iteration.id}"
    refused = client.post(f"{base}/certificates", json={"alpha": 0.4})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:overread:conflict")
    read_all(loop, audit_id)

    told = client.get(f"{API}/audits/{audit_id}/estimates", params={"half_width": 0.02}).json()
    assert told["done"]
    assert told["correction"]["state"] == "few-plants"
    assert client.get(f"{API}/audits/{audit_id}/estimates/subgroups").json() == []  # nothing tells these films apart
    assert {one["method"] for one in told["final"]} <= {"stratified", "difference", "betting", "exact", "ratio"}
    assert len(told["live"][0]["path"]) == told["reads"]
    assert {one["finding"] for one in told["needed"]} == {None, *FINDINGS}
    dial = client.get(f"{base}/certificates/dial", params={"alpha": 0.4}).json()
    assert (dial["left"], dial["declared_alpha"]) == (0, 0.4)
    assert sum(one["labels"] for one in dial["proposed"]) > 0
    stored = client.post(f"{base}/certificates", json={"alpha": 0.4}).json()
    assert {(one["finding"], one["side"], one["threshold"]) for one in stored} == {
        (one["finding"], one["side"], one["threshold"]) for one in dial["proposed"]
    }
    assert client.get(f"{base}/certificates").json() == sorted(stored, key=lambda one: (one["finding"], one["side"]))
    what_if = client.get(f"{base}/what-if", params={"alpha": 0.4, "thresholds": "weighted"}).json()
    assert what_if["gpu_hours"] > 0
    measures = client.get(f"{API}/projects/{loop.project_id}/bias").json()
    assert {one["name"] for one in measures} == {"volume", "selection"}
    with loop.database.transaction() as session:
        case = session.query(AuditCase).filter_by(audit_id=audit_id).first()
        assert case is not None
        name = session.get_one(Image, case.image_id).file_name
    story = client.get(f"{API}/images/{case.image_id}/story").json()
    assert story["image"]["file_name"] == name
    assert any(label["reads"] for label in story["labels"])


def test_what_cannot_be_asked(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    _, audit_id = audited(loop)
    assert client.get(f"{API}/audits/{audit_id}/estimates").status_code == 403  # it would tell streams apart
    assert client.get(f"{API}/audits/{audit_id}/estimates/subgroups").status_code == 403
    sign_in(client, loop, "engineer")
    assert client.get(f"{API}/audits/99/estimates").status_code == 404
    assert client.get(f"{API}/audits/99/estimates/subgroups").status_code == 404
    assert client.get(f"{API}/audits/{audit_id}/estimates", params={"half_width": 0}).status_code == 422
    assert client.get(f"{API}/images/999/story").status_code == 404
    assert client.get(f"{API}/iterations/1/certificates/dial", params={"alpha": 1}).status_code == 422


def test_a_shut_verdict_is_answered_with_its_clauses_and_kept(client: TestClient, loop: Loop) -> None:
    """Asked for by itself and by a launch: 409, and a row; one that is overridden closes the iteration."""
    sign_in(client, loop, "engineer")
    iteration, _ = audited(loop)
    gate = f"{API}/iterations/{iteration.id}/gate"
    alone = client.post(gate, json={})
    launched = client.post(f"{API}/projects/{loop.project_id}/iterations", json={"recipes": ["demo-teacher-a"]})
    assert alone.json() == launched.json()
    assert (alone.status_code, alone.headers["content-type"]) == (409, "application/problem+json")
    told = alone.json()
    assert set(told) == {"type", "title", "status", "detail", "clauses"}
    assert (told["type"], told["title"]) == ("urn:overread:gate-shut", "The gate is shut")
    assert told["detail"] == " ".join(clause["sentence"] for clause in told["clauses"])
    assert not any(clause["passed"] for clause in told["clauses"])
    opened = client.post(gate, json={"override": "signed off by the board"}).json()
    assert (opened["open"], opened["override"], opened["reason"]) == (False, True, "signed off by the board")
    kept = client.get(f"{gate}/decisions").json()
    assert [(one["open"], one["override"]) for one in kept] == [(False, False), (False, False), (False, True)]
    assert kept[-1] == opened
    assert client.get(f"{API}/iterations/{iteration.id}").json()["stage"] == "closed"
