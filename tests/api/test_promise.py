"""The benchmark of the promise over HTTP: what the release measured, or this machine; a broken report says so."""

from fastapi.testclient import TestClient

from overread.settings import Settings
from tests.api.steps import API, sign_in
from tests.loop import Loop


def test_the_release_s_report_stands_until_this_machine_has_one(
    client: TestClient, loop: Loop, settings: Settings
) -> None:
    sign_in(client, loop, "reader")
    shipped = client.get(f"{API}/promise").json()
    assert not shipped["own"]
    assert {goal["name"] for goal in shipped["goals"]} >= {"interval-coverage", "certificates-broken"}
    assert {row["arm"] for table in shipped["tables"]["hard"] for row in table["rows"]} >= {
        "risk-gate@8",
        "refresh-gate@8",
        "oracle",
    }

    report = settings.data_folder / "bias" / "standard" / "report.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"findings": ["nodule"], "tables": {"easy": []}, "goals": []}')
    assert client.get(f"{API}/promise").json() == {
        "own": True, "findings": ["nodule"], "tables": {"easy": []}, "goals": [],
    }  # fmt: skip
    report.write_text('{"findings": 1}')
    refused = client.get(f"{API}/promise")
    assert refused.status_code == 422
    assert "run it again" in refused.json()["detail"]
