"""Comparing over HTTP: pages of pairs, one case, the word on a public label, figures, a dashboard."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from overread.app import create_app
from overread.settings import Settings
from tests.api.steps import API, audited, sign_in
from tests.loop import Loop


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield opened


def test_a_reader_compares_marks_exports_and_draws(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    iteration_id, _ = audited(client, loop)
    where = f"{API}/iterations/{iteration_id}/pairs"
    first = client.get(where, params={"limit": 3}).json()
    second = client.get(where, params={"limit": 3, "after": first["next"]}).json()
    assert first["total"] > 6
    assert second["total"] is None
    assert not {pair["id"] for pair in first["pairs"]} & {pair["id"] for pair in second["pairs"]}
    for bad in ({"dice": "1-0"}, {"dice": "x"}, {"verdict": "maybe"}, {"after": "nan:1"}, {"against": "mood"}):
        assert client.get(where, params=bad).status_code == 422
    label = first["pairs"][0]["id"]
    told = client.get(f"{API}/pseudo-labels/{label}/comparison").json()
    assert [pane["name"] for pane in told["panes"]] == ["pseudo", "public"]
    assert (told["tolerance"], told["unit"]) == (1.0, "px")
    other = {"verdict": "wrong", "shown": "0" * 64}  # of a public label that gave way meanwhile
    stale = client.post(f"{API}/pseudo-labels/{label}/public-label-reads", json=other)
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:overread:stale-mask")
    word = {"verdict": "wrong", "note": "fold", "shown": told["shown"]}
    said = client.post(f"{API}/pseudo-labels/{label}/public-label-reads", json=word)
    assert (said.status_code, said.json()[0]["reader"]) == (201, "a reader")
    assert [one["older"] for one in said.json()] == [False]
    again = client.post(f"{API}/pseudo-labels/{label}/public-label-reads", json={"verdict": "wrong"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:overread:conflict")
    assert client.get(where, params={"wrong": True}).json()["total"] == 1
    csv = client.get(f"{API}/projects/{loop.project_id}/public-label-reads.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.splitlines()[1].split(",")[6:9] == ["wrong", "fold", "a reader"]
    figure = f"{API}/pseudo-labels/{label}/figure"
    svg = client.get(f"{figure}.svg", params={"panes": "pseudo.difference", "window": "0_200_i", "box": "2,2,30,30"})
    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    assert client.get(f"{figure}.png").content[:4] == b"\x89PNG"
    for bad in ({"panes": "read"}, {"box": "1,2,3"}, {"box": "0,0,3,3"}, {"color": 8}, {"window": "a_b"}):  # type: ignore[assignment]
        assert client.get(f"{figure}.svg", params=bad).status_code == 422
    board = client.get(f"{API}/projects/{loop.project_id}/dashboard").json()
    assert {one["source"] for one in board["sources"]} == {"pool"}
    assert [point["done"] for point in board["audits"]] == [0]
