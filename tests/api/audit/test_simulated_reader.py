"""The demo's reader tells the seconds that the work takes which the server sees in its reads."""

from collections import defaultdict
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from overread.app import create_app
from overread.db.tables import Read
from overread.domain.readers.effort import seconds_of_film
from overread.domain.words import Work
from overread.settings import Settings
from overread.simulated_reader import read_audit
from tests.api.steps import API, sign_in
from tests.loop import POOL, Loop
from tests.reading import audited


def test_its_seconds_are_those_of_the_work_that_is_stored(settings: Settings, loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.4, measure=20, fix=20, sentinel=20)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        sign_in(client, loop, "admin")

        def api(method: str, path: str, **given: Any) -> Any:
            answer = client.request(method, f"{API}{path}", **given)
            assert answer.status_code < 300, answer.text
            return answer.json() if answer.content else None

        assert read_audit(api, audit_id, POOL) > 10
    saves: dict[tuple[object, bool], list[tuple[Work, float]]] = defaultdict(list)
    with loop.database.transaction() as session:
        for read in session.scalars(select(Read).order_by(Read.id)):
            assert read.work is not None
            saves[(read.case_id, read.created_at), read.blind].append((read.work, read.seconds))
    for (_, blind), said in saves.items():
        kinds, seconds = zip(*said, strict=True)
        assert seconds == pytest.approx([seconds_of_film(kinds, blind=blind)] * len(kinds), abs=0.01)
    assert any(blind and {kind for kind, _ in said} == {"reject"} for (_, blind), said in saves.items())
    assert {kind for said in saves.values() for kind, _ in said} >= {"accept", "reject", "draw", "redraw"}
