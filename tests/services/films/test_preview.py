"""A preview is the import, undone: it lets everybody else go on, and gives way to an import of the same."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from overread.db.tables import Patient
from overread.domain.errors import Conflict
from overread.services.films import projects
from overread.services.films.import_lines import Line
from overread.services.films.preview import preview_source
from overread.services.trail import record
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, lines
from tests.services.films.kinds import all_that_is, with_masks
from tests.waiting import until


def new(films: Path, name: str = "new") -> projects.NewSource:
    return projects.NewSource(name, "folder", "labelled", "ours", str(films))


def test_a_preview_tells_what_would_lie_here(loop: Loop, films: Path, tmp_path: Path) -> None:
    with_masks(films)
    (films / "labels.json").write_text("{}")
    before = all_that_is(loop.database, tmp_path / "data")
    told = preview_source(loop.database, loop.blobs, loop.project_id, new(films))
    assert all_that_is(loop.database, tmp_path / "data") == before
    assert told.outcomes == {"added": 5, "refused": 3}
    assert {line.file_name for line in told.refused} == {"2.png", "broken.png", "note.doc"}
    assert sum(one.films for one in told.report.splits) == 5
    assert {note.remark for note in told.notes} >= {"alone", "beside"}


def test_of_very_many_refusals_the_first_are_kept_and_all_are_counted(
    loop: Loop, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overread.services.films.preview.REFUSED", 2)
    for name in "abc":
        (films / f"{name}.png").write_bytes(b"")
    told = preview_source(loop.database, loop.blobs, loop.project_id, new(films))
    assert [line.file_name for line in told.refused] == ["a.png", "b.png"]
    assert [(one.files, one.such_as) for one in told.report.refused] == [(3, "a.png")]


def meanwhile(loop: Loop, work: Callable[[], object]) -> tuple[Thread, Callable[[Line], None]]:
    """Work that begins with a preview's first line; the preview goes on when it is done, or waits for a lock."""
    thread = Thread(target=work)

    def done_or_waiting() -> bool:
        with loop.database.transaction() as session:
            waits = session.scalar(text("select exists(select from pg_locks where not granted)"))
        return bool(waits) or not thread.is_alive()

    def on_line(_line: Line) -> None:
        if thread.ident is None:
            thread.start()
            until(done_or_waiting)

    return thread, on_line


def test_others_write_while_a_preview_is_in_the_middle(loop: Loop, films: Path) -> None:
    """A reader's save writes to the trail, and another import adds films: neither waits for the preview."""
    others = films.parent / "others"
    others.mkdir()
    for number in range(40):
        film(films / f"{number}.png", number)
    film(others / "other.png", 100)

    def work() -> None:
        with loop.database.transaction() as session:
            record(session, "read.saved", "case 1", project_id=loop.project_id)
        folder_source(loop, others, "others")

    thread, on_line = meanwhile(loop, work)
    told = preview_source(loop.database, loop.blobs, loop.project_id, new(films), on_line)
    thread.join()
    assert told.outcomes == {"added": 40}
    assert lines(loop, "others") == {"other.png": ("added", None)}


def test_a_preview_gives_way_to_an_import_of_the_same(loop: Loop, films: Path) -> None:
    for number in range(40):
        film(films / f"{number}.png", number)
    thread, on_line = meanwhile(loop, lambda: folder_source(loop, films, "new"))
    with pytest.raises(Conflict, match="the dry run gave way"):
        preview_source(loop.database, loop.blobs, loop.project_id, new(films), on_line)
    thread.join()
    assert {outcome for outcome, _ in lines(loop, "new").values()} == {"added"}


def test_a_preview_waits_for_no_import_of_the_same(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    with loop.database.transaction() as session:
        session.add(Patient(project_id=loop.project_id, namespace="new", key="a.png", split="train"))
        session.flush()
        with pytest.raises(Conflict, match="the dry run gave way"):
            preview_source(loop.database, loop.blobs, loop.project_id, new(films))
