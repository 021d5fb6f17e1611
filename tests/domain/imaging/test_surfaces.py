"""The normalised surface distance on borders that can be counted by hand, and beside a search of all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from overread.domain.imaging.surfaces import Scale, scale_of, surface_dice

PX = Scale((1.0, 1.0), 1.0, "px")


def square(top: int, left: int, size: int = 10, side: int = 40) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[top : top + size, left : left + size] = True
    return mask


def test_a_shift_within_the_tolerance_costs_nothing_and_beyond_it_all_that_moved() -> None:
    assert surface_dice(square(5, 5), square(5, 6), PX) == 1
    # Three to the right: the two sides (10 px each) are lost; of the top and bottom rows all but those 2 px beyond the
    # other's end lie on it or 1 px away.
    apart = surface_dice(square(5, 5), square(5, 8), PX)
    assert apart == pytest.approx(by_search(square(5, 5), square(5, 8), PX))
    assert 0 < apart < 1  # type: ignore[operator]
    assert surface_dice(square(5, 5), square(25, 25), PX) == 0


def test_millimetres_follow_the_spacing() -> None:
    a, b = square(5, 5), square(5, 8)
    assert surface_dice(a, b, scale_of(40, 40, (0.5, 0.5))) == 1  # 1.5 mm apart, 2 mm are let through
    assert surface_dice(a, b, scale_of(40, 40, (1.0, 1.0))) < 1  # type: ignore[operator]  # 3 mm apart


def test_rows_and_columns_have_a_spacing_each() -> None:
    aside, below = square(5, 8), square(8, 5)
    scale = scale_of(40, 40, (1.0, 0.5))  # three columns are 1.5 mm, three rows 3 mm
    assert surface_dice(square(5, 5), aside, scale) == 1
    assert surface_dice(square(5, 5), below, scale) < 1  # type: ignore[operator]


def test_empty_masks() -> None:
    nothing = np.zeros((40, 40), bool)
    assert surface_dice(nothing, nothing, PX) is None
    assert surface_dice(nothing, square(5, 5), PX) == surface_dice(square(5, 5), nothing, PX) == 0


def test_the_tolerance_is_stated() -> None:
    assert scale_of(1024, 800, (0.2, 0.1)) == Scale((0.2, 0.1), 2.0, "mm")
    assert scale_of(1024, 800, None) == Scale((1.0, 1.0), 5.0, "px")
    assert scale_of(32, 32, None) == scale_of(32, 32, (0.0, 0.0)) == PX


def by_search(a: np.ndarray, b: np.ndarray, scale: Scale) -> float:
    """Every border pixel against every other one."""
    borders = []
    for mask in (a, b):
        out = np.pad(mask, 1)
        inside = out[:-2, 1:-1] & out[2:, 1:-1] & out[1:-1, :-2] & out[1:-1, 2:]
        borders.append(np.argwhere(mask & ~inside) * scale.spacing)
    apart = np.linalg.norm(borders[0][:, None] - borders[1][None], axis=-1)
    near = (apart.min(axis=1) <= scale.tolerance).sum() + (apart.min(axis=0) <= scale.tolerance).sum()
    return float(near / sum(len(border) for border in borders))


masks = arrays(bool, (9, 11)).filter(lambda mask: bool(mask.any()))


@given(masks, masks, st.sampled_from([PX, Scale((0.7, 1.3), 2.0, "mm"), Scale((1.0, 1.0), 3.0, "px")]))
def test_it_is_what_a_search_of_all_pairs_finds(a: np.ndarray, b: np.ndarray, scale: Scale) -> None:
    found = surface_dice(a, b, scale)
    assert found == pytest.approx(by_search(a, b, scale))
    assert found == surface_dice(b, a, scale)
    assert surface_dice(a, a, scale) == 1
