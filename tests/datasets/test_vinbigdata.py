"""VinBigData: three readers a film, each with statements and boxes of their own, in the DICOM's pixels."""

from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import InvalidInput, InvalidMask
from tests.datasets.films import dicom
from tests.datasets.readers import FINDINGS, found
from tests.datasets.said import drawn, said
from tests.datasets.sources import reasons, write

HEADER = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
FILM = "train/aa.dicom"


def labels(tree: Path, *rows: str) -> None:
    (tree / "train.csv").write_text(HEADER + "".join(f"aa,{row}\n" for row in rows))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    (tmp_path / FILM).write_bytes(dicom(np.arange(60 * 40).reshape(60, 40).astype(np.uint16)))
    return tmp_path


def test_a_reader_who_did_not_mark_a_class_says_that_it_is_absent(tree: Path) -> None:
    labels(
        tree,
        "Pneumothorax,12,R9,1.5,2,30,40",
        "Pulmonary fibrosis,13,R9,3,4,5,6",
        "Nodule/Mass,8,R8,7,7,9,9",
        "No finding,14,R10,,,,",
    )
    entries, refusals = found("vinbigdata", tree)
    entry = entries[FILM]
    assert not refusals
    assert (entry.patient, entry.sex, entry.age) == ("P-7", "F", 62.0)
    assert entry.classes == ("Nodule/Mass", "Pneumothorax", "Pulmonary fibrosis")
    marked = {"R9:pneumothorax", "R9:fibrosis"}
    # Nodule/Mass is no nodule unless the user says so, and then nobody says anything of nodules.
    names = [f"{reader}:{one}" for reader in ("R9", "R8", "R10") for one in FINDINGS if one != "nodule"]
    assert said(entry) == {name: "present" if name in marked else "absent" for name in names}
    assert drawn(entry) == {("pneumothorax", "R9", 1.5, 2, 30, 40), ("fibrosis", "R9", 3, 4, 5, 6)}
    assert entry.masks(entry.load()) == {}
    entry = found("vinbigdata", tree, names={"Nodule/Mass": "nodule"})[0][FILM]
    assert {name: word for name, word in said(entry).items() if "nodule" in name} == {
        "R9:nodule": "absent",
        "R8:nodule": "present",
        "R10:nodule": "absent",
    }


def test_a_name_that_the_collection_does_not_have_ends_the_import(tree: Path) -> None:
    labels(tree, "Nodule/Mass,8,R8,7,7,9,9", "No finding,14,R9,,,,", "Lump,8,R10,7,7,9,9")
    for strange in ("Nodule", "No finding"):
        with pytest.raises(InvalidInput, match=f"'{strange}' is said to be 'nodule', .* Lung Opacity, Nodule/Mass, "):
            found("vinbigdata", tree, names={strange: "nodule"})
    entry = found("vinbigdata", tree, names={"lump": "nodule"})[0][FILM]
    assert [said(entry)[f"{reader}:nodule"] for reader in ("R8", "R9", "R10")] == ["absent", "absent", "present"]


def test_a_box_that_leaves_its_film_by_a_pixel_is_cut_off(tree: Path) -> None:
    labels(tree, "Pneumothorax,12,R9,-0.5,2,41,60.9")
    assert drawn(found("vinbigdata", tree)[0][FILM]) == {("pneumothorax", "R9", 0, 2, 40, 60)}


@pytest.mark.parametrize("box", ["-1.5,2,30,40", "1,2,42,40", "1,2,30,1000", "30,2,30,40", "30,2,1,40", "41,2,42,9"])
def test_a_box_outside_of_its_film_refuses_the_film(tree: Path, box: str) -> None:
    labels(tree, f"Pneumothorax,12,R9,{box}")
    entry = found("vinbigdata", tree)[0][FILM]
    with pytest.raises(InvalidMask, match=r"a pneumothorax box .* does not lie on its 40×60 pixels"):
        drawn(entry)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["Pneumothorax,12,R9,nan,2,3,4"], "row 2 of train.csv is no box"),
        (["Pneumothorax,12,R9,,,,"], "row 2 of train.csv is no box"),
        (["Pneumothorax,12,,1,2,3,4"], "row 2 of train.csv says no reader"),
        ([f"Pneumothorax,12,{'R' * 65},1,2,3,4"], "says no reader"),
        (["Penumothorax,12,R9,1,2,3,4"], "its class is 'Penumothorax', none of VinBigData"),
        (["No finding,14,R9,1,2,3,4"], "row 2 of train.csv has a box of No finding"),
        (["No finding,14,R9,,,,", "Pneumothorax,12,R9,1,2,3,4"], "R9 says No finding of it, and marks Pneumothorax"),
        (["Pneumothorax,12,R9,1,2,3,4", "No finding,14,R9,,,,"], "R9 says No finding of it, and marks Pneumothorax"),
    ],
)
def test_what_rows_cannot_mean_refuses_the_film(tree: Path, rows: list[str], why: str) -> None:
    labels(tree, *rows)
    entries, refusals = found("vinbigdata", tree)
    assert not entries
    assert why in reasons(refusals)[FILM]


def test_boxes_on_a_copy_need_the_dicoms_size(tree: Path) -> None:
    (tree / FILM).unlink()
    write(tree / "train/aa.png", np.zeros((30, 40), np.uint8))
    labels(tree, "Pneumothorax,12,R9,10,20,30,40")
    with pytest.raises(InvalidMask, match=r"put train_meta\.csv"):
        drawn(found("vinbigdata", tree)[0]["train/aa.png"])
    (tree / "train_meta.csv").write_text("image_id,dim0,dim1\naa,60,160\n")
    assert drawn(found("vinbigdata", tree)[0]["train/aa.png"]) == {("pneumothorax", "R9", 2.5, 10, 7.5, 20)}
    for rows, why in (("aa,60,80\naa,80,60\n", "rows 2 and 3 of train_meta"), ("aa,0,nan\n", "has no size of it")):
        (tree / "train_meta.csv").write_text(f"image_id,dim0,dim1\n{rows}")
        with pytest.raises(InvalidMask, match=why):
            drawn(found("vinbigdata", tree)[0]["train/aa.png"])


def test_a_copy_without_boxes_needs_no_size(tree: Path) -> None:
    (tree / FILM).unlink()
    write(tree / "aa.png", np.zeros((30, 40), np.uint8))
    labels(tree, "No finding,14,R9,,,,", "Cardiomegaly,3,R8,1,2,3,4")
    assert drawn(found("vinbigdata", tree)[0]["aa.png"]) == set()


def test_a_png_that_is_called_a_dicom_has_no_dicoms_pixels(tree: Path) -> None:
    write(tree / "aa.png", np.zeros((30, 40), np.uint8))
    (tree / "aa.png").rename(tree / FILM)
    labels(tree, "Pneumothorax,12,R9,1,2,3,4")
    with pytest.raises(InvalidMask, match="which this is not"):
        drawn(found("vinbigdata", tree)[0][FILM])


def test_a_film_twice_and_a_row_without_a_film_are_refused(tree: Path) -> None:
    write(tree / "aa.png", np.zeros((30, 40), np.uint8))
    labels(tree, "No finding,14,R9,,,,")
    with (tree / "train.csv").open("a") as table:
        table.write("bb,No finding,14,R9,,,,\n")
    entries, refusals = found("vinbigdata", tree)
    assert not entries
    assert {*reasons(refusals)} == {FILM, "aa.png", "bb"}
    (tree / "train.csv").write_text(f"{HEADER},No finding,14,R9,,,,\n")
    with pytest.raises(InvalidInput, match=r"Row 2 of train\.csv names no film"):
        found("vinbigdata", tree)
