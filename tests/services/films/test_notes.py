"""What an import is told of beside its refusals: films of nobody known, and what a split is missing."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overread.datasets import READERS
from overread.datasets.reading import Entry, Film
from overread.db.tables import Image, Patient, Source
from overread.services.films import imports, projects
from overread.services.films.notes import source_notes
from overread.services.films.splits import split_of
from tests.loop import Loop
from tests.services.films.folders import film, folder_source

EMPTY, THERE = np.zeros((6, 5), bool), np.ones((6, 5), bool)


def notes_of(loop: Loop, name: str) -> list[str]:
    with loop.database.transaction() as session:
        (row,) = [one for one in projects.list_sources(session, loop.project_id) if one.source.name == name]
        assert row.notes == source_notes(session, row.source)
        return [note.sentence for note in row.notes]


def patients(loop: Loop, name: str) -> list[str]:
    query = select(Patient.key).join(Image, Image.patient_id == Patient.id).join(Source, Source.id == Image.source_id)
    with loop.database.transaction() as session:
        return sorted(session.scalars(query.where(Source.name == name)))


def test_a_film_of_nobody_known_is_a_patient_of_its_own_and_that_is_said(loop: Loop, films: Path) -> None:
    for number in range(4):
        film(films / f"scan_{number}.png", number)
    (films / "patients.csv").write_text("file,patient_id\nscan_0.png,A\nscan_1.png,A\n")
    assert folder_source(loop, films, "mixed", "pool") == {"added": 4}
    assert patients(loop, "mixed") == ["A", "A", "scan_2.png", "scan_3.png"]
    (told,) = notes_of(loop, "mixed")
    assert told.startswith("2 films name no patient: each is taken for a patient of its own.")
    assert folder_source(loop, films, "mixed", "pool") == {"unchanged": 4}


def test_one_patient_of_all_films_is_said(loop: Loop, films: Path) -> None:
    for number in range(3):
        film(films / f"{number}.png", number)
    (films / "patients.csv").write_text("file,patient_id\n0,P\n1,P\n2,P\n")
    folder_source(loop, films, "one", "pool")
    (told,) = notes_of(loop, "one")
    assert told.startswith("All 3 films are of one patient, so that all lie in one split.")


def test_films_that_may_carry_burned_in_text_are_counted_also_once_they_have_come_again(
    loop: Loop, films: Path
) -> None:
    for number in range(3):
        film(films / f"{number}.png", number)
        pixels = cv2.resize(np.asarray(cv2.imread(str(films / f"{number}.png"), 0)), (256, 256))
        words = "DOE^JOHN 1961" if number else ""
        cv2.imwrite(str(films / f"{number}.png"), cv2.putText(pixels, words, (9, 40), 0, 0.5, 255, 1))
    for _ in range(2):
        folder_source(loop, films, "lettered", "pool")
        assert [told for told in notes_of(loop, "lettered") if "burned-in" in told] == [
            "2 films may carry burned-in text, as their lines say. Look at them before others see them: a name or a "
            "date in the pixels goes wherever the film goes."
        ]


def test_films_that_came_under_a_patient_by_their_name_stay_there(loop: Loop, films: Path) -> None:
    film(films / "p1_a.png", 1)
    folder_source(loop, films, "before", "pool")
    with loop.database.transaction() as session:
        session.scalars(select(Patient).where(Patient.key == "p1_a.png")).one().key = "p1"
    assert folder_source(loop, films, "before", "pool") == {"unchanged": 1}
    assert patients(loop, "before") == ["p1"]


def of_findings(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, shares: dict[str, float], has: dict[str, list[bool]], count: int
) -> list[str]:
    """The notes of a labelled source of so many patients, a film each, and which of these each finding is on."""

    def read(_path: object, _findings: object) -> Iterator[Entry]:
        return map(entry, range(count))

    def entry(number: int) -> Entry:
        pixels = np.full((6, 5), number, np.uint8)
        masks = {finding: THERE if on[number] else EMPTY for finding, on in has.items()}
        return Entry(f"{number}.png", f"p{number}", lambda: f"{number:064x}", lambda: Film(pixels), lambda _film: masks)

    monkeypatch.setitem(READERS, "folder", read)
    monkeypatch.setattr("overread.services.films.projects.check_path", lambda *_: None)
    with loop.database.transaction() as session:
        new = projects.NewSource("few", "folder", "labelled", "ours", None, "few", {"shares": shares})
        source = projects.create_source(session, loop.project_id, new)
    imports.import_source(loop.database, loop.blobs, source.id)
    return notes_of(loop, "few")


def test_a_finding_with_fewer_positives_than_splits_is_named_with_the_split(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"train": 0.4, "external": 0.3, "development": 0.3}  # in the order in which Postgres keeps them
    source = Source(role="labelled", options={"shares": shares})
    drawn = [split_of(source, "few", f"p{number}") for number in range(20)]
    assert set(drawn) == set(shares)
    two = [number in (drawn.index("train"), drawn.index("development")) for number in range(20)]
    has = {
        "nodule": two,
        "fibrosis": [False] * 20,
        "pneumothorax": [True] * 20,
        "consolidation": [split != "train" or number == drawn.index("train") for number, split in enumerate(drawn)],
    }
    assert of_findings(loop, monkeypatch, shares, has, 20) == [
        "consolidation: every development film has it.",
        "consolidation: every external film has it.",
        "pneumothorax: every film has it.",
        "fibrosis: no film has it.",
        "nodule: no external film has it; 2 of the others do.",
    ]


def test_a_split_that_got_nobody_is_named(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_findings(loop, monkeypatch, {"train": 0.99, "development": 0.01}, {}, 2) == [
        "No film was drawn into development: there are too few patients for its share."
    ]


def test_files_that_contradict_films_that_are_here_are_told_until_they_agree(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    (films / "b.png").write_bytes((films / "a.png").read_bytes())
    (films / "patients.csv").write_text("file,patient_id\na.png,A\nb.png,A\n")
    lesion = np.zeros((24, 20), np.uint8)
    lesion[2:5, 2:5] = 255
    cv2.imwrite(str(films / "b__nodule.png"), lesion)
    assert folder_source(loop, films, "ours", shares={"train": 1.0}) == {"added": 1, "refused": 1}
    assert notes_of(loop, "ours")[0].startswith(
        "1 files say something else than a film of the same pixels that is here, such as ours/b.png and ours/a.png: "
    )
    cv2.imwrite(str(films / "a__nodule.png"), lesion)
    assert folder_source(loop, films, "ours", shares={"train": 1.0}) == {"changed": 1, "unchanged": 1}
    assert "something else" not in " ".join(notes_of(loop, "ours"))


def test_what_may_be_labels_of_another_format_is_told_once_a_kind(loop: Loop, films: Path) -> None:
    for name in ("a", "b"):
        film(films / f"{name}.png", ord(name))
        (films / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (films / "annotations.json").write_text("{}")
    for name in ("LICENCE.txt", "README.md"):
        (films / name).write_text("ours")
    (films / "patients.csv").write_text("file,patient_id\na.png,A\nb.png,B\n")
    assert folder_source(loop, films, "boxes", "pool") == {"added": 2}
    with loop.database.transaction() as session:
        (row,) = [one for one in projects.list_sources(session, loop.project_id) if one.source.name == "boxes"]
        told = [note.sentence.partition(". If they")[0] for note in row.notes]
    assert told == [
        "1 .json files lie beside the films and are not read, such as annotations.json",
        "2 .txt files lie beside the films and are not read, such as a.txt",
    ]
