"""CheXpert: rows by the end of their path, labels as statements, lateral films counted; CheXlocalize's masks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle
from tests.datasets.readers import found
from tests.datasets.said import said
from tests.datasets.sources import masks_of, reasons, write

HEADER = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Lung Lesion,Consolidation,Pneumothorax,Pleural Effusion\n"
ONE, SIDE, TWO = (
    f"{patient}/study1/{view}"
    for patient, view in (
        ("patient00001", "view1_frontal"),
        ("patient00001", "view2_lateral"),
        ("patient64541", "view1_frontal"),
    )
)
ROWS = f"""CheXpert-v1.0-small/train/{ONE}.jpg,Female,68,Frontal,AP,,1.0,-1.0,0.0,
CheXpert-v1.0-small/train/{SIDE}.jpg,Female,68,Lateral,,,1.0,,,1.0
"""
VALID = f"CheXpert-v1.0/valid/{TWO}.jpg,Unknown,0,Frontal,PA,1,,0,1,\n"
A, L, B = f"images/train/{ONE}.jpg", f"images/train/{SIDE}.jpg", f"images/valid/{TWO}.jpg"
SQUARE = np.zeros((40, 30), bool)
SQUARE[5:15, 4:24] = True


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (A, L, B):
        write(tmp_path / name, np.full((40, 30), 90, np.uint8))
    (tmp_path / "train.csv").write_text(HEADER + ROWS)
    (tmp_path / "valid.csv").write_text(HEADER + VALID)
    return tmp_path


def test_labels_are_statements_whatever_the_paths_begin_with(tree: Path) -> None:
    entries, refusals = found("chexpert", tree)
    a, b = entries[A], entries[B]
    assert (a.patient, a.sex, a.age, a.view) == ("patient00001", "F", 68.0, "AP")
    assert (b.patient, b.sex, b.age, b.view) == ("patient64541", None, 0.0, "PA")
    assert said(a) == {"consolidation": "uncertain", "pneumothorax": "absent"}
    assert said(b) == {"consolidation": "absent", "pneumothorax": "present"}
    assert a.classes == ("Lung Lesion", "Consolidation", "Pneumothorax")
    assert a.masks(a.load()) == {}
    why = '1 lateral films are not read; {"lateral": true} reads them'
    assert reasons(refusals) == {"train.csv and valid.csv": why}


def test_lateral_films_come_in_when_asked_for(tree: Path) -> None:
    entries, refusals = found("chexpert", tree, lateral=True, names={"Lung Lesion": "nodule"})
    assert not refusals
    assert entries[L].view == "LATERAL"
    assert said(entries[L]) == {"nodule": "present", "pleural_effusion": "present"}


def test_a_name_that_neither_tables_nor_segmentations_have_ends_the_import(tree: Path) -> None:
    names = {"Airspace Opacity": "consolidation"}
    with pytest.raises(InvalidInput, match=r"'Airspace Opacity' is said to be 'consolidation', .* Lung Lesion, "):
        found("chexpert", tree, names=names)
    (tree / "gt.json").write_text(json.dumps({"patient64541_study1_view1_frontal": {"Airspace Opacity": rle(SQUARE)}}))
    entry = found("chexpert", tree, names=names, segmentations="gt.json")[0][B]
    assert masks_of(entry) == {"consolidation": 200}
    (tree / "valid.csv").write_text((HEADER + VALID).replace("Consolidation", "Lump"))
    assert said(found("chexpert", tree, names={"Lump": "nodule"})[0][B])["nodule"] == "absent"


def test_tables_lie_where_archives_put_them_or_are_named(tree: Path) -> None:
    (tree / "CheXpert-v1.0-small").mkdir()
    (tree / "train.csv").rename(tree / "CheXpert-v1.0-small" / "train.csv")
    assert {*found("chexpert", tree)[0]} == {A, B}
    entries, refusals = found("chexpert", tree, labels="valid.csv")
    assert {*entries} == {B}
    assert reasons(refusals) == dict.fromkeys((A, L), "valid.csv does not name it")
    for table in tree.rglob("*.csv"):
        table.unlink()
    with pytest.raises(InvalidInput, match=r"no table train\.csv or valid\.csv"):
        found("chexpert", tree)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Male,1,Frontal,AP,,2.0,,,", "its Lung Lesion is '2.0'"),
        ("Male,1,Frontal,AP,,nan,,,", "its Lung Lesion is 'nan'"),
        ("Male,1,Oblique,AP,,1,,,", "it is 'Oblique'"),
    ],
)
def test_a_row_that_cannot_be_meant_refuses_its_film(tree: Path, row: str, why: str) -> None:
    (tree / "train.csv").write_text(f"{HEADER}train/{ONE}.jpg,{row}\n")
    entries, refusals = found("chexpert", tree)
    assert A not in entries
    assert why in reasons(refusals)[A]


def test_rows_that_contradict_each_other_refuse_the_film(tree: Path) -> None:
    other = f"elsewhere/{ONE}.jpg,Female,68,Frontal,AP,,,,,\n"
    (tree / "train.csv").write_text(HEADER + ROWS + other)
    entries, refusals = found("chexpert", tree)
    assert A not in entries
    assert "rows 2 and 4 of" in reasons(refusals)[A]


@pytest.mark.parametrize("table", [f"{HEADER}train/photo.jpg,Male,1,Frontal,AP,,,,,\n", f"Path\ntrain/{ONE}.jpg\n"])
def test_a_table_of_something_else_is_refused(tree: Path, table: str) -> None:
    (tree / "train.csv").write_text(table)
    with pytest.raises(InvalidInput, match=r"train\.csv"):
        found("chexpert", tree)


def rle(mask: np.ndarray) -> dict[str, Any]:
    return {"size": [*mask.shape], "counts": Rle.of(mask).counts}


def localized(tree: Path, drawn: Any, key: str = "patient64541_study1_view1_frontal") -> dict[str, int]:
    (tree / "gt.json").write_text(json.dumps({key: drawn}))
    return masks_of(found("chexpert", tree, segmentations="gt.json")[0][B])


def test_segmentations_are_masks_and_an_empty_one_is_a_declared_absence(tree: Path) -> None:
    drawn = {"Consolidation": rle(SQUARE), "Pneumothorax": rle(SQUARE & False), "Airspace Opacity": rle(SQUARE)}
    assert localized(tree, drawn) == {"consolidation": 200, "pneumothorax": 0}
    entry = found("chexpert", tree, segmentations="gt.json")[0][B]
    assert (entry.masks(entry.load())["consolidation"] == SQUARE).all()
    assert masks_of(found("chexpert", tree, segmentations="gt.json")[0][A]) == {}


def test_contours_are_masks_and_say_nothing_of_other_classes(tree: Path) -> None:
    corner, other = [[4.0, 5.0], [23.0, 5.0], [23.0, 14.0], [4.0, 14.0]], [[0, 20], [3, 20], [3, 23], [0, 23]]
    drawn = {"img_size": [40, 30], "Consolidation": [corner, other], "Support Devices": [corner]}
    assert localized(tree, drawn) == {"consolidation": 200 + 16}


@pytest.mark.parametrize(
    ("drawn", "why"),
    [
        ({"Consolidation": rle(np.zeros((80, 60), bool))}, "60×80 px, and this one has 30×40"),
        ({"Consolidation": {"size": [40, 30], "counts": rle(np.zeros((80, 60), bool))["counts"]}}, "do not add up"),
        ({"Consolidation": {"size": [40, 30], "counts": 5}}, "no compressed RLE"),
        ({"Consolidation": {"size": [40, 30], "counts": "0" * (5 << 20)}}, "longer than any mask"),
        ({"Consolidation": "all of it"}, "no compressed RLE"),
        ({"img_size": [80, 60], "Consolidation": [[[1, 1], [2, 2], [3, 1]]]}, "60×80 px"),
        ({"img_size": 80, "Consolidation": [[[1, 1], [2, 2], [3, 1]]]}, "unknown px"),
        ({"img_size": [40, 30], "Consolidation": []}, "no list of"),
        ({"img_size": [40, 30], "Consolidation": [[[1, 1], [2, 2]]]}, "three points"),
        ({"img_size": [40, 30], "Consolidation": [[[1, 1]] * 100_001]}, "more than 100,000 points"),
    ],
)
def test_what_was_not_drawn_on_this_film_refuses_it(tree: Path, drawn: Any, why: str) -> None:
    with pytest.raises(InvalidMask, match=why):
        localized(tree, drawn)


def test_segmentations_of_films_that_are_not_here_are_counted(tree: Path) -> None:
    (tree / "gt.json").write_text(json.dumps({"patient00009_study1_view1_frontal": {}}))
    told = reasons(found("chexpert", tree, segmentations="gt.json")[1])
    assert told["gt.json"] == "1 of its films did not come in, such as patient00009/study1/view1_frontal"


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}', '{"a": {}, "a": {}}', "[" * 100_000])
def test_what_is_no_json_of_segmentations_is_a_sentence(tree: Path, text: str) -> None:
    (tree / "gt.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"gt\.json"):
        found("chexpert", tree, segmentations="gt.json")
