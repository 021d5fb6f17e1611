"""Folders of several kinds, and what there is of an installation."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import func, select

from overread.db.session import Database
from overread.db.tables import Table
from tests.services.films.folders import exported_again, film, of_patients, shown


def with_masks(folder: Path) -> None:
    """Masks of two findings, several films a patient, films of nobody, a broken file, a mask of another size."""
    for number in range(6):
        film(folder / f"{number}.png", number)
    for name, side in {"0__nodule": (24, 20), "1__fibrosis": (24, 20), "2__nodule": (9, 9)}.items():
        mask = np.zeros(side, np.uint8)
        mask[2:5, 2:5] = 255
        cv2.imwrite(str(folder / f"{name}.png"), mask)
    (folder / "broken.png").write_bytes(b"")
    (folder / "note.doc").write_bytes(b"no film")
    rows = {f"{number}.png": f"p{number // 2}" for number in range(4)}
    of_patients(folder, rows | {"4.png": "", "5.png": "", "broken.png": "b"})


def with_the_same_again(folder: Path) -> None:
    """The same pixels in two files and of two patients, and a near twin."""
    shown(folder / "a.png", 0)
    exported_again(folder / "b.jpg", folder / "a.png")
    shown(folder / "c.png", 1)
    for copy in ("c again.png", "of another.png"):
        (folder / copy).write_bytes((folder / "c.png").read_bytes())
    of_patients(folder, {"a.png": "A", "b.jpg": "B", "c.png": "C", "c again.png": "C", "of another.png": "D"})


def of_one_patient(folder: Path) -> None:
    """One patient, so that a split stays empty."""
    for number in range(3):
        film(folder / f"{number}.png", number)
    of_patients(folder, {f"{number}.png": "one" for number in range(3)})


def of_nothing(folder: Path) -> None:
    """Nothing but a refusal."""
    (folder / "broken.png").write_bytes(b"")


def chestxdet(folder: Path) -> None:
    """Three films of ChestX-Det: one with a mass and an effusion, one with an effusion, one with nothing."""
    (folder / "images").mkdir()
    square = [[0, 0], [0, 512], [512, 512], [512, 0]]
    records = []
    for number, syms in enumerate((["Mass", "Effusion", "Mass"], ["Effusion"], [])):
        cv2.imwrite(str(folder / "images" / f"{number}_0.png"), np.full((8, 8), number, np.uint8))
        records.append({"file_name": f"{number}_0.png", "syms": syms, "polygons": [square] * len(syms)})
    (folder / "annotations.json").write_text(json.dumps(records))


KINDS: list[Callable[[Path], None]] = [with_masks, with_the_same_again, of_one_patient, of_nothing]


def all_that_is(database: Database, data: Path) -> tuple[dict[str, int], set[str]]:
    """How many rows each table has, and the files of an installation."""
    with database.transaction() as session:
        rows = {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Table.metadata.tables.items()
        }
    return rows, {str(path) for path in data.rglob("*") if path.is_file()}
