"""Films that are little to study on: parts that a finding is missing from, too few patients, near twins."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from benchmarks.study.arms import ARMS
from benchmarks.study.bench import read_runs, report, run_seed
from benchmarks.study.films import hidden_truth, sets_of
from benchmarks.study.notes import notes_of, refuse_empty
from benchmarks.study.plan import StudyPlan, plan_of
from benchmarks.study.twins import BLOCK, fingerprint, together, twins
from overread.domain.errors import InvalidInput
from tests.benchmarks.studies import tiny

Film = NDArray[np.uint8]


def cloudy(number: int, size: int = 96) -> Film:
    """Soft clouds with edges, like no other number's: the phantom's films are drawn by one code, and too alike."""
    noise = np.random.default_rng(number).normal(0, 1, (size, size)).astype(np.float32)
    return np.asarray(np.clip(128 + 300 * cv2.GaussianBlur(noise, (0, 0), size / 48), 0, 255), np.uint8)


def folder_of(path: Path, has: dict[str, set[int]], count: int = 60) -> Path:
    """So many films of as many patients, and of which of them each finding is."""
    path.mkdir()
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 32)).astype(np.uint8)
        Image.fromarray(pixels).save(path / f"f{number}.png")
        for finding, own in has.items():
            if number in own:
                Image.fromarray(np.uint8(pixels > 128) * 255).save(path / f"f{number}__{finding}.png")
    rows = [f"f{number}.png,p{number}" for number in range(count)]
    (path / "patients.csv").write_text("\n".join(["file,patient_id", *rows]))
    return path


def plan_for(folder: Path, *findings: str, labelled: int = 8) -> StudyPlan:
    plan = plan_of(None, f"folder:{folder}", list(findings), None, [0])
    return replace(plan, recipes=tiny().recipes, steps=2, resamples=4, labelled=labelled)


def test_a_finding_with_fewer_positives_than_parts_is_named_with_the_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everybody = set(range(60))
    source = folder_of(tmp_path / "films", {"nodule": set(range(0, 60, 2)), "fibrosis": {3}, "pneumothorax": everybody})
    plan, folder = plan_for(source, "nodule", "fibrosis", "pneumothorax"), tmp_path / "study"
    sets = sets_of(plan, 0, folder)
    said = capsys.readouterr().err
    parts = {"labelled": sets.labelled, "development": sets.development, "test": hidden_truth(folder, 0, "test")}
    for part, items in parts.items():
        rare = any(item.counts["fibrosis"] for item in items)
        assert (f"Seed 0: no {part} film has fibrosis" in said) is not rare
        assert f"no {part} film has nodule" not in said
    assert "every labelled film has pneumothorax: networks learn only that it is there." in said
    assert "every test film has pneumothorax: it has no D-AUC and no iD-AUC." in said
    run_seed(plan, 0, folder, {"supervised": ARMS["supervised"]})
    (run,) = read_runs(folder, [0])
    assert run["scores"]["pneumothorax"]["d_auc"] is None
    assert run["scores"]["nodule"]["d_auc"] is not None
    assert "NaN" not in (folder / "lines" / "0.jsonl").read_text()
    capsys.readouterr()
    sets_of(plan, 0, folder)
    assert not capsys.readouterr().err  # once is enough: the report has it
    assert notes_of(plan, folder) == report(plan, folder, console())["notes"] != []


def console() -> Console:
    return Console(quiet=True)


def test_what_leaves_a_part_empty_or_nothing_to_score_is_refused(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "films", {"nodule": {0}}, 40)
    with pytest.raises(InvalidInput, match="of 60 patients are asked for"):
        sets_of(plan_for(source, "nodule", labelled=30), 0, tmp_path / "many")
    with pytest.raises(InvalidInput, match="No test film has fibrosis"):
        sets_of(plan_for(source, "fibrosis", "nodule"), 0, tmp_path / "nothing")
    sets = sets_of(
        plan_for(folder_of(tmp_path / "more", {"nodule": set(range(0, 60, 2))}), "nodule"), 0, tmp_path / "s"
    )
    with pytest.raises(InvalidInput, match="No patient is left for the pool films"):
        refuse_empty({"labelled": sets.labelled, "pool": [], "test": sets.labelled}, ["nodule"])


def copies(film: Film) -> dict[str, Any]:
    """The same film as another archive would have it."""
    height, width = film.shape
    small = cv2.resize(film, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    lossy = cv2.imdecode(cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)
    darker = np.rint(255 * (film / 255) ** 1.2).astype(np.uint8)
    return {
        "half": small,
        "jpeg": np.asarray(lossy, np.uint8),
        "darker": darker,
        "16 bits": film.astype(np.uint16) * 256,
    }


def test_copies_are_near_twins_and_other_films_are_not() -> None:
    films = [cloudy(index, 128) for index in range(12)]
    prints = [fingerprint(film) for film in films]
    assert list(twins(prints)) == []
    for name, copy in copies(films[4]).items():
        assert list(twins([*prints, fingerprint(copy)])) == [(4, 12)], name
    blank = fingerprint(np.full((40, 40), 9, np.uint8))
    assert list(twins([blank, blank])) == []


def test_twins_are_found_over_blocks() -> None:
    prints = [fingerprint(np.random.default_rng(n).integers(0, 255, (64, 64)).astype(np.uint8)) for n in range(5)]
    far = [*prints, *[np.zeros_like(prints[0])] * BLOCK, prints[3]]
    assert list(twins(far)) == [(3, BLOCK + 5)]


def test_patients_of_twins_are_one_along_a_chain() -> None:
    patients, shared = together(["d", "c", "b", "a", "b"], iter([(0, 1), (1, 2), (2, 4)]))
    assert patients == ["b", "b", "b", "a", "b"]
    assert shared == [(0, 1), (1, 2)]


def test_near_twins_of_two_patients_stay_in_one_part_and_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "films"
    source.mkdir()
    for index in range(40):
        film, mask = cloudy(index), np.zeros((96, 96), np.uint8)
        mask[:20, :20] = 255 * (index % 2)
        Image.fromarray(film).save(source / f"a{index}.png")
        Image.fromarray(copies(film)["jpeg"]).save(source / f"b{index}.png")
        for name in ("a", "b"):
            Image.fromarray(mask).save(source / f"{name}{index}__nodule.png")
    plan, folder = plan_for(source, "nodule"), tmp_path / "study"
    sets = sets_of(plan, 0, folder)
    assert "40 pairs of films under two patients are near twins, such as a0.png and b0.png." in capsys.readouterr().err
    parts = [sets.labelled, sets.development, sets.pool, hidden_truth(folder, 0, "test")]
    people = [{item.patient for item in part} for part in parts]
    assert sum(map(len, people)) == len(set().union(*people)) == 40
    assert all(len(part) == 2 * len(own) for part, own in zip(parts, people, strict=True))
