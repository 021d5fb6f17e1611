"""Whose films a folder's are: by its table of patients, by a pattern of the user's, by headers and known trees."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from overread.datasets.decoding.decode import find_patients
from overread.datasets.people.patients_table import read_people
from overread.datasets.people.people import Person, person_of, row_person
from overread.datasets.reading import Refusal
from overread.domain.errors import InvalidInput, UnreadableImage

PATIENTS = "patients.csv"
BY_PATTERN = "its patient is what patient_pattern finds in its path"
NO_PATTERN = "patient_pattern finds no patient in its path"


@dataclass(frozen=True)
class Owners:
    """The table's rows by film; what the pattern finds, "" where nothing, and None of all films where there is none;
    and the films that the table may mean but does not surely, with their refusals."""

    rows: Mapping[str, Person]
    patterned: Mapping[str, str] | None
    refusals: list[Refusal]

    @property
    def refused(self) -> set[str]:
        """Files that are refused already."""
        return {refusal.file_name for refusal in self.refusals}

    def person(self, name: str, film: Path) -> Person:
        """Whose film it is: by the table, then by the pattern, then by its header or tree; nobody is guessed. Raises
        UnreadableImage for a DICOM whose header cannot be read."""
        person = person_of(film)
        if self.patterned is not None:
            found = self.patterned[name]
            person = (
                replace(person, patient=found, remark=BY_PATTERN)
                if found
                else replace(person, remark="; ".join(filter(None, [person.remark, NO_PATTERN])))
            )
        return row_person(self.rows.get(name, Person()), person)


def read_owners(folder: Path, films: Mapping[str, Path], patients: str, patient_pattern: str) -> Owners:
    """``films`` by their paths below the folder. ``patients``: a table in it, as ``patients_table`` reads it.
    ``patient_pattern``: a regular expression with one group named patient, sought in each of these paths. Raises
    InvalidInput for a table that is missing or leaves open whose films they are, and for a pattern that is none."""
    if patients != PATIENTS and not (folder / patients).is_file():
        raise InvalidInput(f"There is no table {patients} in {folder}.")
    rows, refusals = read_people(folder / patients, list(films))
    return Owners(rows, _patterned(patient_pattern, list(films)) if patient_pattern else None, refusals)


def check_pattern(pattern: str) -> None:
    """Raise InvalidInput unless it is a regular expression with one group, named patient."""
    if pattern:
        _patterned(pattern, [])


def _patterned(pattern: str, films: list[str]) -> dict[str, str]:
    names = json.dumps([Path(film).as_posix() for film in films])
    try:
        return dict(zip(films, find_patients(pattern, names.encode()), strict=True))
    except UnreadableImage as error:
        raise InvalidInput(f"patient_pattern {pattern!r} cannot be used: {error.detail}.") from None
