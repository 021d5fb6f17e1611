"""What tools draw, as masks (height, width) of booleans: polygons and runs."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from overread.domain.errors import InvalidMask

Pixels = NDArray[np.bool_]
Size = tuple[int, int]  # height, width
Corners = tuple[float, float, float, float]  # left, top, right, bottom
Draw = Callable[[Size], Pixels]  # a mask of this size, or InvalidMask
MOST_OUTSIDE = 0.1  # of the film's side: a hand that slips over the edge; what lies further out is of another film

LONGEST = 4_000_000  # pixels


def fill(polygons: Sequence[Sequence[object]], size: Size) -> Pixels:
    """The inside of polygons, each [x, y, x, y, …] in pixels, as pycocotools fills them: who opens the file there sees
    the same. What lies outside of the film is cut off. Raises InvalidMask for what is no polygon on this film."""
    height, width = size
    outlines = [outline(polygon, size) for polygon in polygons]
    # It takes memory by the length of what it draws, and does not ask whether there is any.
    steps = (np.abs(np.diff(points, axis=0, append=points[:1])).max(axis=1).sum() for points in outlines)
    if sum(steps) > LONGEST:
        raise InvalidMask("the outline of a polygon is too long to be a lesion's")
    drawn = coco.frPyObjects([points.ravel().tolist() for points in outlines], height, width)
    return np.ascontiguousarray(coco.decode(coco.merge(drawn))).view(np.bool_)


def outline(polygon: Sequence[object], size: Size) -> NDArray[np.float64]:
    """The points (n, 2) of a polygon, x and y. Raises InvalidMask for what is no polygon on a film of this size."""
    values = finite(polygon)
    if len(values) < 6 or len(values) % 2:
        raise InvalidMask("a polygon needs three points or more, each x and y")
    points, sides = np.reshape(values, (-1, 2)), np.array(size[::-1])
    outside = np.maximum(1.0, MOST_OUTSIDE * sides)
    if (points < -outside).any() or (points > sides + outside).any():
        raise InvalidMask("a polygon lies outside of the film")
    return points


def around(centre: tuple[float, float], radii: tuple[float, float], degrees: float) -> list[float]:
    """The outline of an ellipse as a polygon [x, y, x, y, …] of 360 points, a thousandth of its radius from it at most.
    ``centre`` and ``radii`` across and down in pixels; turned by ``degrees`` clockwise. Raises InvalidMask for one
    without an inside."""
    if min(radii) <= 0:
        raise InvalidMask("an ellipse needs two radii above 0")
    turns, turned = np.linspace(0, 2 * np.pi, 360, endpoint=False), np.deg2rad(degrees)
    across, down = radii[0] * np.cos(turns), radii[1] * np.sin(turns)
    x = centre[0] + across * np.cos(turned) - down * np.sin(turned)
    y = centre[1] + across * np.sin(turned) + down * np.cos(turned)
    points: list[float] = np.column_stack([x, y]).ravel().tolist()
    return points


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
