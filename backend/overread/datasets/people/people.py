"""Whose film it is: what a DICOM's header says, or a known tree that it lies in. Of any other nobody guesses."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from overread.datasets.decoding.decode import read_tags
from overread.datasets.files.files import is_dicom, parse_age, read_bytes
from overread.domain.words import Split

TAGS = ["PatientID", "PatientSex", "PatientAge", "ViewPosition"]
# Public sets whose folders name their patients, by how the end of a file's path looks there.
TREES = {
    "CheXpert": re.compile(r"/(?P<patient>patient\d{5})/study\d+/[^/]+$"),
    "MIMIC-CXR": re.compile(r"/p(\d\d)/(?P<patient>p\1\d{6})/s\d+/[^/]+$"),
}


@dataclass(frozen=True)
class Person:
    """What is known of a film's patient, and the ``split`` that a source puts it in; ``remark`` says where the patient
    comes from if not from the file."""

    patient: str | None = None
    sex: str | None = None
    age: float | None = None
    view: str | None = None
    split: Split | None = None
    remark: str | None = None


def person_of(file: Path) -> Person:
    """By the DICOM's header, else by the tree. Raises UnreadableImage for a DICOM whose header cannot be read."""
    person = header_person(read_bytes(file)) if is_dicom(file) else Person()
    return person if person.patient else _in_tree(file, person)


def row_person(row: Person, person: Person) -> Person:
    """By a row of the patients' table; by the file where the row says nothing."""
    return Person(
        row.patient or person.patient,
        row.sex or person.sex,
        person.age if row.age is None else row.age,
        row.view or person.view,
        row.split,
        None if row.patient else person.remark,
    )


def header_person(dicom: bytes) -> Person:
    """By a DICOM's header; raises UnreadableImage."""
    patient, sex, age, view = read_tags(dicom, TAGS).values()
    return Person(patient or None, sex or None, parse_age(age), view or None)


def _in_tree(file: Path, person: Person) -> Person:
    for tree, ending in TREES.items():
        if found := ending.search(file.absolute().as_posix()):
            remark = f"its patient is the folder that it lies in, as in {tree}'s tree"
            return replace(person, patient=found["patient"], remark=remark)
    return person
