"""Whose films they are, as tables write it: every spelling of one person is one, and nobody is guessed."""

from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import InvalidInput
from tests.datasets.sources import read, reasons, write

FILMS = ("v0_a.png", "v1_a.png", "sub/v3_a.png")


def patients(folder: Path, table: str | bytes, *films: str) -> tuple[dict[str, str | None], dict[str, str]]:
    for number, name in enumerate(films or FILMS):
        write(folder / name, np.full((4, 4), number, np.uint8))
    (folder / "patients.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    entries, refusals = read("folder", folder)
    return {name: entry.patient for name, entry in entries.items()}, reasons(refusals)


TABLES = {
    "spaces": "file,patient_id\nv0_a.png,P1\nv1_a.png, P1\nsub/v3_a.png,P1 \n",
    "spaces in the header": " file , patient_id \nv0_a.png,P1\n v1_a.png,P1\nsub/v3_a.png,P1\n",
    "another case": "File,Patient_ID\nV0_A.PNG,P1\nv1_A.png,P1\nSUB/v3_a.png,P1\n",
    "no ending": "file,patient_id\nv0_a,P1\nv1_a,P1\nsub/v3_a,P1\n",
    "another ending": "file,patient_id\nv0_a.jpg,P1\nv1_a.dcm,P1\nv3_a.PNG,P1\n",
    "backslashes": "file,patient_id\n.\\v0_a.png,P1\nD:\\films\\v1_a.png,P1\nsub\\v3_a.png,P1\n",
    "./": "file,patient_id\n./v0_a.png,P1\n./v1_a.png,P1\n./sub/v3_a.png,P1\n",
    "semicolons": "file;patient_id\nv0_a.png;P1\nv1_a.png;P1\nv3_a.png;P1\n",
    "tabs": "file\tpatient_id\nv0_a.png\tP1\nv1_a.png\tP1\nv3_a.png\tP1\n",
    "a mark before and CRLF": "\ufefffile,patient_id\r\nv0_a.png,P1\r\nv1_a.png,P1\r\nv3_a.png,P1\r\n\r\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_however_a_table_writes_it_one_patient_is_one(tmp_path: Path, name: str) -> None:
    assert patients(tmp_path, TABLES[name]) == (dict.fromkeys(sorted(FILMS), "P1"), {})


def test_what_means_nothing_is_no_patient(tmp_path: Path) -> None:
    table = "file,patient_id,sex,view\nv0_a.png,,nan,NA\nv1_a.png,NaN,,\nv3_a.png, None ,,\n"
    assert patients(tmp_path, table) == (dict.fromkeys(sorted(FILMS)), {})
    entry = read("folder", tmp_path)[0]["v0_a.png"]
    assert (entry.sex, entry.view) == (None, None)


def test_whole_numbers_are_whole(tmp_path: Path) -> None:
    told, _ = patients(tmp_path, "file,patient_id\nv0_a.png,7.0\nv1_a.png,7\nv3_a.png,8.5\n")
    assert told == {"sub/v3_a.png": "8.5", "v0_a.png": "7", "v1_a.png": "7"}


@pytest.mark.parametrize(("one", "other"), [("0000007", "7"), ("0000007", "7.0"), ("p1", "P1")])
def test_a_patient_written_in_two_ways_is_refused(tmp_path: Path, one: str, other: str) -> None:
    with pytest.raises(InvalidInput, match="Write each in one way"):
        patients(tmp_path, f"file,patient_id\nv0_a.png,{one}\nv1_a.png,{other}\n")


@pytest.mark.parametrize(
    "table",
    [
        "file,patient_id\nv0_a.png,P,F\n",
        "file,patient_id\n,P\n",
        "patient_id,file\nP\n",
        "file,patient_id,patient_id\nv0_a.png,P,Q\n",
        "file,patient_id\nv0_a.png,P\n./v0_a.png,Q\n",
        "file,patient_id\n".encode("utf-16"),
    ],
)
def test_a_table_that_is_not_what_it_seems_is_refused(tmp_path: Path, table: str | bytes) -> None:
    with pytest.raises(InvalidInput, match=r"patients\.csv"):
        patients(tmp_path, table)


def test_no_patient_is_guessed_where_a_row_may_be_the_films(tmp_path: Path) -> None:
    told, refused = patients(tmp_path, "file,patient_id\nv0_a.png,P\nv1-a.png,Q\nsub/v3_a.png,\n")
    assert told == {"sub/v3_a.png": None, "v0_a.png": "P"}
    assert refused["patients.csv"] == "1 of its rows name films that are missing, such as v1-a.png"
    assert refused["v1_a.png"].endswith("give it a row, if need be with an empty patient_id")


@pytest.mark.parametrize(
    ("films", "row"),
    [
        (("a/x.png", "b/x.png"), "x.png"),
        (("X.png", "x.PNG"), "x.png"),
        (("x.png", "x.jpg"), "x"),
        (("\u00e9.png", "e\u0301.png"), "\u00e9.png"),
    ],
    ids=["folders", "case", "endings", "accents"],
)
def test_a_row_that_may_mean_two_films_gives_neither_its_patient(
    tmp_path: Path, films: tuple[str, str], row: str
) -> None:
    told, refused = patients(tmp_path, f"file,patient_id\n{row},P\n", *films)
    assert told == {}
    assert all("may name this film or another one" in refused[film] for film in films)


def test_namesakes_in_other_folders_stay_their_own(tmp_path: Path) -> None:
    rows = ["file,patient_id", *(f"patient{n}/study1/view1.png,{n}" for n in range(1, 5)), "old/v.png,9", "v.png,8"]
    told, refused = patients(
        tmp_path, "\n".join(rows), "patient2/study1/view1.png", "v.png", "patient7/study1/view1.png"
    )
    assert told == {"patient2/study1/view1.png": "2", "v.png": "8"}
    assert sorted(refused) == ["patient7/study1/view1.png", "patients.csv"]


def test_a_table_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    write(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(InvalidInput, match=r"There is no table people\.csv"):
        read("folder", tmp_path, patients="people.csv")
