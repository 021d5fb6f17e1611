"""Whose film it is, by a pattern that the user gives: never guessed, always said, and never for ever."""

import json
from pathlib import Path

import numpy as np
import pytest

from overread.datasets import check_options
from overread.datasets.decoding.decode import Decoder
from overread.datasets.people.owners import BY_PATTERN, NO_PATTERN
from overread.domain.errors import InvalidInput, UnreadableImage
from tests.datasets.films import dicom
from tests.datasets.sources import read, write

PATTERN = r"(?P<patient>p\d+)_"
FOREVER = r"(?P<patient>(?:a+)+)b"


def test_the_pattern_names_patients_and_each_line_says_so(tmp_path: Path) -> None:
    for number, name in enumerate(("p1_a.png", "p1_b.png", "ward/p2_a.png", "other.png")):
        write(tmp_path / name, np.full((8, 8), number, np.uint8))
    entries, _ = read("folder", tmp_path, patient_pattern=PATTERN)
    assert {name: (entry.patient, entry.remark) for name, entry in entries.items()} == {
        "other.png": (None, NO_PATTERN),
        "p1_a.png": ("p1", BY_PATTERN),
        "p1_b.png": ("p1", BY_PATTERN),
        "ward/p2_a.png": ("p2", BY_PATTERN),
    }


def test_the_table_outranks_the_pattern_and_the_pattern_a_header(tmp_path: Path) -> None:
    for name in ("p1_a.dcm", "p2_a.dcm", "other.dcm"):
        (tmp_path / name).write_bytes(dicom(np.full((8, 8), len(name), np.uint8)))
    (tmp_path / "patients.csv").write_text("file,patient_id\np1_a.dcm,Q\np2_a.dcm,\nother.dcm,\n")
    entries, _ = read("folder", tmp_path, patient_pattern=PATTERN)
    assert [(one.patient, one.remark) for one in entries.values()] == [
        ("P-7", NO_PATTERN), ("Q", None), ("p2", BY_PATTERN),
    ]  # fmt: skip


def test_films_that_the_table_leaves_open_stay_refused(tmp_path: Path) -> None:
    write(tmp_path / "p1_a.png", np.zeros((8, 8), np.uint8))
    (tmp_path / "patients.csv").write_text("file,patient_id\ngone.png,Q\n")
    entries, refusals = read("folder", tmp_path, patient_pattern=PATTERN)
    assert not entries
    assert {refusal.file_name for refusal in refusals} == {"patients.csv", "p1_a.png"}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("p(", "no regular expression"),
        (r"p\d+", "needs one group"),
        (r"(?P<person>p\d+)", "needs one group"),
        (r"(?P<patient>p\d+)(_)", "needs one group"),
        ("(?P<patient>" + "a" * 200 + ")", "longer than 200"),
        ("(?P<patient>a{99999999999})", "no regular expression"),
    ],
)
def test_what_is_no_pattern_is_refused_before_a_source_is_made(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        check_options("folder", {"patient_pattern": pattern})


@pytest.mark.parametrize("pattern", ["", r"^/?ward/(?P<patient>[^/]+)/", r"/(?P<patient>..)/"])
def test_a_pattern_is_no_path(pattern: str) -> None:
    check_options("folder", {"patient_pattern": pattern})


def test_a_pattern_that_would_never_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, names = Decoder(), json.dumps(["p7_x.png", "a" * 60]).encode()
    try:
        assert decoder.find_patients(PATTERN, names) == ["p7", ""]
        with monkeypatch.context() as impatient:
            impatient.setattr(decoder, "_wall_seconds", 1.0)
            with pytest.raises(UnreadableImage, match="hung"):
                decoder.find_patients(FOREVER, names)
        assert decoder.find_patients(PATTERN, names) == ["p7", ""]
    finally:
        decoder.close()
