"""Reports that the web draws, over HTTP: the promise's (the release's, or this machine's) and the demo's; a broken one
says so."""

from fastapi.testclient import TestClient

from overread.domain.imaging.beside import Beside
from overread.services.reports.demo import DemoReport, LetIn, Reading, write_demo
from overread.settings import Settings
from tests.api.steps import API, sign_in
from tests.loop import Loop


def test_the_release_s_report_stands_until_this_machine_has_one(
    client: TestClient, loop: Loop, settings: Settings
) -> None:
    sign_in(client, loop, "reader")
    shipped = client.get(f"{API}/promise").json()
    assert not shipped["own"]
    assert {goal["name"] for goal in shipped["goals"]} >= {"hard-bounds-held", "hard-false-openings"}
    rows = {row["arm"]: row for table in shipped["tables"]["hard"] for row in table["rows"]}
    assert set(rows) >= {"unread", "overread@4", "reads@4", "oracle"}
    assert rows["overread@4"]["minutes"] > 0
    assert rows["oracle"]["minutes"] is None

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


def test_the_demo_s_outcome_is_told_once_there_is_one(client: TestClient, loop: Loop, settings: Settings) -> None:
    sign_in(client, loop, "reader")
    assert client.get(f"{API}/demo").json() is None
    nothing = Beside(0, 0, {}, ())
    report = DemoReport(3, "a" * 64, 1, 2, 1, nothing, Reading(9, 40, 12, 3, 61.5), (LetIn("nodule", 20, 0, True),))
    write_demo(settings.data_folder, report)
    told = client.get(f"{API}/demo").json()
    assert told["reading"] == {"films": 9, "pool": 40, "reads": 12, "fixed": 3, "seconds": 61.5}
    assert told["let_in"] == [{"finding": "nodule", "decided": 20, "let_in": 0, "withheld": True}]
    (settings.data_folder / "demo.json").write_text('{"seed": "none"}')
    refused = client.get(f"{API}/demo")
    assert refused.status_code == 422
    assert "run it again" in refused.json()["detail"]
