"""Masks in and out of their rows: COCO counts, zlib'd, immutable."""

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, PseudoLabel, Read
from overread.domain.errors import InvalidMask
from overread.domain.imaging import masks

Pixels = NDArray[np.bool_]


def mask_row(image: Image, finding: str, mask: Pixels, origin: str, labelling_id: int | None = None) -> dict[str, Any]:
    """The column values of a mask row. Raises InvalidMask when it does not have its image's size."""
    if mask.shape != (image.height, image.width):
        raise InvalidMask(
            f"{image.file_name}: the {finding} mask is {mask.shape[1]}×{mask.shape[0]} px, "
            f"the image {image.width}×{image.height}. Export the mask at the image's size."
        )
    counts = masks.encode(mask)
    return {
        "image_id": image.id,
        "image_sha256": image.sha256,
        "finding": finding,
        "origin": origin,
        "labelling_id": labelling_id,
        "height": image.height,
        "width": image.width,
        "counts": zlib.compress(counts),
        "area": int(np.count_nonzero(mask)),
        "sha256": masks.content_hash(counts, image.height, image.width),
    }


def store_masks(session: Session, rows: Iterable[dict[str, Any]]) -> list[int]:
    """Insert mask rows in one statement, in order; returns their ids."""
    values = list(rows)
    if not values:
        return []
    return list(session.scalars(insert(Mask).returning(Mask.id, sort_by_parameter_order=True), values))


def mask_pixels(mask: Mask) -> Pixels:
    """The mask as booleans (height, width)."""
    return masks.decode(mask_counts(mask), mask.height, mask.width)


def mask_counts(mask: Mask) -> bytes:
    """The mask as COCO counts."""
    return zlib.decompress(mask.counts)


def mask_rle(mask: Mask) -> dict[str, Any]:
    """The mask on the wire: ``{"size": [height, width], "counts": ascii}``."""
    return {"size": [mask.height, mask.width], "counts": mask_counts(mask).decode("ascii")}


def mask_of(session: Session, row: PseudoLabel | Read | None) -> Mask | None:
    """The mask of a pseudo label or of a read; None is the empty mask, or no row at all."""
    return session.get(Mask, row.mask_id) if row is not None and row.mask_id is not None else None


def mask_dice(one: Mask | None, other: Mask | None) -> float | None:
    """Dice of two masks of one film, None being the empty one; None where both are empty."""
    drawn = [mask for mask in (one, other) if mask is not None and mask.area]
    if len(drawn) < 2:
        return 0.0 if drawn else None
    value = masks.dice_of_counts(mask_counts(drawn[0]), mask_counts(drawn[1]), drawn[0].height, drawn[0].width)
    return None if value is None or np.isnan(value) else float(value)


def empty_rle(image: Image) -> dict[str, Any]:
    """The empty mask of an image on the wire: "no lesion"."""
    return {
        "size": [image.height, image.width],
        "counts": masks.empty(image.height, image.width).decode("ascii"),
    }


def shown_sha256(image: Image, mask: Mask | None) -> str:
    """The hash of a mask that somebody is shown; None is the empty mask."""
    if mask is not None:
        return mask.sha256
    return masks.content_hash(masks.empty(image.height, image.width), image.height, image.width)


def parse_rle(rle: dict[str, Any], image: Image) -> Pixels:
    """Booleans from the wire, for exactly this image's size; raises InvalidMask."""
    size, counts = rle.get("size"), rle.get("counts")
    if size != [image.height, image.width] or not isinstance(counts, str) or not counts.isascii():
        raise InvalidMask(f"A mask of {image.file_name} needs size [{image.height}, {image.width}] and ascii counts.")
    return masks.decode(counts.encode("ascii"), image.height, image.width)
