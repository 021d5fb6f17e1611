"""Whose film it is: the table says it first, then the DICOM's header, then a tree that is known. Nobody guesses."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.datasets.films import dicom, edited, png
from tests.datasets.readers import found

GREY = np.arange(16, dtype=np.uint8).reshape(4, 4)


def put(folder: Path, name: str, data: bytes) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def test_a_folders_dicom_says_whose_film_it_is(tmp_path: Path) -> None:
    put(tmp_path, "a.dcm", dicom(GREY, PatientID="H-1 ", PatientAge="018M", ViewPosition="AP"))
    put(tmp_path, "ward/b.DICOM", dicom(GREY + 1, PatientID="H-1", PatientSex="M"))
    put(tmp_path, "called.png", dicom(GREY + 2, PatientID="H-2"))
    put(tmp_path, "nobodys.dcm", dicom(GREY + 3, PatientID=""))
    put(tmp_path, "x.png", png(GREY))
    entries, refusals = found("folder", tmp_path)
    told = {name: (e.patient, e.sex, e.age, e.view) for name, e in entries.items()}
    assert told == {
        "a.dcm": ("H-1", "F", 1.5, "AP"),
        "ward/b.DICOM": ("H-1", "M", 62.0, None),
        "called.png": ("H-2", "F", 62.0, None),
        "nobodys.dcm": (None, "F", 62.0, None),
        "x.png": (None, None, None, None),
    }
    assert not refusals


def test_the_table_outranks_the_header_where_it_says_something(tmp_path: Path) -> None:
    put(tmp_path, "a.dcm", dicom(GREY, ViewPosition="AP"))
    put(tmp_path, "b.dcm", dicom(GREY + 1))
    (tmp_path / "patients.csv").write_text("file,patient_id,sex,age,view\na.dcm,T-1,,0,PA\n")
    entries, _ = found("folder", tmp_path)
    named, other = entries["a.dcm"], entries["b.dcm"]
    assert (named.patient, named.sex, named.age, named.view) == ("T-1", "F", 0.0, "PA")
    assert other.patient == "P-7"


def test_a_header_that_cannot_be_read_is_a_refusal(tmp_path: Path) -> None:
    put(tmp_path, "a.dcm", edited(dicom(GREY), DeflatedExplicitVRLittleEndian)[:-20] + b"\xff" * 20)
    entries, refusals = found("folder", tmp_path)
    assert not entries
    assert [r.file_name for r in refusals] == ["a.dcm"]
    assert "Error" not in refusals[0].reason


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg", "patient00001"),
        ("patient64541/study12/view2_lateral.jpg", "patient64541"),
        ("files/p10/p10000032/s50414267/02aa804e.jpg", "p10000032"),
        ("p10/p10000032/s504120/a.jpg", "p10000032"),
        # Like them, and not theirs: nobody guesses.
        ("patient1/study1/view1.jpg", None),
        ("patient00001/view1_frontal.jpg", None),
        ("patient00001/study1/more/view1_frontal.jpg", None),
        ("xpatient00001/study1/view1.jpg", None),
        ("p11/p1000003/s50414267/a.jpg", None),
        ("p10/p11000032/s50414267/a.jpg", None),
        ("p10000032/s50414267/a.jpg", None),
        ("patient00001_a.jpg", None),
    ],
)
def test_trees_that_are_known_name_the_patient_and_say_so(tmp_path: Path, name: str, patient: str | None) -> None:
    put(tmp_path, name, png(GREY))
    entry = found("folder", tmp_path)[0][name]
    assert entry.patient == patient
    assert (entry.remark or "").startswith("its patient is the folder" if patient else "")
    assert bool(entry.remark) == bool(patient)


def test_a_tree_is_outranked_by_header_and_table(tmp_path: Path) -> None:
    put(tmp_path, "patient00001/study1/a.dcm", dicom(GREY))
    put(tmp_path, "patient00001/study1/b.png", png(GREY))
    (tmp_path / "patients.csv").write_text("file,patient_id\nb.png,T-1\n")
    entries = found("folder", tmp_path)[0].values()
    assert {(entry.patient, entry.remark) for entry in entries} == {("P-7", None), ("T-1", None)}
