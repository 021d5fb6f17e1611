"""Masks in and out of their rows, which never change. No row is the empty mask: ``rle_of`` makes both one value."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, PseudoLabel, Read
from overread.domain.errors import InvalidMask
from overread.domain.imaging.masks import Rle
from overread.domain.words import Origin

Pixels = NDArray[np.bool_]


@dataclass(frozen=True)
class MaskRow:
    """A mask before it is stored: its columns, by their names."""

    image_id: int
    image_sha256: str
    finding: str
    origin: Origin
    labelling_id: int | None
    height: int
    width: int
    counts: str
    area: int
    sha256: str
    planted: bool = False

    @property
    def rle(self) -> Rle:
        return Rle((self.height, self.width), self.counts)


def mask_row(
    image: Image, finding: str, mask: Rle, origin: Origin, labelling_id: int | None = None, planted: bool = False
) -> MaskRow:
    """A mask that can be stored. Raises InvalidMask when it does not have its image's size."""
    height, width = mask.size
    if mask.size != (image.height, image.width):
        raise InvalidMask(
            f"{image.file_name}: the {finding} mask is {width}×{height} px, "
            f"the image {image.width}×{image.height}. Export the mask at the image's size."
        )
    return MaskRow(
        image_id=image.id,
        image_sha256=image.sha256,
        finding=finding,
        origin=origin,
        labelling_id=labelling_id,
        height=height,
        width=width,
        counts=mask.counts,
        area=mask.area,
        sha256=mask.sha256,
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
    return mask_rle(mask).pixels


def mask_rle(mask: Mask) -> Rle:
    """The mask as a value."""
    return Rle((mask.height, mask.width), mask.counts)


def rle_of(mask: Mask | None, image: Image) -> Rle:
    """The mask on this film as a value; None is the empty one."""
    return Rle.stored((image.height, image.width), mask.counts if mask is not None else None)


def mask_of(session: Session, row: PseudoLabel | Read | None) -> Mask | None:
    """The mask of a pseudo label or of a read; None is the empty mask, or no row at all."""
    return session.get(Mask, row.mask_id) if row is not None and row.mask_id is not None else None


def parse_rle(rle: Rle, image: Image) -> Pixels:
    """The mask that was sent (height, width), for exactly this image's size; raises InvalidMask."""
    if rle.size != (image.height, image.width) or not rle.counts.isascii():
        raise InvalidMask(f"A mask of {image.file_name} needs size [{image.height}, {image.width}] and ascii counts.")
    return rle.pixels
