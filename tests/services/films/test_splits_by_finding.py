"""A labelled source's patients are drawn by what it declares: a rare finding reaches each split that may have it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overread.datasets import READERS
from overread.datasets.folder import read_folder
from overread.datasets.phantoms.phantom import read_phantom
from overread.datasets.reading import Beside, Entry, Refusal, Statement
from overread.db.tables import Image, Source
from overread.domain.source_reports import Foreseen
from overread.services.films import imports, projects
from overread.services.films.preview import preview_source
from overread.services.films.splits import split_of
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import film, folder_source, of_patients, source_id

ILL = [f"ill{n}" for n in range(5)]
HEALTHY = [f"healthy{n}" for n in range(12)]


def a_film(folder: Path, patient: str, *findings: str, number: int = 0) -> str:
    """A film of a patient, with a mask of each finding."""
    name = f"{patient}-{number}"
    film(folder / f"{name}.png", int.from_bytes(name.encode()[-4:]))
    lesion = np.zeros((24, 20), np.uint8)
    lesion[2:5, 2:5] = 255
    for finding in findings:
        cv2.imwrite(str(folder / f"{name}__{finding}.png"), lesion)
    return f"{name}.png"


@pytest.fixture
def rare(films: Path) -> Path:
    """Seventeen patients, five of them with a nodule, on the second of their films."""
    of = {a_film(films, patient): patient for patient in [*HEALTHY, *ILL]}
    of |= {a_film(films, patient, "nodule", number=1): patient for patient in ILL}
    of_patients(films, of)
    return films


def splits(loop: Loop, name: str) -> dict[str, str]:
    """The split of each patient, who is in its films' names."""
    query = select(Image.file_name, Image.split).where(Image.source_id == source_id(loop, name))
    with loop.database.transaction() as session:
        return {film.partition("-")[0]: split for film, split in session.execute(query)}


def foreseen(loop: Loop, folder: Path, **options: Any) -> Foreseen:
    """What a dry run tells."""
    new = projects.NewSource("ours", "folder", "labelled", "ours", str(folder), "shared", options)
    return preview_source(loop.database, loop.blobs, loop.project_id, new)


def patients_in(told: Foreseen) -> dict[str, int]:
    """How many patients each split gets."""
    return {one.split: one.patients for one in told.report.splits}


def elsewhere(loop: Loop) -> Loop:
    """Another project, to import the same into."""
    with loop.database.transaction() as session:
        return replace(loop, project_id=projects.create_project(session, "elsewhere", FINDINGS).id)


def test_a_rare_finding_is_in_each_split_by_every_seed(loop: Loop, rare: Path) -> None:
    for seed in range(20):
        told = foreseen(loop, rare, split_seed=seed)
        lesions = {one.split: one.lesion for one in told.report.findings if one.finding == "nodule"}
        assert lesions == {"train": 4, "development": 1}
        assert patients_in(told)["development"] in (3, 4)


def test_black_masks_and_broken_ones_count_for_nothing(loop: Loop, rare: Path) -> None:
    for patient in HEALTHY:
        cv2.imwrite(str(rare / f"{patient}-0__nodule.png"), np.zeros((24, 20), np.uint8))
    for name in ("healthy0-0__nodule.png", "healthy1-0__fibrosis.png"):
        (rare / name).write_bytes(b"no PNG" if "fibrosis" in name else b"\x89PNG\r\n\x1a\n")
    for seed in range(8):
        told = foreseen(loop, rare, split_seed=seed)
        assert told.outcomes == {"added": 20, "refused": 2}
        lesions = {one.split: one.lesion for one in told.report.findings if one.finding == "nodule"}
        assert lesions == {"train": 4, "development": 1}


def test_the_dry_run_tells_what_the_import_draws(loop: Loop, rare: Path) -> None:
    told = patients_in(foreseen(loop, rare, split_seed=3))
    folder_source(loop, rare, "ours", split_seed=3)
    assert Counter(splits(loop, "ours").values()) == told


@pytest.mark.parametrize("seed", [1, 2])
def test_an_import_that_was_cut_goes_on_with_the_same_draw(
    loop: Loop, rare: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    class Cut(Exception):
        pass

    monkeypatch.setattr(imports, "BATCH", 5)
    other = elsewhere(loop)
    folder_source(other, rare, "whole", split_seed=seed)
    with loop.database.transaction() as session:
        new = projects.NewSource("ours", "folder", "labelled", "ours", str(rare), "shared", {"split_seed": seed})
        source = projects.create_source(session, loop.project_id, new)
    lines = Counter[str]()

    def on_line(line: object) -> None:
        lines["told"] += 1
        if lines["told"] == 15:
            raise Cut

    with pytest.raises(Cut):
        imports.import_source(loop.database, loop.blobs, source.id, on_line)
    assert 0 < len(splits(loop, "ours")) < 17
    folder_source(loop, rare, "ours", split_seed=seed)
    assert splits(loop, "ours") == splits(other, "whole")


def test_nobody_moves_when_more_come(loop: Loop, rare: Path) -> None:
    folder_source(loop, rare, "ours")
    before = splits(loop, "ours")
    names = {a_film(rare, patient, "nodule"): patient for patient in ("new1", "new2", "new3")}
    of_patients(rare, {f"{p}-{n}.png": p for p in before for n in range(2) if (rare / f"{p}-{n}.png").exists()} | names)
    folder_source(loop, rare, "ours")
    after = splits(loop, "ours")
    assert len(after) == 20
    assert {patient: after[patient] for patient in before} == before


def test_patients_of_a_given_split_take_no_part_in_the_draw(loop: Loop, films: Path) -> None:
    given = {a_film(films, f"given{n}", "nodule"): f"given{n}" for n in range(10)}
    drawn = {a_film(films, patient, "nodule"): patient for patient in ILL}
    rows = [*(f"{name},{patient},train" for name, patient in given.items()), *(f"{n},{p}," for n, p in drawn.items())]
    (films / "patients.csv").write_text("\n".join(["file,patient_id,split", *rows]))
    for seed in range(8):
        assert patients_in(foreseen(loop, films, split_seed=seed)) == {"train": 14, "development": 1}


def test_what_is_said_without_a_mask_counts(loop: Loop, films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path, findings: list[str], **options: Any) -> Iterator[Entry | Refusal | Beside]:
        for one in read_folder(path, findings, **options):
            assert isinstance(one, Entry)
            says = Statement("fibrosis", "present" if one.file_name.startswith("ill") else "absent")
            yield replace(one, statements=(says,))

    monkeypatch.setitem(READERS, "folder", read)
    of_patients(films, {a_film(films, patient): patient for patient in [*HEALTHY, *ILL]})
    for seed in range(8):
        told = foreseen(loop, films, split_seed=seed).report
        present = {one.split: one.present for one in told.findings if one.finding == "fibrosis"}
        assert present == {"train": 4, "development": 1}


def test_where_nothing_is_declared_each_goes_by_its_own_hash(loop: Loop, films: Path) -> None:
    of_patients(films, {a_film(films, patient): patient for patient in [*HEALTHY, *ILL]})
    folder_source(loop, films, "ours")
    source = Source(role="labelled", options={})
    assert splits(loop, "ours") == {patient: split_of(source, "shared", patient) for patient in [*HEALTHY, *ILL]}


@pytest.mark.parametrize(
    ("role", "options", "times"),
    [
        ("labelled", {}, 2),
        ("labelled", {"shares": {"train": 1.0, "development": 0.0}}, 1),
        ("external", {}, 1),
        ("pool", {}, 1),
    ],
)
def test_a_source_is_looked_through_once_and_only_where_that_tells_something(
    loop: Loop, films: Path, monkeypatch: pytest.MonkeyPatch, role: str, options: Mapping[str, Any], times: int
) -> None:
    a_film(films, "nobody's", "nodule")
    read = list[int]()

    def counted(*told: Any, **said: Any) -> Iterator[Entry | Refusal | Beside]:
        read.append(1)
        yield from read_folder(*told, **said)

    monkeypatch.setitem(READERS, "folder", counted)
    assert folder_source(loop, films, "ours", role, **options) == {"added": 1}
    assert len(read) == times
    read.clear()
    assert folder_source(loop, films, "ours", role, **options) == {"unchanged": 1}
    assert len(read) == 2  # a film of nobody known is here: whose it is may be said now


def test_a_phantom_declares_nothing_and_is_not_looked_through(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[int]()

    def counted(*told: Any, **said: Any) -> Iterator[Entry | Refusal]:
        read.append(1)
        yield from read_phantom(*told, **said)

    monkeypatch.setitem(READERS, "phantom", counted)
    loop.source("many", "labelled", count=2, size=32)
    assert len(read) == 1
