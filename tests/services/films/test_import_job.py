"""An import as a worker does it: a source that brings no film is a failed job with a sentence."""

from pathlib import Path

import pytest

from overread.db.tables import Job
from overread.domain.errors import DiskFull
from overread.services.films import imports, projects
from overread.services.films.report import source_report
from overread.services.jobs import claim_job
from overread.settings import Settings
from overread.storage import BlobStore
from overread_worker.tasks.__main__ import run
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, lines, source_id


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (None, "The source brought no film: there is none in it. Give the folder that holds the films."),
        (True, "The source brought no film: all that was found was refused (1 lines say why)."),
        (False, None),
    ],
)
def test_a_source_without_a_film_is_a_failed_import(
    loop: Loop, settings: Settings, films: Path, bad: bool | None, error: str | None
) -> None:
    if bad is not None:
        film(films / "a.png", 1)
    if bad:
        (films / "a.png").write_bytes(b"")
    with loop.database.transaction() as session:
        new = projects.NewSource("job", "folder", "labelled", "ours", str(films))
        source = projects.create_source(session, loop.project_id, new)
        job = projects.import_later(session, source)
    with loop.database.transaction() as session:
        claimed = claim_job(session, job.id, "test", 600)
    assert claimed is not None
    assert run(settings, claimed.id, claimed.fence) == 0
    with loop.database.transaction() as session:
        done = session.get_one(Job, job.id)
        assert done.state == ("failed" if error else "done")
        assert (done.error or "").startswith(error or "")


def test_a_full_disk_stops_the_import_and_refuses_no_film(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    full = BlobStore(films.parent / "full", reserve=1 << 60)
    with loop.database.transaction() as session:
        new = projects.NewSource("full", "folder", "labelled", "ours", str(films))
        source = projects.create_source(session, loop.project_id, new)
    with pytest.raises(DiskFull):
        imports.import_source(loop.database, full, source.id)
    assert lines(loop, "full") == {}
    assert imports.import_source(loop.database, loop.blobs, source.id) == {"added": 1}


def test_a_refusal_of_a_file_that_is_gone_goes_with_the_next_import_that_ends(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    film(films / "good.png", 2)
    (films / "broken.png").write_bytes(b"")
    (films / "old name.png").write_bytes(b"")
    assert folder_source(loop, films, "ours") == {"added": 2, "refused": 2}
    (films / "old name.png").unlink()
    (films / "a.png").unlink()
    stopped = BlobStore(films.parent / "full", reserve=1 << 60)
    film(films / "new.png", 3)
    with pytest.raises(DiskFull):
        imports.import_source(loop.database, stopped, source_id(loop, "ours"))
    assert set(lines(loop, "ours")) == {"a.png", "good.png", "broken.png", "old name.png"}
    assert folder_source(loop, films, "ours") == {"added": 1, "unchanged": 1, "refused": 1}
    told = lines(loop, "ours")
    assert {name: outcome for name, (outcome, _) in told.items()} == {
        "a.png": "added", "broken.png": "refused", "good.png": "unchanged", "new.png": "added"}  # fmt: skip
    with loop.database.transaction() as session:
        assert [one.files for one in source_report(session, source_id(loop, "ours")).refused] == [1]
