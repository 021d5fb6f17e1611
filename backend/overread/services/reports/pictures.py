"""Pictures for a report: films with the teachers' outline and the reader's, as PNG inside the page."""

import base64
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, PseudoLabel, Read
from overread.domain.imaging.films import unpack_film
from overread.services.audit.reads import read_mask
from overread.services.films.masks import mask_of, mask_pixels
from overread.services.heads import counted
from overread.storage import BlobStore

SIZE = 192
SHOWN = 4
TEACHER, READER = (0, 159, 230), (233, 180, 86)  # BGR, as OpenCV counts: orange and blue


@dataclass(frozen=True)
class Picture:
    """A film and what was said of one finding on it."""

    png: str
    file_name: str
    finding: str
    decision: str
    verdict: str
    dice: float | None


def typical_and_worst(session: Session, blobs: BlobStore, audit: Audit | None) -> dict[str, list[Picture]]:
    """Of the MEASURE reads with a lesion on either side, those in the middle by Dice and those least alike."""
    if audit is None:
        return {}
    query = (
        select(Read, PseudoLabel, Image)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        .join(Image, Image.id == Read.image_id)
        .where(AuditCase.audit_id == audit.id, AuditItem.stream == "MEASURE", counted(), Read.dice.is_not(None))
        .order_by(Read.dice, Read.id)
    )
    rows = session.execute(query).all()
    start = max(0, (len(rows) - SHOWN) // 2)
    chosen = {"worst": rows[:SHOWN], "typical": rows[start : start + SHOWN]}
    return {
        word: [_picture(session, blobs, read, label, image) for read, label, image in some]
        for word, some in chosen.items()
    }


def _picture(session: Session, blobs: BlobStore, read: Read, label: PseudoLabel, image: Image) -> Picture:
    drawn = [(mask_of(session, label), TEACHER), (read_mask(session, read), READER)]
    masks = [(mask_pixels(mask), color) for mask, color in drawn if mask is not None]
    png = _draw(unpack_film(blobs.get(image.sha256)), masks)
    return Picture(png, image.file_name, read.finding, label.decision, read.verdict, read.dice)


def _draw(film: NDArray[np.integer[Any]], masks: list[tuple[NDArray[np.bool_], tuple[int, int, int]]]) -> str:
    """A data URL of the film, its longer side SIZE px, with outlines."""
    scale = SIZE / max(film.shape)
    height, width = (max(1, round(side * scale)) for side in film.shape)
    small = cv2.resize(np.asarray(film, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (1, 99))
    grey = np.clip((small - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)
    sheet = np.repeat(grey[..., None], 3, axis=2)
    for mask, color in masks:
        fitted = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        outlines, _ = cv2.findContours(fitted, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(sheet, outlines, -1, color, 1)
    _, png = cv2.imencode(".png", sheet)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
