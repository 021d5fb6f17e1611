"""A table of patients that comes after the films: nobody lies on two sides of a split by it."""

from pathlib import Path

import pytest
from sqlalchemy import select

from overread.db.tables import Image, Patient
from overread.domain.errors import InvalidInput
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, lines, of_patients, source_id

NAMES = [f"x{number}.png" for number in range(6)]


HALVES = {"train": 0.5, "development": 0.5}


@pytest.fixture
def here(loop: Loop, tmp_path: Path) -> Path:
    """A folder whose films came without patients, and lie on both sides."""
    folder = tmp_path / "films"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        film(folder / name, number)
    assert again(loop, folder) == {"added": 6}
    assert set(splits(loop).values()) == {"train", "development"}
    return folder


def splits(loop: Loop) -> dict[str, str]:
    number = source_id(loop, "ours")
    with loop.database.transaction() as session:
        rows = session.execute(select(Image.file_name, Image.split).where(Image.source_id == number))
        return {row.file_name: row.split for row in rows}


def again(loop: Loop, folder: Path) -> dict[str, int]:
    return folder_source(loop, folder, "ours", shares=HALVES)


def test_new_films_of_a_patient_go_where_the_old_ones_are(loop: Loop, here: Path) -> None:
    for number, name in enumerate(NAMES):
        film(here / name.replace("x", "y"), 10 + number)
    of_patients(here, {name.replace("x", side): f"P{name[1]}" for name in NAMES for side in "xy"})
    assert again(loop, here) == {"unchanged": 6, "added": 6}
    lies = splits(loop)
    assert [lies[name.replace("x", "y")] for name in NAMES] == [lies[name] for name in NAMES]


def test_films_that_lie_on_two_sides_are_nobodys(loop: Loop, here: Path) -> None:
    of_patients(here, dict.fromkeys(NAMES, "P"))
    with pytest.raises(InvalidInput, match="came without a patient and lie in"):
        again(loop, here)
    with loop.database.transaction() as session:
        assert session.scalars(select(Patient).where(Patient.key == "P")).one_or_none() is None


def test_a_patient_who_lies_elsewhere_gets_no_film_of_this_side(loop: Loop, here: Path) -> None:
    side = splits(loop)["x0.png"]
    other = {"train": "development", "development": "train"}[side]
    with loop.database.transaction() as session:
        patient = session.scalars(select(Patient).where(Patient.key == "x0.png")).one()
        session.add(Patient(project_id=patient.project_id, namespace=patient.namespace, key="P", split=other))
    of_patients(here, {"x0.png": "P"} | dict.fromkeys(NAMES[1:], ""))
    assert again(loop, here) == {"refused": 1, "unchanged": 5}
    assert "lies elsewhere" in str(lines(loop, "ours")["x0.png"][1])
