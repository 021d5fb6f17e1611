"""Folders of films, and their import."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sqlalchemy import select

from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.db.tables import ImportLine, Source
from overread.services.films import imports, projects
from tests.loop import Loop


def folder_source(loop: Loop, folder: Path, name: str, role: str = "labelled", **changes: Any) -> dict[str, int]:
    with loop.database.transaction() as session:
        new = projects.NewSource(name, "folder", role, "ours", str(folder), "shared", changes)
        source = projects.create_source(session, loop.project_id, new)
    return dict(imports.import_source(loop.database, loop.blobs, source.id))


def film(path: Path, seed: int) -> None:
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (24, 20)).astype(np.uint8))


def lines(loop: Loop, name: str) -> dict[str, tuple[str, str | None]]:
    with loop.database.transaction() as session:
        rows = session.scalars(
            select(ImportLine).join(Source, Source.id == ImportLine.source_id).where(Source.name == name)
        )
        return {row.file_name: (row.outcome, row.reason) for row in rows}


def source_id(loop: Loop, name: str) -> int:
    with loop.database.transaction() as session:
        return session.scalars(select(Source.id).where(Source.name == name)).one()


def shown(path: Path, number: int) -> None:
    """A film that shows something, another one by each number."""
    light, _ = make_film(Phantom(size=128), number)
    cv2.imwrite(str(path), np.rint(light * 255).astype(np.uint8))


def exported_again(path: Path, film: Path) -> None:
    """The film as another archive would have it: smaller, darker, and lossy."""
    pixels = np.asarray(cv2.imread(str(film), cv2.IMREAD_GRAYSCALE), np.uint8)
    small = cv2.resize(pixels, (100, 100), interpolation=cv2.INTER_AREA)
    darker = np.rint(255 * (small / 255) ** 1.3).astype(np.uint8)
    cv2.imwrite(str(path), darker, [cv2.IMWRITE_JPEG_QUALITY, 90])


def of_patients(folder: Path, patients: dict[str, str]) -> None:
    """Say whose films these are."""
    rows = "".join(f"{name},{patient}\n" for name, patient in patients.items())
    (folder / "patients.csv").write_text(f"file,patient_id\n{rows}")
