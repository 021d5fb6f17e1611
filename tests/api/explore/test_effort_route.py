"""What reading cost, over HTTP: everybody may ask, and sees of persons only themselves."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from overread.app import create_app
from overread.domain.words import WORKS
from overread.settings import Settings
from tests.api.steps import API, audited, sign_in
from tests.loop import Loop
from tests.reading import read_all


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield opened


def test_minutes_and_scores_are_told_by_iteration(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    _, audit_id = audited(client, loop)
    read_all(loop, audit_id)
    told = client.get(f"{API}/projects/{loop.project_id}/effort").json()
    (row,) = told["iterations"]
    assert (row["iteration"], row["before"], row["d_auc"], row["dice"], told["split"]) == (0, 0, None, None, None)
    assert [(one["kind"], one["median"] <= 2) for one in row["work"]] == [("accept", True)]
    assert [one["kind"] for one in told["kinds"]] == list(WORKS)
    assert told["readers"] == []  # somebody else has read
    assert client.get(f"{API}/projects/999/effort").status_code == 404
