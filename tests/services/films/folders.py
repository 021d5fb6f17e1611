"""Folders of films, and their import."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sqlalchemy import select

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
