"""Why scores rose or fell, over HTTP: for those who launch, and for nobody who reads; films open in the comparison."""

from fastapi.testclient import TestClient
from sqlalchemy import select

from overread.db.tables import Audit
from tests.api.steps import API, audited, sign_in
from tests.loop import FINDINGS, Loop
from tests.reading import read_truly


def test_films_that_moved_open_in_the_comparison(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "engineer")
    first, _ = audited(client, loop)
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id)).one()
    assert client.get(f"{API}/iterations/{first}/why").json()["type"] == "urn:overread:conflict"
    read_truly(loop, audit_id)
    second = loop.launch(measure=0, fix=1, override="to compare with")
    loop.label(second, wrong=0.5)
    told = client.get(f"{API}/iterations/{second.id}/why").json()
    assert (told["iteration"]["index"], told["before"]["index"], told["findings"]) == (1, 0, FINDINGS)
    assert (told["split"], told["scores"], told["recipes"][0]["settings"]) == (None, [], [])
    film = told["moves"][0]["lost"][0]
    assert (film["gain"], film["verdict"], film["learned"]) == (-1.0, "accept", True)
    beside = client.get(f"{API}/pseudo-labels/{film['label_id']}/comparison").json()
    panes = {pane["name"]: pane["mask"] for pane in beside["panes"]}
    assert (panes["pseudo"], panes["previous"], panes["read"]) == (film["after"], film["before"], film["truth"])


def test_who_reads_is_told_nothing_of_streams(client: TestClient, loop: Loop) -> None:
    loop.label(loop.launch())
    second = loop.launch(override="to compare with")
    sign_in(client, loop, "reader")
    assert client.get(f"{API}/iterations/{second.id}/why").status_code == 403
