"""A pool of one film whose public label is mended, and iterations that label it."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, Labelling
from overread.domain.imaging.masks import Rle
from overread.services.audit.draw import open_audit
from overread.services.labelling.recording import LabelledImage, Proposal, record_labels
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import film, folder_source

Drawn = NDArray[np.bool_]
FILM = (24, 20)


def square(rows: int, columns: int) -> Drawn:
    """A lesion of so many pixels; those of two sizes overlap as far as they can."""
    drawn = np.zeros(FILM, bool)
    drawn[3 : 3 + rows, 4 : 4 + columns] = True
    return drawn


NOTHING = square(0, 0)
FIRST, SECOND = square(6, 6), square(4, 4)


def come(loop: Loop, films: Path, label: Drawn) -> dict[str, int]:
    """The pool's film, with this public label of a nodule."""
    if not (films / "a.png").exists():
        film(films / "a.png", 1)
    cv2.imwrite(str(films / "a__nodule.png"), label.astype(np.uint8) * 255)
    return folder_source(loop, films, "shared", "pool")


def label_film(loop: Loop, drawn: Drawn) -> Iteration:
    """One more iteration, whose networks draw this nodule on that film, and label no other one."""
    iteration = loop.launch(override="to compare with")
    loop.run_job("train", iteration.id)
    with loop.database.transaction() as session:
        store_label(loop, session, iteration, drawn)
    for kind in ("label", "evaluate"):
        loop.run_job(kind, iteration.id)
    with loop.database.transaction() as session:
        labelling = session.scalars(select(Labelling.id).where(Labelling.iteration_id == iteration.id)).one()
        open_audit(session, session.get_one(Iteration, iteration.id), labelling, nonce=1)
    loop.run_job("audit", iteration.id)
    with loop.database.transaction() as session:
        return session.get_one(Iteration, iteration.id)


def store_label(loop: Loop, session: Session, iteration: Iteration, drawn: Drawn) -> None:
    """What a worker stores of the film: this nodule, and nothing else."""
    labelling = session.scalars(select(Labelling).where(Labelling.iteration_id == iteration.id)).one()
    image = session.scalars(select(Image).where(Image.file_name == "a.png")).one()
    proposals = []
    for finding in FINDINGS:
        mask = drawn if finding == "nodule" else NOTHING
        decision = "positive" if mask.any() else "negative"
        proposals.append(Proposal(finding, decision, 0.9, 0.8, 0.01, 0.3, 0.8, None, Rle.of(mask)))
    maps = np.zeros((len(FINDINGS), 32, 32), np.uint8)
    record_labels(session, loop.blobs, labelling.id, [LabelledImage(image.id, maps, {}, proposals)])
