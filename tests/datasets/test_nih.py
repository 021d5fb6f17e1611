"""NIH ChestX-ray14: labels of its table as statements, boxes of a 1024-pixel frame, lists; nothing becomes a mask."""

from pathlib import Path

import numpy as np
import pytest

from overread.datasets import READERS
from overread.datasets.reading import Entry
from overread.domain.errors import InvalidInput, InvalidMask
from tests.datasets.readers import FINDINGS, found
from tests.datasets.said import drawn, said
from tests.datasets.sources import reasons, write

HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
HEADER += "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
BOXES = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
REST = "2682,2749,0.143,0.143\n"
A, B = "images_001/images/00000001_000.png", "images_002/images/00000012_003.png"
ROWS = f"00000001_000.png,Effusion|Mass,0,1,58,F,PA,{REST}00000012_003.png,No Finding,3,12,058Y,M,AP,{REST}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / A, np.full((64, 64), 7, np.uint8))
    write(tmp_path / B, np.full((64, 64, 4), 9, np.uint8))
    (tmp_path / "Data_Entry_2017_v2020.csv").write_text(HEADER + ROWS)
    return tmp_path


def test_labels_are_statements_and_no_masks(tree: Path) -> None:
    entries, refusals = found("nih", tree)
    assert not refusals
    a, b = entries[A], entries[B]
    assert (a.patient, a.sex, a.age, a.view) == ("00000001", "F", 58.0, "PA")
    assert (b.patient, b.sex, b.age, b.view) == ("00000012", "M", 58.0, "AP")
    assert a.classes == ("Effusion", "Mass")
    assert b.classes == ()
    assert said(a) == {finding: "present" if finding == "pleural_effusion" else "absent" for finding in FINDINGS}
    assert said(b) == dict.fromkeys(FINDINGS, "absent")
    assert a.masks(a.load()) == b.masks(b.load()) == {}
    assert b.load().pixels.ndim == 2


def test_a_class_is_the_finding_that_the_user_says(tree: Path) -> None:
    entries, _ = found("nih", tree, names={"mass": "nodule", "Effusion": ""})
    assert said(entries[A])["nodule"] == "present"  # by Mass, though Nodule is absent
    assert "pleural_effusion" not in said(entries[A])
    with pytest.raises(InvalidInput, match="said to be 'mass'"):
        found("nih", tree, names={"Mass": "mass"})


def test_a_name_that_the_collection_does_not_have_ends_the_import(tree: Path) -> None:
    for strange in ("Fracture", "No Finding", "--"):
        with pytest.raises(InvalidInput, match=f"'{strange}' is said to be 'nodule', .* Its classes are Atelectasis, "):
            found("nih", tree, names={strange: "nodule"})
    table = tree / "Data_Entry_2017_v2020.csv"
    table.write_text(table.read_text().replace("Effusion|Mass", "Effusion|Fracture"))
    entries, _ = found("nih", tree, names={"fracture": "nodule", "Nodule": ""})
    assert (said(entries[A])["nodule"], said(entries[B])["nodule"]) == ("present", "absent")


def test_a_name_of_boxes_alone_says_nothing_of_whole_films(tree: Path) -> None:
    (tree / "BBox_List_2017.csv").write_text(BOXES + "00000001_000.png,Infiltrate,0,0,1024,1024\n")
    entry = found("nih", tree, names={"Infiltrate": "nodule", "Nodule": ""})[0][A]
    assert "nodule" not in said(entry)
    assert drawn(entry) == {("nodule", "", 0.0, 0.0, 64.0, 64.0)}


def test_boxes_come_in_pixels_of_the_film(tree: Path) -> None:
    rows = "00000001_000.png,Effusion,16,32,160,64\n00000001_000.png,Effusion,16,32,160,64\n"
    rows += "00000001_000.png,Mass,1,1,2,2\n00000009_000.png,Nodule,1,1,2,2\n"
    (tree / "BBox_List_2017.csv").write_text(BOXES + rows)
    entries, refusals = found("nih", tree)
    assert drawn(entries[A]) == {("pleural_effusion", "", 1.0, 2.0, 11.0, 6.0)}
    assert drawn(entries[B]) == set()
    why = "1 of its films have no row in Data_Entry_2017_v2020.csv, such as 00000009_000"
    assert reasons(refusals) == {"BBox_List_2017.csv": why}


def test_infiltrate_is_infiltration(tree: Path) -> None:
    (tree / "BBox_List_2017.csv").write_text(BOXES + "00000001_000.png,Infiltrate,0,0,1024,1024\n")
    (a, _b) = READERS["nih"](tree, ["infiltration"])
    assert isinstance(a, Entry)
    assert said(a) == {"infiltration": "absent"}
    assert drawn(a) == {("infiltration", "", 0.0, 0.0, 64.0, 64.0)}


@pytest.mark.parametrize("sides", ["-1,2,9,9", "1,2,1024,9", "1,2,0,9", "1,2,9,-3", "1,1e300,9,9"])
def test_a_box_outside_of_its_film_refuses_the_film(tree: Path, sides: str) -> None:
    (tree / "BBox_List_2017.csv").write_text(f"{BOXES}00000001_000.png,Effusion,{sides}\n")
    entry = found("nih", tree)[0][A]
    with pytest.raises(InvalidMask, match="a pleural_effusion box"):
        entry.boxes(entry.load())


@pytest.mark.parametrize("row", ["Effusion,nan,2,9,9", "Effusion,1,inf,9,9", "Effusion,1,2,9,", "Efusion,1,2,9,9"])
def test_a_row_that_is_no_box_refuses_the_film(tree: Path, row: str) -> None:
    (tree / "BBox_List_2017.csv").write_text(f"{BOXES}00000001_000.png,{row}\n")
    entries, refusals = found("nih", tree)
    assert [*entries] == [B]
    assert reasons(refusals) == {A: "row 2 of BBox_List_2017.csv is no box of a class of ChestX-ray14"}


def test_boxes_do_not_lie_on_a_film_of_another_shape(tree: Path) -> None:
    write(tree / A, np.zeros((64, 48), np.uint8))
    (tree / "BBox_List_2017.csv").write_text(BOXES + "00000001_000.png,Effusion,1,2,9,9\n")
    entry = found("nih", tree)[0][A]
    with pytest.raises(InvalidMask, match="no copy of that"):
        entry.boxes(entry.load())


def test_a_list_takes_its_films_alone_and_counts_the_others(tree: Path) -> None:
    (tree / "test_list.txt").write_text("00000012_003.png\n00000099_000.png\n")
    entries, refusals = found("nih", tree, list="test_list.txt")
    assert [*entries] == [B]
    assert reasons(refusals) == {
        "test_list.txt": "1 of its films have no row in Data_Entry_2017_v2020.csv, such as 00000099_000",
        "Data_Entry_2017_v2020.csv": "1 films that are here are not in test_list.txt",
    }
    with pytest.raises(InvalidInput, match=r"no table gone\.txt"):
        found("nih", tree, list="gone.txt")


def test_rows_without_a_film_and_films_without_a_row_are_refused(tree: Path) -> None:
    write(tree / "00000077_000.png", np.zeros((8, 8), np.uint8))
    rows = "".join(f"0000003{n}_000.png,Nodule,0,3{n},5,M,PA,{REST}" for n in range(3))
    (tree / "Data_Entry_2017_v2020.csv").write_text(HEADER + ROWS + rows)
    told = reasons(found("nih", tree, missing=2)[1])
    assert told == {
        "00000077_000.png": "Data_Entry_2017_v2020.csv does not name it",
        "00000030_000": "Data_Entry_2017_v2020.csv names it, and its file is missing",
        "00000031_000": "Data_Entry_2017_v2020.csv names it, and its file is missing",
        "Data_Entry_2017_v2020.csv": "1 more films that it names are missing",
    }
    with pytest.raises(InvalidInput, match="0 or more"):
        found("nih", tree, missing=-1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Effusion|Hernai,0,1", "its label is 'Hernai', no class"),
        (",0,1", "its label is '', no class"),
        ("No Finding|Mass,0,1", "its labels are No Finding and Mass"),
        ("Mass,0,x", "its patient is 'x', no number"),
        ("Mass,0,2", "its patient is 00000002, and its name says 00000001"),
    ],
)
def test_a_row_that_cannot_be_meant_refuses_its_film(tree: Path, row: str, reason: str) -> None:
    (tree / "Data_Entry_2017_v2020.csv").write_text(f"{HEADER}00000001_000.png,{row},58,F,PA,{REST}")
    entries, refusals = found("nih", tree)
    assert not entries
    assert reason in reasons(refusals)[A]


def test_rows_that_contradict_each_other_refuse_the_film_and_both_are_named(tree: Path) -> None:
    table = tree / "Data_Entry_2017_v2020.csv"
    table.write_text(HEADER + ROWS + ROWS)
    assert not found("nih", tree)[1]
    table.write_text(HEADER + ROWS + f"00000001_000.png,Mass,0,1,58,F,PA,{REST}" + ROWS)
    entries, refusals = found("nih", tree)
    assert [*entries] == [B]
    assert reasons(refusals) == {A: "rows 2 and 4 of Data_Entry_2017_v2020.csv say different things of it"}


def test_one_name_in_two_folders_is_refused(tree: Path) -> None:
    write(tree / "copy" / "00000001_000.png", np.zeros((8, 8), np.uint8))
    entries, refusals = found("nih", tree)
    assert [*entries] == [B]
    assert {*reasons(refusals)} == {A, "copy/00000001_000.png"}


def test_two_tables_are_not_chosen_from_and_none_is_a_refusal(tree: Path) -> None:
    (tree / "Data_Entry_2017.csv").write_text(HEADER)
    with pytest.raises(InvalidInput, match=r'Say which counts: \{"labels": "Data_Entry_2017\.csv"\}'):
        found("nih", tree)
    assert len(found("nih", tree, labels="Data_Entry_2017_v2020.csv")[0]) == 2
    for table in tree.glob("*.csv"):
        table.unlink()
    with pytest.raises(InvalidInput, match="has no table"):
        found("nih", tree)
