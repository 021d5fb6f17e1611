"""Polygons as masks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from overread.domain.errors import InvalidMask

MOST_POINTS = 100_000  # the time to fill it grows with them


def fill(polygon: Any, frame: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The inside of a polygon given in a frame (height, width), as a mask of this shape (height, width). Raises
    InvalidMask for what is none."""
    try:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
    except (ValueError, TypeError, OverflowError):
        raise InvalidMask("a polygon is not a list of [x, y] points") from None
    if len(points) > MOST_POINTS:
        raise InvalidMask(f"a polygon has more than {MOST_POINTS:,} points")
    if len(points) < 3 or not np.isfinite(points).all() or np.abs(points).max() > 16 * max(frame):
        raise InvalidMask("a polygon needs three points or more inside the film")
    height, width = shape
    scaled = np.rint(points * (width / frame[1], height / frame[0])).astype(int)
    # Pillow, not OpenCV: OpenCV's fill spills over slanted edges, so that every mask would exceed its polygon.
    canvas = Image.new("1", (width, height))
    ImageDraw.Draw(canvas).polygon([(x, y) for x, y in scaled.tolist()], fill=1)
    return np.array(canvas, dtype=bool)
