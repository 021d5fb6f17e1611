"""What tools draw, as masks (height, width) of booleans: polygons and runs; and boxes, checked."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from overread.datasets.reading import Box
from overread.domain.errors import InvalidMask

Pixels = NDArray[np.bool_]
Size = tuple[int, int]  # height, width
Corners = tuple[float, float, float, float]  # left, top, right, bottom
Draw = Callable[[Size], Pixels]  # a mask of this size, or InvalidMask
MOST_OUTSIDE = 0.1  # of the film's side: a hand that slips over the edge; what lies further out is of another film


def fill(polygon: Sequence[object], size: Size) -> Pixels:
    """The inside of a polygon [x, y, x, y, …] in pixels, as pycocotools fills it: who opens the file there sees the
    same. What lies outside of the film is cut off. Raises InvalidMask for what is no polygon on this film."""
    points = finite(polygon)
    if len(points) < 6 or len(points) % 2:
        raise InvalidMask("a polygon needs three points or more, each x and y")
    height, width = size
    for ends, side in ((points[::2], width), (points[1::2], height)):
        outside = max(1.0, MOST_OUTSIDE * side)
        if min(ends) < -outside or max(ends) > side + outside:
            raise InvalidMask("a polygon lies outside of the film")
    (rle,) = coco.frPyObjects([points], height, width)
    return np.ascontiguousarray(coco.decode(rle)).view(np.bool_)


def unroll(runs: Sequence[object], size: Size) -> Pixels:
    """Runs of 0 and 1 by turns, 0 first, row by row; raises InvalidMask unless they fill exactly this size."""
    height, width = size
    lengths = [run for run in runs if isinstance(run, int) and not isinstance(run, bool) and 0 <= run <= height * width]
    if len(lengths) != len(runs) or sum(lengths) != height * width:
        raise InvalidMask(f"its runs do not add up to {width}×{height} pixels")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(height, width)


def unreadable(reason: str) -> Draw:
    """A shape that nobody can draw: it raises InvalidMask where it is of a finding that matters, and only there."""

    def draw(_size: Size) -> Pixels:
        raise InvalidMask(reason)

    return draw


def finite(values: Sequence[object]) -> list[float]:
    """The numbers in a list; raises InvalidMask for anything else, and for those that are not finite."""
    found = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(found) != len(values) or not all(abs(value) < 2**31 and math.isfinite(value) for value in found):
        raise InvalidMask("a place in it is no number, or none that a film has")
    return [float(value) for value in found]


def box_on(finding: str, corners: Corners, size: Size, reader: str = "") -> Box:
    """A box in pixels; raises InvalidMask for one that has no inside, or does not lie on the film."""
    left, top, right, bottom = corners
    height, width = size
    if not (-1 <= left < right <= width + 1 and -1 <= top < bottom <= height + 1):
        raise InvalidMask(f"its {finding} box has no inside, or lies outside of the film")
    return Box(finding, max(left, 0), max(top, 0), min(right, width), min(bottom, height), reader)
