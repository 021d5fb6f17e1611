"""A disk that fills up: writing ends in a sentence before it is full, reading goes on, and it comes back by itself."""

import errno
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from overread.app import create_app
from overread.domain.errors import DiskFull
from overread.services.people import accounts
from overread.settings import Settings
from overread.storage import BlobStore, require_space
from tests.loop import Loop

API = "/api/v1"
GIB = 1 << 30
Fill = Callable[[int], None]


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Leave so many bytes free, of a TiB."""

    def leave(free: int) -> None:
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1 << 40, (1 << 40) - free, free)
        )

    return leave


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), "http://127.0.0.1:8000", raise_server_exceptions=False) as opened:
        sign_in(opened, loop)
        yield opened


def sign_in(client: TestClient, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "an admin", "admin")
    assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200


def create(client: TestClient, name: str = "new") -> Any:
    return client.post(f"{API}/projects", json={"name": name, "findings": ["nodule"]})


def check_full(answer: Any) -> None:
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:overread:disk-full"), answer.text
    assert "Nothing was saved" in answer.json()["detail"]
    assert "ree some space" in answer.json()["detail"]


def test_below_the_reserve_nothing_is_written_and_all_is_read(client: TestClient, loop: Loop, fill: Fill) -> None:
    iteration = loop.launch()
    fill(GIB - 1)
    check_full(create(client))
    assert [one["name"] for one in client.get(f"{API}/projects").json()] == ["loop"]
    assert client.get(f"{API}/images/1/pixels").status_code == 200
    assert client.get(f"{API}/images/1/thumbnail").status_code == 200
    sign_in(client, loop)  # who cannot come in cannot read
    assert client.post(f"{API}/iterations/{iteration.id}/cancel").status_code == 200  # what fills it can be stopped
    fill(GIB)
    assert create(client).status_code == 201


def test_a_stranger_is_told_nothing_of_the_disk(client: TestClient, fill: Fill) -> None:
    fill(0)
    client.post(f"{API}/sign-out")
    assert create(client).status_code == 401


def test_workers_blobs_end_before_the_database_does(loop: Loop, fill: Fill) -> None:
    fill(GIB - 1)
    with pytest.raises(DiskFull, match="kept for the database"):
        loop.blobs.put(b"new")
    known = next(path for path in loop.blobs.folder.rglob("*") if path.is_file()).read_bytes()
    assert loop.blobs.get(loop.blobs.put(known)) == known
    own = BlobStore(loop.blobs.folder, reserve=1 << 20)
    assert own.get(own.put(b"new")) == b"new"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_after_all_leaves_nothing_half_written(
    loop: Loop, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(loop.blobs.folder.rglob("*"))

    def full(_handle: int) -> None:
        raise OSError(number, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull):
        loop.blobs.put(b"new")
    monkeypatch.undo()
    assert [path for path in sorted(loop.blobs.folder.rglob("*")) if path.is_file()] == [
        path for path in before if path.is_file()
    ]


def test_postgres_whose_disk_is_full_is_named(client: TestClient, loop: Loop) -> None:
    with loop.database.transaction() as session:
        session.execute(
            text("""create function full_disk() returns trigger language plpgsql as
            $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$""")
        )
        session.execute(text("create trigger full_disk before insert on project execute function full_disk()"))
    check_full(create(client))
    with loop.database.transaction() as session:
        session.execute(text("drop trigger full_disk on project"))
    assert create(client).status_code == 201


def test_a_system_without_space_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> None:
        raise OSError(refuse.number, "why")  # type: ignore[attr-defined]

    monkeypatch.setattr("overread.services.films.projects.create_project", refuse)
    refuse.number = errno.ENOSPC  # type: ignore[attr-defined]
    check_full(create(client))
    refuse.number = errno.EIO  # type: ignore[attr-defined]
    assert create(client).status_code == 500


def test_a_database_that_the_full_disk_has_stopped(
    client: TestClient, loop: Loop, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loop.database.transaction() as session:  # as if it were gone: nobody comes in any more
        name = session.scalar(text("select current_database()"))
    installation = client.app.state.installation  # type: ignore[attr-defined]
    gone = Settings(database_url=str(installation.database.engine.url.set(port=1, host="127.0.0.1")))
    monkeypatch.setattr(installation.database, "engine", type(loop.database)(gone.database_url).engine)
    assert name
    away = client.get(f"{API}/me")
    assert (away.status_code, away.json()["type"]) == (503, "urn:overread:database-away")
    assert create(client).status_code == 503
    fill(0)
    check_full(client.get(f"{API}/me"))
    check_full(create(client))


def test_the_reserve(settings: Settings, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = settings.data_folder / "not" / "there" / "yet"
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1000, 0, 20))
    require_space(folder)  # 2 % of a small disk
    with pytest.raises(DiskFull):
        require_space(folder, 21)
    assert Settings(disk_reserve="2GiB").disk_reserve == 2 * GIB
    assert Settings(disk_reserve="2GiB").environment()["OVERREAD_DISK_RESERVE"] == str(2 * GIB)


def test_where_all_connections_are_at_work_it_is_said_and_no_fault(
    client: TestClient, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = client.app.state.installation  # type: ignore[attr-defined]
    one = create_engine(installation.database.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    monkeypatch.setattr(installation.database, "engine", one)
    with one.connect():
        for busy in (client.get(f"{API}/me"), create(client)):
            assert (busy.status_code, busy.json()["type"]) == (503, "urn:overread:database-away")
    one.dispose()
