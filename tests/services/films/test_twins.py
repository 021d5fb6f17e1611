"""The same film under another name and patient: kept in one split where it can be, and told where it cannot."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from overread.db.tables import Fingerprint, Image, ImportLine, Patient, Source
from overread.domain.sources import SourceNote
from overread.services.films import notes, projects
from overread.services.films.splits import is_held, split_of
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import exported_again, folder_source, of_patients, shown

LABELLED = Source(role="labelled", options={})


def keys(split: str, count: int) -> list[str]:
    """Patients that the hash draws into a split."""
    return [key for key in map(str, range(500)) if split_of(LABELLED, "shared", key) == split][:count]


def pair(folder: Path, patients: list[str], others: list[str]) -> tuple[Path, Path]:
    """Films of these patients, and the same ones exported again under others."""
    first, second = folder / "first", folder / "second"
    for part, own, ending in ((first, patients, "png"), (second, others, "jpg")):
        part.mkdir()
        of_patients(part, {f"{number}.{ending}": patient for number, patient in enumerate(own)})
    for number in range(len(patients)):
        shown(first / f"{number}.png", number)
        exported_again(second / f"{number}.jpg", first / f"{number}.png")
    return first, second


def sides(loop: Loop, source: str) -> list[tuple[str, bool]]:
    """Where the films of a source lie, by their names, and whether they are held out."""
    query = select(Image.split, Patient.held).join(Patient, Patient.id == Image.patient_id).order_by(Image.file_name)
    with loop.database.transaction() as session:
        rows = session.execute(query.join(Source, Source.id == Image.source_id).where(Source.name == source))
        return [(split, held) for split, held in rows]


def told(loop: Loop, source: str) -> list[SourceNote]:
    with loop.database.transaction() as session:
        (row,) = [one for one in projects.list_sources(session, loop.project_id) if one.source.name == source]
        return [note for note in row.notes if note.remark == "twins"]


def test_a_new_patient_joins_the_split_of_its_twin(loop: Loop, films: Path) -> None:
    first, second = pair(films, keys("development", 6), keys("train", 6))
    folder_source(loop, first, "first")
    assert folder_source(loop, second, "second") == {"added": 6}
    assert sides(loop, "second") == sides(loop, "first") == [("development", False)] * 6
    assert told(loop, "second") == []
    with loop.database.transaction() as session:
        reasons = select(ImportLine.reason).where(ImportLine.file_name.endswith(".jpg")).order_by(ImportLine.file_name)
        assert list(session.scalars(reasons)) == [f"near twin of {number}.png" for number in range(6)]


def test_two_imports_at_once_keep_twins_together(loop: Loop, films: Path) -> None:
    first, second = pair(films, keys("development", 8), keys("train", 8))
    threads = [threading.Thread(target=folder_source, args=(loop, folder, folder.name)) for folder in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sides(loop, "second") == sides(loop, "first")
    assert len(sides(loop, "second")) == 8


def test_a_twin_that_cannot_be_in_one_split_is_told_with_both_names(loop: Loop, films: Path) -> None:
    first, second = pair(films, keys("development", 3), ["a", "b", "c"])
    folder_source(loop, first, "first")
    assert folder_source(loop, second, "unread", "pool") == {"added": 3}
    assert sides(loop, "unread") == [("pool", False)] * 3
    assert told(loop, "unread") == [SourceNote("twins", 3, names=("unread/0.jpg", "first/0.png"))]
    (sentence,) = [note.sentence for note in told(loop, "unread")]
    assert sentence.startswith("3 films have a near twin in another split, such as unread/0.jpg and first/0.png:")
    assert told(loop, "first") == []


def test_a_split_that_the_source_does_not_fill_is_not_joined(loop: Loop, films: Path) -> None:
    first, second = pair(films, ["a", "b"], keys("train", 2))
    folder_source(loop, first, "far", "external")
    folder_source(loop, second, "near")
    assert sides(loop, "near") == [("train", False)] * 2
    assert told(loop, "near") == [SourceNote("twins", 2, names=("near/0.jpg", "far/0.png"))]


def test_a_patient_who_is_here_stays_and_its_twin_is_told(loop: Loop, films: Path) -> None:
    (taught,), (scored,) = keys("train", 1), keys("development", 1)
    first, second = pair(films, [scored], [taught])
    earlier = films / "earlier"
    earlier.mkdir()
    shown(earlier / "other.png", 30)
    of_patients(earlier, {"other.png": taught})
    folder_source(loop, earlier, "earlier")
    folder_source(loop, first, "first")
    folder_source(loop, second, "second")
    assert sides(loop, "second") == [("train", False)]
    assert told(loop, "second") == [SourceNote("twins", 1, names=("second/0.jpg", "first/0.png"))]


def test_a_twin_of_who_is_held_out_is_held_out(loop: Loop, films: Path) -> None:
    with loop.database.transaction() as session:
        project = projects.create_project(session, "with a holdout", FINDINGS, holdout=0.5)
    loop = replace(loop, project_id=project.id)
    held = [key for key in map(str, range(99)) if is_held(project, "shared", key)]
    free = [key for key in map(str, range(99)) if not is_held(project, "shared", key)]
    first, second = pair(films, [*held[:3], *free[:3]], [*free[3:6], *held[3:6]])
    folder_source(loop, first, "first", "pool")
    folder_source(loop, second, "second", "pool")
    assert sides(loop, "second") == sides(loop, "first") == [("pool", True)] * 3 + [("pool", False)] * 3
    assert told(loop, "second") == []


def test_films_of_before_are_looked_at_when_the_next_import_begins(loop: Loop, films: Path) -> None:
    first, second = pair(films, keys("development", 2), ["a", "b"])
    folder_source(loop, first, "first")
    folder_source(loop, second, "second", "pool")
    with loop.database.transaction() as session:
        session.execute(delete(Fingerprint))
        lost = session.scalars(select(Image).where(Image.file_name == "1.png")).one()
        for source in session.scalars(select(Source)):
            source.notes = None
    loop.blobs.path(lost.sha256).unlink()
    assert told(loop, "second") == []
    assert folder_source(loop, first, "first") == {"unchanged": 2}
    assert told(loop, "second") == [SourceNote("twins", 1, names=("second/0.jpg", "first/0.png"))]


def test_notes_are_counted_when_an_import_ends_and_kept(
    loop: Loop, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair(films, keys("development", 1), ["a"])
    folder_source(loop, first, "first")
    folder_source(loop, second, "second", "pool")
    monkeypatch.setattr(projects, "source_notes", None)
    assert [note.films for note in told(loop, "second")] == [1]
    monkeypatch.undo()
    with loop.database.transaction() as session:
        row = session.scalars(select(Source).where(Source.name == "second")).one()
        assert row.notes == notes.source_notes(session, row)


def test_phantoms_are_twins_of_their_own_number_alone(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("overread.domain.imaging.prints.ALIKE", -1)  # all are
    loop.source("another hospital", "external", count=32, size=32, seed=11)  # the pool has 30
    (note,) = told(loop, "another hospital")
    assert note.films == 30
