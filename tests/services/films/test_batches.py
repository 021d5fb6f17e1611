"""Films come in some at a time: with few statements for each, each whole or not at all, and in their order."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import event, func, select

from overread.db.tables import Fingerprint, Image, Mask, Patient, SourceMask
from overread.services.films.here import Here
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import exported_again, film, folder_source, lines, of_patients, shown, source_id

STATEMENTS = 2  # for a film; each more is a way to the database and back for all of a hundred thousand


def mask(path: Path, rows: slice) -> None:
    drawn = np.zeros((24, 20), np.uint8)
    drawn[rows, 3:9] = 255
    cv2.imwrite(str(path), drawn)


def count(loop: Loop, table: type, name: str) -> int:
    query = select(func.count()).select_from(table)
    if table in (Fingerprint, Mask, SourceMask):
        query = query.join(Image, Image.id == table.image_id)
    if table is Patient:
        query = select(func.count(Image.patient_id.distinct()))
    with loop.database.transaction() as session:
        return session.scalar(query.where(Image.source_id == source_id(loop, name))) or 0


def test_films_of_a_batch_come_in_with_few_statements(loop: Loop, films: Path) -> None:
    for number in range(64):
        film(films / f"{number}.png", number)
        mask(films / f"{number}__nodule.png", slice(2, 8))
    statements: list[str] = []

    def tell(*what: object) -> None:
        statements.append(str(what[2]))

    event.listen(loop.database.engine, "before_cursor_execute", tell)
    assert folder_source(loop, films, "many") == {"added": 64}
    event.remove(loop.database.engine, "before_cursor_execute", tell)
    tables = (Image, Patient, Fingerprint, Mask, SourceMask)
    assert [count(loop, table, "many") for table in tables] == [64, 64, 64, 64 * len(FINDINGS), 64 * len(FINDINGS)]
    assert len(statements) <= STATEMENTS * 64


def test_a_film_that_comes_twice_in_a_batch_is_met_as_if_it_had_been_here(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    mask(films / "a__nodule.png", slice(2, 8))
    for copy, rows in {"b": slice(2, 8), "c": slice(3, 9)}.items():
        (films / f"{copy}.png").write_bytes((films / "a.png").read_bytes())
        mask(films / f"{copy}__nodule.png", rows)
    (films / "d.png").write_bytes((films / "a.png").read_bytes() + b"another file")
    mask(films / "d__nodule.png", slice(2, 8))
    film(films / "e.png", 2)
    of_patients(films, dict.fromkeys(("a.png", "b.png", "c.png", "d.png"), "p"))
    assert folder_source(loop, films, "copies") == {"added": 2, "unchanged": 2, "refused": 1}
    told = lines(loop, "copies")
    assert told["a.png"] == told["e.png"] == ("added", None)
    assert told["b.png"] == told["d.png"] == ("unchanged", "same pixels as a.png")
    assert str(told["c.png"][1]).startswith("Its nodule mask has 36 px, and a.png, with the same pixels, came with")
    assert (count(loop, Image, "copies"), count(loop, Mask, "copies")) == (2, 2 * len(FINDINGS))


def test_what_is_refused_in_a_batch_leaves_nothing_and_what_is_beside_it_comes_in(loop: Loop, films: Path) -> None:
    for number, name in enumerate("abcd"):
        film(films / f"{name}.png", number)
    (films / "b.png").write_bytes((films / "a.png").read_bytes() + b"in another file")
    mask(films / "c__nodule.png", slice(0, 24))
    cv2.imwrite(str(films / "d__nodule.png"), np.zeros((9, 9), np.uint8))
    of_patients(films, {"a.png": "one", "b.png": "another", "c.png": "third", "d.png": "fourth"})
    assert folder_source(loop, films, "mixed") == {"added": 2, "refused": 2}
    told = lines(loop, "mixed")
    assert "under another patient (a.png)" in str(told["b.png"][1])
    assert "20×24" in str(told["d.png"][1])
    with loop.database.transaction() as session:
        keys = session.scalars(select(Patient.key).where(Patient.namespace == "shared").order_by(Patient.key)).all()
    assert keys == ["one", "third"]


def test_twins_of_one_batch_lie_in_one_split(loop: Loop, films: Path) -> None:
    for number in range(6):
        shown(films / f"{number} a.png", number)
        exported_again(films / f"{number} b.jpg", films / f"{number} a.png")
    assert folder_source(loop, films, "twins", shares={"train": 0.5, "development": 0.5}) == {"added": 12}
    assert lines(loop, "twins")["3 b.jpg"] == ("added", "near twin of 3 a.png")
    with loop.database.transaction() as session:
        of = select(Image.split).where(Image.source_id == source_id(loop, "twins")).order_by(Image.file_name)
        splits = session.scalars(of).all()
    assert splits[0::2] == splits[1::2]
    assert set(splits) == {"train", "development"}


def test_a_batch_that_another_was_quicker_with_is_looked_at_again(
    loop: Loop, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, wrote = Here.write, list[int]()

    def late(here: Here) -> None:
        if not wrote:
            with loop.database.transaction() as session:
                named = {"project_id": loop.project_id, "namespace": "shared", "key": "p"}
                session.add(Patient(**named, split="external", held=False))
        wrote.append(1)
        write(here)

    shown(films / "a.png", 1)
    exported_again(films / "b.jpg", films / "a.png")
    of_patients(films, {"a.png": "p", "b.jpg": "q"})
    monkeypatch.setattr(Here, "write", late)
    assert folder_source(loop, films, "late") == {"added": 2}
    assert len(wrote) == 2
    with loop.database.transaction() as session:
        query = select(Image.file_name, Image.split).where(Image.source_id == source_id(loop, "late"))
        assert ("a.png", "external") in session.execute(query).all()
    assert lines(loop, "late")["b.jpg"] == ("added", "near twin of a.png")
    assert count(loop, Fingerprint, "late") == 2
