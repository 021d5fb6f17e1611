"""How far the borders of two masks are apart: the normalised surface distance (definitions: section 1).

A border pixel is one of the mask with a 4-neighbour outside it; beyond the film's edge is outside. The measure is the
share of both borders that lies within a tolerance of the other one (Nikolov et al. 2018, https://arxiv.org/abs/1809.04430).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Pixels = NDArray[np.bool_]
TOLERANCE_MM = 2.0
# Where no spacing is known: of the longer side, which is 2 mm on a detector of 40 cm.
TOLERANCE_SHARE = 0.005


@dataclass(frozen=True)
class Scale:
    """What a pixel measures: ``spacing`` from row to row and from column to column (mm, or 1 px) and the tolerance of
    borders in the same unit."""

    spacing: tuple[float, float]
    tolerance: float
    unit: str  # mm or px


def scale_of(height: int, width: int, spacing_mm: tuple[float, float] | None) -> Scale:
    """2 mm where the spacing is known; else 0.5 % of the longer side in whole pixels, at least one."""
    if spacing_mm is not None and min(spacing_mm) > 0:
        return Scale(spacing_mm, TOLERANCE_MM, "mm")
    return Scale((1.0, 1.0), float(max(1, round(TOLERANCE_SHARE * max(height, width)))), "px")


def surface_dice(a: Pixels, b: Pixels, scale: Scale) -> float | None:
    """NSD of two masks (height, width) in [0, 1]; None when both are empty, 0 when one is, as Dice would have it."""
    if not a.any() or not b.any():
        return 0.0 if a.any() or b.any() else None
    rows, columns = (np.flatnonzero((a | b).any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # nothing lies outside it: large films stay cheap
    borders = [_border(mask[box]) for mask in (a, b)]
    near = [_distance_to(border, scale.spacing) <= scale.tolerance for border in borders]
    within = np.count_nonzero(borders[0] & near[1]) + np.count_nonzero(borders[1] & near[0])
    return within / (np.count_nonzero(borders[0]) + np.count_nonzero(borders[1]))


def _border(mask: Pixels) -> Pixels:
    return np.asarray(mask & ~ndimage.binary_erosion(mask), dtype=bool)


def _distance_to(border: Pixels, spacing: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(ndimage.distance_transform_edt(~border, sampling=spacing))
