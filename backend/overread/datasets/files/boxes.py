"""Boxes as tables and tools write them: from numbers of a frame to pixels of a film."""

import math

from overread.datasets.reading import Box, Film
from overread.domain.errors import InvalidMask

SPILL = 1.0  # pixels by which a box may leave its film, as rounding does


def sides_of(left: str, top: str, right: str, bottom: str) -> tuple[float, float, float, float] | None:
    """Four numbers of a table, None unless each is one, and finite."""
    try:
        found = float(left), float(top), float(right), float(bottom)
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None


def placed(box: Box, frame: tuple[float, float], film: Film, spill: float = 0.0) -> Box:
    """A box of a frame (height, width) in pixels of the film. What lies outside by up to ``spill`` is cut off; raises
    InvalidMask for what lies further outside, or has no inside."""
    height, width = frame
    left, top = max(box.left, 0.0), max(box.top, 0.0)
    right, bottom = min(box.right, width), min(box.bottom, height)
    outside = max(left - box.left, top - box.top, box.right - right, box.bottom - bottom)
    if outside > spill or not (left < right and top < bottom):
        told = ", ".join(f"{side:g}" for side in (box.left, box.top, box.right, box.bottom))
        raise InvalidMask(f"a {box.finding} box ({told}) does not lie on its {width:g}×{height:g} pixels")
    down, across = film.pixels.shape[0] / height, film.pixels.shape[1] / width
    return Box(box.finding, left * across, top * down, right * across, bottom * down, box.reader)
