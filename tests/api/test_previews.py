"""Previews over HTTP: asked for like a source, found out by a job, told to engineers; and what may be imported."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, update

from overread.app import create_app
from overread.db.tables import Job, Preview
from overread.domain.learning.reports import JobProgress
from overread.services.jobs import claim_job
from overread.settings import Settings
from overread_worker.tasks.__main__ import run
from tests.api.steps import API, sign_in
from tests.loop import Loop
from tests.services.films.folders import film
from tests.services.films.kinds import all_that_is, with_masks

SOURCE: dict[str, Any] = {"name": "new", "reader": "folder", "role": "labelled", "licence": "ours", "path": "<b>films"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "<b>films").mkdir(parents=True)
    return folder


@pytest.fixture
def engineer(settings: Settings, loop: Loop, root: Path) -> Iterator[TestClient]:
    own = settings.model_copy(update={"import_root": root})
    with TestClient(create_app(own), base_url="http://127.0.0.1:8000") as opened:
        yield sign_in(opened, loop, "engineer")


def ask(client: TestClient, loop: Loop, **changes: Any) -> Any:
    return client.post(f"{API}/projects/{loop.project_id}/previews", json=SOURCE | changes)


def work(loop: Loop, settings: Settings, job_id: int) -> None:
    with loop.database.transaction() as session:
        claimed = claim_job(session, job_id, "test", 600)
    assert claimed is not None
    assert run(settings, claimed.id, claimed.fence) == 0


def test_a_preview_tells_what_its_import_reports(
    engineer: TestClient, settings: Settings, loop: Loop, root: Path
) -> None:
    with_masks(root / "<b>films")
    job = ask(engineer, loop, options={"shares": {"train": 1.0}}).json()
    assert (job["kind"], job["state"]) == ("preview", "queued")
    told = engineer.get(f"{API}/previews/{job['id']}").json()
    assert (told["found"], told["job"]["state"]) == (None, "queued")
    before = all_that_is(loop.database, settings.data_folder)
    work(loop, settings, job["id"])
    assert all_that_is(loop.database, settings.data_folder) == before
    told = engineer.get(f"{API}/previews/{job['id']}").json()
    assert told["job"]["progress"] == {"done": 8, "total": 8, "what": "3 refused, 5 added"}
    assert told["asked"] == SOURCE | {"namespace": None, "options": {"shares": {"train": 1.0}}}
    assert told["found"]["outcomes"] == {"added": 5, "refused": 3}
    reason = next(one["reason"] for one in told["found"]["report"]["refused"] if one["such_as"] == "broken.png")
    refused = f"{API}/previews/{job['id']}/refused"
    assert [one["file_name"] for one in engineer.get(refused).json()] == ["2.png", "broken.png", "note.doc"]
    assert [one["file_name"] for one in engineer.get(refused, params={"after": "2.png", "limit": 1}).json()] == [
        "broken.png"
    ]
    assert engineer.get(refused, params={"reason": reason}).json() == [{"file_name": "broken.png", "reason": reason}]

    job = engineer.post(f"{API}/projects/{loop.project_id}/sources", json=told["asked"]).json()
    with loop.database.transaction() as session:
        told_of = JobProgress(3, 8, "names a film.png")
        session.execute(update(Job).where(Job.id == job["id"]).values(progress=told_of, error="of a film.png"))
    assert engineer.get(f"{API}/jobs/{job['id']}").json()["progress"]["what"] == "names a film.png"
    with TestClient(engineer.app, base_url="http://127.0.0.1:8000") as reader:
        seen = sign_in(reader, loop, "reader").get(f"{API}/jobs/{job['id']}").json()
    assert (seen["progress"], seen["error"]) == ({"done": 3, "total": 8, "what": ""}, None)
    work(loop, settings, job["id"])
    source = engineer.get(f"{API}/projects/{loop.project_id}/sources").json()[-1]
    assert engineer.get(f"{API}/sources/{source['id']}/report").json() == told["found"]["report"]
    assert source["notes"] == told["found"]["notes"]
    lines = engineer.get(f"{API}/sources/{source['id']}/lines", params={"reason": reason}).json()
    assert [line["file_name"] for line in lines] == ["broken.png"]


def test_a_preview_is_told_as_it_was_at_one_moment(engineer: TestClient, settings: Settings, loop: Loop) -> None:
    """Its job ends in the middle of the answer."""
    job_id, ended = ask(engineer, loop).json()["id"], False

    def end(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal ended
        if "FROM preview" in statement and not ended:
            ended = True
            work(loop, settings, job_id)

    engine = engineer.app.state.installation.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "after_cursor_execute", end)
    for found in (False, True):
        told = engineer.get(f"{API}/previews/{job_id}").json()
        assert (told["job"]["state"] == "done", told["found"] is not None) == (found, found)
    assert ended


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"path": "../.."}, 422),
        ({"path": "gone"}, 422),
        ({"path": "a\0b"}, 422),
        ({"reader": "csv"}, 422),
        ({"options": {"masks": "../x"}}, 422),
        ({"options": {"names": {"Mass": "nodule"}}}, 422),
        ({"name": "hospital"}, 409),
    ],
)
def test_what_no_import_would_take_is_refused_at_once(
    engineer: TestClient, loop: Loop, changes: dict[str, Any], status: int
) -> None:
    assert ask(engineer, loop, **changes).status_code == status


def test_a_folder_without_a_film_is_a_preview_that_says_so(
    engineer: TestClient, settings: Settings, loop: Loop
) -> None:
    job = ask(engineer, loop).json()
    work(loop, settings, job["id"])
    told = engineer.get(f"{API}/previews/{job['id']}").json()
    assert (told["job"]["state"], told["found"]["outcomes"]) == ("done", {})


def test_previews_of_long_ago_go(engineer: TestClient, loop: Loop) -> None:
    old, kept = (ask(engineer, loop).json()["id"] for _ in range(2))
    with loop.database.transaction() as session:
        session.execute(update(Preview).where(Preview.job_id == old).values(created_at=func.now() - timedelta(days=8)))
    ask(engineer, loop)
    assert engineer.get(f"{API}/previews/{old}").status_code == 404
    assert engineer.get(f"{API}/previews/{kept}").status_code == 200


def test_folders_below_the_import_folder_are_told_and_no_others(
    engineer: TestClient, loop: Loop, root: Path, tmp_path: Path
) -> None:
    (root / "<b>films" / "deeper").mkdir()
    (root / ".hidden").mkdir()
    (root / "out").symlink_to(tmp_path)
    film(root / "film.png", 1)
    asked = f"{API}/import-folders"
    assert engineer.get(asked).json() == {"path": "", "folders": ["<b>films"], "more": False}
    told = engineer.get(asked, params={"path": "<b>films"}).json()
    assert told == {"path": "<b>films", "folders": ["deeper"], "more": False}
    for path in ("..", "out", "/etc", "gone", "a\0", "film.png"):
        assert engineer.get(asked, params={"path": path}).status_code == 422, path


def test_a_name_that_cannot_be_said_is_not_told(engineer: TestClient, root: Path) -> None:
    (Path(str(root)) / "bad\udcff").mkdir()
    assert engineer.get(f"{API}/import-folders").json()["folders"] == ["<b>films"]


def test_readers_are_told_with_their_options(engineer: TestClient) -> None:
    told = {one["name"]: one for one in engineer.get(f"{API}/readers").json()}
    assert set(told) >= {"phantom", "folder", "chestxdet", "siim"}
    assert (told["phantom"]["needs_folder"], told["folder"]["needs_folder"]) == (False, True)
    assert {"name": "masks", "default": "masks"} in told["folder"]["options"]
    assert {"name": "names", "default": {}} in told["chestxdet"]["options"]
    for one in told.values():
        assert one["sentence"].endswith(".")
        assert "``" not in one["sentence"]


def test_a_reader_is_told_nothing_of_imports(engineer: TestClient, loop: Loop) -> None:
    job = ask(engineer, loop).json()["id"]
    sign_in(engineer, loop, "reader")
    paths = ("readers", "import-folders", f"previews/{job}", f"previews/{job}/refused")
    assert {engineer.get(f"{API}/{path}").status_code for path in paths} == {403}
    assert ask(engineer, loop).status_code == 403
