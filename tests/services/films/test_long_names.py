"""Names longer than any index holds are refused by name, and what comes with them comes in."""

import json
from pathlib import Path
from random import Random

import cv2
import numpy as np
from sqlalchemy import select

from overread.db.tables import ImportLine
from overread.services.films import projects
from overread.services.films.imports import import_source
from tests.loop import Loop

LONG = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=30_000))  # which nothing packs


def lines(loop: Loop, reader: str, films: Path) -> dict[str, tuple[str, str | None]]:
    """What became of each file."""
    with loop.database.transaction() as session:
        new = projects.NewSource("long", reader, "pool", "ours", str(films))
        source = projects.create_source(session, loop.project_id, new)
    import_source(loop.database, loop.blobs, source.id)
    with loop.database.transaction() as session:
        found = session.scalars(select(ImportLine).filter_by(source_id=source.id))
        return {line.file_name: (line.outcome, line.reason) for line in found}


def test_a_patient_of_thirty_thousand_letters_is_refused(loop: Loop, films: Path) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        cv2.imwrite(str(films / name), np.full((8, 8), number, np.uint8))
    (films / "patients.csv").write_text(f"file,patient_id\na.png,{LONG}\nb.png,Q\n")
    reason = "its patient is a text of 30,000 letters; at most 256 are kept: see that it is the patient's name"
    assert lines(loop, "folder", films) == {"a.png": ("refused", reason), "b.png": ("added", None)}


def test_a_path_of_thirty_thousand_letters_is_refused(loop: Loop, films: Path) -> None:
    cv2.imwrite(str(films / "a.png"), np.full((8, 8), 7, np.uint8))
    images = [{"id": n, "file_name": name, "width": 8, "height": 8} for n, name in enumerate(("a.png", LONG))]
    told = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "nodule"}]}
    (films / "labels.json").write_text(json.dumps(told))
    found = lines(loop, "coco", films)
    assert found.pop("a.png")[0] == "added"
    reason = "its path has 30,000 bytes; at most 2,000 are kept: give it a shorter one"
    assert found == {f"{LONG[:200]}…": ("refused", reason)}
