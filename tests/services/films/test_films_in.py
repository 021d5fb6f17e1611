"""Films in: each file has its line, twice adds nothing, and no patient crosses a split."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import Image, Mask, Patient, Source, SourceMask
from overread.domain.errors import Conflict, InvalidInput
from overread.services.films import imports, projects
from overread.services.films.splits import split_of
from tests.datasets.films import dicom
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, lines


def test_importing_twice_adds_nothing(loop: Loop) -> None:
    def count() -> list[int]:
        with loop.database.transaction() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in (Image, Mask, Patient)]  # type: ignore[misc]

    before = count()
    with loop.database.transaction() as session:
        sources = session.scalars(select(Source)).all()
    for source in sources:
        outcomes = imports.import_source(loop.database, loop.blobs, source.id)
        assert set(outcomes) == {"unchanged"}
    assert count() == before


def test_every_bad_file_has_a_line_and_the_good_one_comes_in(loop: Loop, films: Path) -> None:
    film(films / "p1_good.png", 1)
    film(films / "p2_wrongmask.png", 2)
    cv2.imwrite(str(films / "p2_wrongmask__nodule.png"), np.zeros((9, 9), np.uint8))
    film(films / "p3_alien.png", 3)
    cv2.imwrite(str(films / "p3_alien__hernia.png"), np.zeros((24, 20), np.uint8))
    (films / "p4_empty.png").write_bytes(b"")
    (films / "p5_text.png").write_bytes(b"not an image")
    (films / "p6_cut.png").write_bytes((films / "p1_good.png").read_bytes()[:80])
    (films / "p7_twin.png").write_bytes((films / "p1_good.png").read_bytes() + b"trailing")
    assert folder_source(loop, films, "bad") == {"added": 1, "refused": 5, "unchanged": 1}
    told = lines(loop, "bad")
    assert told["p1_good.png"] == ("added", None)
    said = {name: str(reason) for name, (outcome, reason) in told.items() if outcome == "refused"}
    assert "20×24" in said["p2_wrongmask.png"]
    assert "unknown finding 'hernia'" in said["p3_alien.png"]
    assert "0 bytes" in said["p4_empty.png"]
    assert "not a PNG" in said["p5_text.png"]
    assert "truncated" in said["p6_cut.png"]
    assert told["p7_twin.png"] == ("unchanged", "same pixels as p1_good.png")
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Mask).where(Mask.finding == "hernia")) == 0


def test_what_is_to_be_said_of_a_film_that_comes_in_is_in_its_line(loop: Loop, films: Path) -> None:
    pixels, others = np.random.default_rng(4).integers(0, 255, (2, 24, 20)).astype(np.uint8)
    (films / "a.dcm").write_bytes(dicom(pixels, PixelSpacing=[0.1, 0.3]))
    (films / "patient00001" / "study1").mkdir(parents=True)
    (films / "patient00001" / "study1" / "b.dcm").write_bytes(dicom(others, PixelSpacing=[0, 0], PatientID=""))
    assert folder_source(loop, films, "said") == {"added": 2}
    told = lines(loop, "said")
    assert told["a.dcm"] == ("added", None)
    assert told["patient00001/study1/b.dcm"] == (
        "added",
        "its PixelSpacing is unusable; what a pixel measures is unknown, and its areas are told in pixels; its patient "
        "is the folder that it lies in, as in CheXpert's tree",
    )
    with loop.database.transaction() as session:
        rows = session.execute(
            select(Patient.key, Image.row_spacing_mm, Image.column_spacing_mm)
            .join(Image, Image.patient_id == Patient.id)
            .where(Image.file_name.in_(told))
            .order_by(Image.file_name)
        )
        assert [tuple(row) for row in rows] == [("P-7", 0.1, 0.3), ("patient00001", None, None)]


def test_a_copy_of_a_file_under_another_patient_is_refused(loop: Loop, films: Path) -> None:
    film(films / "p1_a.png", 1)
    for copy in ("p1_b.png", "p2_a.png"):
        (films / copy).write_bytes((films / "p1_a.png").read_bytes())
    (films / "patients.csv").write_text("file,patient_id\np1_a.png,p1\np1_b.png,p1\np2_a.png,p2\n")
    assert folder_source(loop, films, "copies") == {"added": 1, "unchanged": 1, "refused": 1}
    assert "under another patient (p1_a.png)" in str(lines(loop, "copies")["p2_a.png"][1])


def test_names_that_no_text_can_hold_are_spelled_out(loop: Loop, films: Path) -> None:
    film(films / "good.png", 1)
    os.rename(films / "good.png", os.fsencode(films) + b"/p1_\xff.png")
    film(films / "other.png", 2)
    (films / "patients.csv").write_bytes(b"file,patient_id\nother.png,P\0\n")
    with pytest.raises(InvalidInput, match="a line with a NUL"):
        folder_source(loop, films, "nul")
    (films / "patients.csv").write_bytes(b"file,patient_id\nother.png,P\n")
    assert folder_source(loop, films, "odd") == {"added": 2}
    assert set(lines(loop, "odd")) == {"p1_\\udcff.png", "other.png"}
    assert folder_source(loop, films, "odd") == {"unchanged": 2}
    (films / "patients.csv").write_bytes(b"file,patient_id\nother.png,P\0\n")
    with pytest.raises(InvalidInput, match="has a line with a NUL"):
        folder_source(loop, films, "odd")


def test_two_imports_at_once_add_each_film_once(loop: Loop, films: Path) -> None:
    for seed in range(8):
        film(films / f"p{seed}.png", seed)
    counts: list[dict[str, int]] = []
    with loop.database.transaction() as session:
        new = projects.NewSource("both", "folder", "labelled", "ours", str(films), "shared")
        projects.create_source(session, loop.project_id, new)
    threads = [threading.Thread(target=lambda: counts.append(folder_source(loop, films, "both")))
               for _ in range(3)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count.get("added", 0) for count in counts) == 8
    assert sum(sum(count.values()) for count in counts) == 24


def test_a_source_without_its_folder_is_not_named(loop: Loop, films: Path) -> None:
    with pytest.raises(InvalidInput, match="not a folder"):
        folder_source(loop, films / "typo", "s")
    assert folder_source(loop, films, "s") == {}


def test_a_patient_never_crosses_a_split(loop: Loop, tmp_path: Path) -> None:
    for name, seed in (("a", 10), ("b", 11)):
        (tmp_path / name).mkdir()
        film(tmp_path / name / f"p9_{name}.png", seed)
        (tmp_path / name / "patients.csv").write_text(f"file,patient_id\np9_{name}.png,p9\n")
    assert folder_source(loop, tmp_path / "a", "first", "external") == {"added": 1}
    assert folder_source(loop, tmp_path / "b", "second", "pool") == {"refused": 1}
    assert "already in the external split" in str(lines(loop, "second")["p9_b.png"][1])
    with pytest.raises(IntegrityError), loop.database.transaction() as session:
        session.execute(text("update image set split = 'train' where file_name = 'p9_a.png'"))


def test_public_labels_of_a_pool_stay_apart_from_references(loop: Loop) -> None:
    with loop.database.transaction() as session:
        kinds = session.execute(
            select(Image.split, SourceMask.kind, Mask.origin).distinct()
            .join(SourceMask, SourceMask.image_id == Image.id).join(Mask, Mask.id == SourceMask.mask_id)
        ).all()  # fmt: skip
    assert {tuple(row) for row in kinds if row[0] == "pool"} == {("pool", "public", "SEMIAUTOMATIC")}
    assert {row[1] for row in kinds if row[0] != "pool"} == {"reference"}


def test_a_source_is_what_it_was_named_as(loop: Loop) -> None:
    with pytest.raises(Conflict), loop.database.transaction() as session:
        projects.create_source(session, loop.project_id, projects.NewSource("pool", "phantom", "labelled", "x"))
    with loop.database.transaction() as session:
        pool = session.scalars(select(Source).where(Source.name == "pool")).one()
        same = projects.NewSource("pool", "phantom", "pool", "x", pool.path, pool.namespace, pool.options)
        assert projects.create_source(session, loop.project_id, same) is pool
    # The patients of a source cannot move to another namespace: a silent no would leave them free to cross a split.
    with pytest.raises(Conflict), loop.database.transaction() as session:
        projects.create_source(session, loop.project_id, replace(same, namespace="another hospital"))
    for changes in ({"reader": "csv"}, {"role": "gold"}, {"options": {"shares": {"train": 0.5}}}):
        new = projects.NewSource(**{"name": "n", "reader": "phantom", "role": "labelled", "licence": "x"} | changes)
        with pytest.raises(InvalidInput), loop.database.transaction() as session:
            projects.create_source(session, loop.project_id, new)


def test_splits_by_patient_follow_their_shares() -> None:
    source = Source(role="labelled", options={"shares": {"train": 0.6, "development": 0.2, "external": 0.2}})
    splits = [split_of(source, "n", str(key)) for key in range(2000)]
    assert splits == [split_of(source, "n", str(key)) for key in range(2000)]
    for split, share in source.options["shares"].items():  # type: ignore[union-attr]
        assert abs(splits.count(split) / 2000 - share) < 0.04  # type: ignore[operator]
