"""Masks in and out of their rows: COCO counts, zlib'd, immutable."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, PseudoLabel, Read
from overread.domain.errors import InvalidMask
from overread.domain.imaging import masks
from overread.domain.imaging.masks import Rle
from overread.domain.words import Origin

Pixels = NDArray[np.bool_]


@dataclass(frozen=True)
class MaskRow:
    """A mask before it is stored: its columns, by their names. ``counts`` are zlib'd COCO counts."""

    image_id: int
    image_sha256: str
    finding: str
    origin: Origin
    labelling_id: int | None
    height: int
    width: int
    counts: bytes
    area: int
    sha256: str
    planted: bool = False


def mask_row(
    image: Image, finding: str, mask: Pixels, origin: Origin, labelling_id: int | None = None, planted: bool = False
) -> MaskRow:
    """A mask that can be stored. Raises InvalidMask when it does not have its image's size."""
    if mask.shape != (image.height, image.width):
        raise InvalidMask(
            f"{image.file_name}: the {finding} mask is {mask.shape[1]}×{mask.shape[0]} px, "
            f"the image {image.width}×{image.height}. Export the mask at the image's size."
        )
    counts = masks.encode(mask)
    return MaskRow(
        image_id=image.id,
        image_sha256=image.sha256,
        finding=finding,
        origin=origin,
        labelling_id=labelling_id,
        height=image.height,
        width=image.width,
        counts=zlib.compress(counts),
        area=int(np.count_nonzero(mask)),
        sha256=masks.content_hash(counts, image.height, image.width),
        planted=planted,
    )


def store_masks(session: Session, rows: Iterable[MaskRow]) -> list[int]:
    """Insert masks in one statement, in order; returns their ids."""
    values = [vars(row) for row in rows]
    if not values:
        return []
    return list(session.scalars(insert(Mask).returning(Mask.id, sort_by_parameter_order=True), values))


def mask_pixels(mask: Mask) -> Pixels:
    """The mask as booleans (height, width)."""
    return masks.decode(mask_counts(mask), mask.height, mask.width)


def mask_counts(mask: Mask) -> bytes:
    """The mask as COCO counts."""
    return zlib.decompress(mask.counts)


def mask_rle(mask: Mask) -> Rle:
    """The mask as it is sent."""
    return Rle((mask.height, mask.width), mask_counts(mask).decode("ascii"))


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


def empty_rle(image: Image) -> Rle:
    """The empty mask of an image as it is sent: "no lesion"."""
    return Rle((image.height, image.width), masks.empty(image.height, image.width).decode("ascii"))


def shown_sha256(image: Image, mask: Mask | None) -> str:
    """The hash of a mask that somebody is shown; None is the empty mask."""
    if mask is not None:
        return mask.sha256
    return masks.content_hash(masks.empty(image.height, image.width), image.height, image.width)


def parse_rle(rle: Rle, image: Image) -> Pixels:
    """The mask that was sent (height, width), for exactly this image's size; raises InvalidMask."""
    if rle.size != (image.height, image.width) or not rle.counts.isascii():
        raise InvalidMask(f"A mask of {image.file_name} needs size [{image.height}, {image.width}] and ascii counts.")
    return masks.decode(rle.counts.encode("ascii"), image.height, image.width)
