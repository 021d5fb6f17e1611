"""MIMIC-CXR-JPG: labels of studies joined to their films, by tables that may be gzipped."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import InvalidInput
from tests.datasets.readers import found
from tests.datasets.said import said
from tests.datasets.sources import reasons, write

STUDY = "files/p10/p10000032/s50414267"
A, B, L, N = f"{STUDY}/aa-1.jpg", f"{STUDY}/bb-2.jpg", f"{STUDY}/cc-3.jpg", "files/p11/p11000001/s50000001/dd-4.jpg"
METADATA = """dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows
aa-1,10000032,50414267,"CHEST (PA, LAT)",PA,9
bb-2,10000032,50414267,,AP,9
cc-3,10000032,50414267,,LATERAL,9
dd-4,11000001,50000001,,AP,9
"""
CHEXPERT = """subject_id,study_id,Consolidation,No Finding,Pleural Effusion,Pneumothorax
10000032,50414267,1.0,,0.0,-1.0
"""
SPLIT = """dicom_id,study_id,subject_id,split
aa-1,50414267,10000032,train
bb-2,50414267,10000032,test
cc-3,50414267,10000032,train
dd-4,50000001,11000001,train
"""


def table(tree: Path, kind: str, text: str) -> None:
    (tree / f"mimic-cxr-2.0.0-{kind}.csv.gz").write_bytes(gzip.compress(text.encode()))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (A, B, L, N):
        write(tmp_path / name, np.full((9, 9), 90, np.uint8))
    for kind, text in (("metadata", METADATA), ("chexpert", CHEXPERT), ("split", SPLIT)):
        table(tmp_path, kind, text)
    return tmp_path


def test_each_film_of_a_study_has_the_studys_labels(tree: Path) -> None:
    entries, refusals = found("mimic", tree)
    assert {*entries} == {A, B, N}
    for name, view in ((A, "PA"), (B, "AP")):
        one = entries[name]
        assert (one.patient, one.view, one.remark) == ("p10000032", view, None)
        assert said(one) == {"consolidation": "present", "pleural_effusion": "absent", "pneumothorax": "uncertain"}
        assert one.masks(one.load()) == {}
    assert said(entries[N]) == {}
    assert entries[N].remark == "mimic-cxr-2.0.0-chexpert.csv.gz has no labels of its study"
    why = '1 films are not said to be frontal (PA, AP), and not read; {"lateral": true} reads them'
    assert reasons(refusals) == {"mimic-cxr-2.0.0-metadata.csv.gz": why}


def test_a_name_that_the_collection_does_not_have_ends_the_import(tree: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'Nodule' is said to be 'nodule', .* Lung Lesion, "):
        found("mimic", tree, names={"Nodule": "nodule"})
    table(tree, "chexpert", CHEXPERT.replace("Consolidation", "Lump"))
    assert said(found("mimic", tree, names={"Lump": "nodule"})[0][A])["nodule"] == "present"


def test_negbios_labels_are_read_where_chexperts_are_not_there_or_by_name(tree: Path) -> None:
    chexpert, negbio = (f"mimic-cxr-2.0.0-{kind}.csv.gz" for kind in ("chexpert", "negbio"))
    table(tree, "negbio", CHEXPERT.replace("1.0,,0.0", "0.0,,1.0"))
    entries, refusals = found("mimic", tree)
    assert (said(entries[A])["consolidation"], entries[A].remark) == ("present", None)
    assert reasons(refusals)[negbio] == f'it is not read, {chexpert} is; {{"labels": "{negbio}"}} reads it'
    named, refusals = found("mimic", tree, labels=negbio)
    (tree / chexpert).unlink()
    alone, _ = found("mimic", tree)
    for entries in (named, alone):
        assert (said(entries[A])["consolidation"], said(entries[A])["pleural_effusion"]) == ("absent", "present")
        assert entries[A].remark == f"its labels are those of {negbio}"
        assert entries[N].remark == f"{negbio} has no labels of its study"
    assert negbio not in reasons(refusals)
    with pytest.raises(InvalidInput, match=r"There is no table mimic-cxr-2\.0\.0-chexpert"):
        found("mimic", tree, labels=chexpert)
    (tree / negbio).unlink()
    with pytest.raises(InvalidInput, match=r"no table mimic-cxr-2.*chexpert\.csv.* or mimic-cxr-2.*negbio"):
        found("mimic", tree)


def test_lateral_films_and_tables_that_are_not_gzipped(tree: Path) -> None:
    (tree / "mimic-cxr-2.0.0-metadata.csv.gz").unlink()
    (tree / "mimic-cxr-2.1.0-metadata.csv").write_text(METADATA)
    assert {*found("mimic", tree, lateral=True)[0]} == {A, B, L, N}
    table(tree, "metadata", METADATA)
    with pytest.raises(InvalidInput, match="Keep the right one"):
        found("mimic", tree)


def test_one_split_comes_in_alone(tree: Path) -> None:
    entries, refusals = found("mimic", tree, split="test")
    assert {*entries} == {B}
    assert "2 films are not of the split test" in reasons(refusals)["mimic-cxr-2.0.0-metadata.csv.gz"]
    with pytest.raises(InvalidInput, match="split is train, validate, test"):
        found("mimic", tree, split="dev")


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("split", SPLIT + "aa-1,1,1,test\n", "rows 2 and 6 of mimic-cxr-2.0.0-split.csv.gz say different things"),
        ("split", SPLIT.replace("10000032,train", "10000032,nowhere"), "its split is 'nowhere'"),
        ("split", SPLIT.replace("aa-1", "xx-1"), "split.csv.gz does not name it"),
        ("chexpert", CHEXPERT + "10000032,50414267,0.0,,,\n", "rows 2 and 3 of mimic-cxr-2.0.0-chexpert.csv.gz say"),
        ("chexpert", CHEXPERT.replace("1.0", "7"), "its Consolidation is '7'"),
        ("metadata", METADATA + "aa-1,10000032,50414267,,AP,9\n", "rows 2 and 6 of"),
        ("metadata", METADATA.replace("aa-1,10000032", "aa-1,10000033"), "metadata.csv.gz does not name it"),
    ],
)
def test_what_tables_cannot_mean_refuses_the_film(tree: Path, kind: str, text: str, why: str) -> None:
    table(tree, kind, text)
    entries, refusals = found("mimic", tree, split="train")
    assert A not in entries
    assert why in reasons(refusals)[A]


@pytest.mark.parametrize("kind", ["metadata", "chexpert"])
def test_a_row_without_a_study_is_a_sentence(tree: Path, kind: str) -> None:
    text = {"metadata": METADATA, "chexpert": CHEXPERT}[kind]
    table(tree, kind, text.replace("50414267", "../50"))
    with pytest.raises(InvalidInput, match=f"Row 2 of mimic-cxr-2.0.0-{kind}.csv.gz names no film"):
        found("mimic", tree)
