"""Boxes over HTTP: page by page, on a comparison's panes and on a case; none while a film is read blind."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from overread.app import create_app
from overread.domain.imaging.masks import Rle
from overread.settings import Settings
from tests.api.steps import API, audited, sign_in
from tests.loop import Loop
from tests.sentinels import PLAN, cases_with


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield sign_in(opened, loop, "reader")


def boxes_of(mask: dict[str, Any]) -> list[dict[str, int]]:
    """The boxes of a mask on the wire, on the wire."""
    height, width = mask["size"]
    names = ("x", "y", "width", "height")
    return [{name: getattr(box, name) for name in names} for box in Rle((height, width), mask["counts"]).boxes]


def test_boxes_come_page_by_page_and_are_those_of_the_masks_that_go_out(client: TestClient, loop: Loop) -> None:
    iteration_id, audit_id = audited(client, loop)
    where = f"{API}/iterations/{iteration_id}/boxes"
    films: list[Any] = []
    page: dict[str, Any] = {"next": 0}
    while page["next"] is not None:
        page = client.get(where, params={"limit": 7, "after": page["next"]}).json()
        films += page["films"]
    assert len({film["image_id"] for film in films}) == len(films) == 30
    assert {(film["width"], film["height"]) for film in films} == {(32, 32)}
    label = next(one for film in films for one in film["labels"] if one["boxes"])
    told = client.get(f"{API}/pseudo-labels/{label['id']}/comparison").json()
    assert told["panes"][0]["boxes"] == label["boxes"]
    assert all(pane["boxes"] == boxes_of(pane["mask"]) for pane in told["panes"])
    case = client.post(f"{API}/audits/{audit_id}/claim").json()
    masks = [(one["boxes"], one["pseudo"]) for one in case["findings"]]
    assert any(boxes for boxes, _ in masks)
    assert all(boxes == (boxes_of(pseudo) if pseudo else []) for boxes, pseudo in masks)
    for bad in ({"limit": 201}, {"limit": 0}, {"after": -1}, {"after": "x"}, {"after": 2**63}):
        assert client.get(where, params=bad).status_code == 422


def test_an_iteration_without_labels_has_no_boxes(client: TestClient, loop: Loop) -> None:
    answer = client.get(f"{API}/iterations/{loop.launch().id}/boxes")
    assert answer.json() == {"films": [], "next": None}
    assert client.get(f"{API}/iterations/999/boxes").status_code == 404


def test_a_blind_case_tells_no_box(client: TestClient, loop: Loop) -> None:
    iteration = loop.launch(**PLAN)
    loop.label(iteration, 0.4)
    case_id = cases_with(loop, "blind")[0][0]
    told = client.post(f"{API}/cases/{case_id}/claim").json()
    assert (told["blind"], [one["boxes"] for one in told["findings"]]) == (True, [[]] * len(told["findings"]))
    page = client.get(f"{API}/iterations/{iteration.id}/boxes").json()
    assert told["image"]["id"] not in {film["image_id"] for film in page["films"]}
    assert page["films"]
