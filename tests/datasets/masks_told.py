"""Masks as tools write them, by their own descriptions and none of our code."""

from itertools import groupby

import numpy as np
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

Pixels = NDArray[np.bool_]


def _border(shape: tuple[int, int]) -> Pixels:
    mask = np.zeros(shape, bool)
    mask[[0, -1]] = mask[:, [0, -1]] = True
    return mask


def _cases() -> list[Pixels]:
    shapes = [(1, 1), (1, 7), (5, 1), (7, 9), (8, 5)]
    return [
        mask
        for shape in shapes
        for mask in (
            np.zeros(shape, bool),
            np.ones(shape, bool),
            np.indices(shape).sum(axis=0) % 2 == 0,
            _border(shape),
        )
    ]


# Empty, full, checkerboard and border, of one pixel up to odd shapes; and any other.
MASKS = some.one_of(some.sampled_from(_cases()), arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20)))


def runs(flat: Pixels) -> list[int]:
    """Lengths of runs of 0 and 1 by turns, 0 first."""
    told = [(bool(value), len(list(group))) for value, group in groupby(flat.tolist())]
    return ([0] if told and told[0][0] else []) + [length for _, length in told]


def coco_counts(mask: Pixels) -> list[int]:
    """Column by column."""
    return runs(mask.T.ravel())


def cvat_rle(mask: Pixels) -> str:
    """Row by row, inside of its rectangle."""
    return ", ".join(map(str, runs(mask.ravel())))


def brush_rle(mask: Pixels, alpha: int = 255, literal: bool = False) -> list[int]:
    """Red, green, blue and alpha of each pixel in blocks of equal values, or all of them one by one."""
    values = np.repeat(mask.ravel() * np.uint8(alpha), 4).tolist()
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    blocks = [[value] for value in values] if literal else [list(group) for _, group in groupby(values)]
    pieces = [block[place : place + (1 << 16)] for block in blocks for place in range(0, len(block), 1 << 16)]
    for piece in pieces:
        kind = next(place for place, size in enumerate((3, 4, 8, 16)) if len(piece) <= 1 << size)
        length = f"{len(piece) - 1:0{(3, 4, 8, 16)[kind]}b}"
        bits += f"{0 if literal else 1}{kind:02b}{length}{piece[0]:08b}"
    bits += "0" * (-len(bits) % 8)
    return [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
