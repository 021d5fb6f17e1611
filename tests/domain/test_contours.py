"""A path that is the mask: filled by the even-odd rule, counted edge by edge."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from overread.domain.imaging.contours import svg_path


def fill(path: str, height: int, width: int) -> np.ndarray:
    """A pixel is inside where an odd number of vertical edges lies to its left."""
    inside = np.zeros((height, width), bool)
    for polygon in path.split("Z")[:-1]:
        corners = [(0, 0)]
        for letter, first, second in re.findall(r"([MHV])(\d+)(?: (\d+))?", polygon):
            x, y = corners[-1]
            corners.append({"M": (int(first), int(second or 0)), "H": (int(first), y), "V": (x, int(first))}[letter])
        ring = corners[1:]
        for (x, y), (to_x, to_y) in zip(ring, [*ring[1:], ring[0]], strict=True):
            assert x == to_x or y == to_y
            if x == to_x:
                inside[min(y, to_y) : max(y, to_y), x:] ^= True
    return inside


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.booleans()))
def test_filled_it_is_the_mask(mask: np.ndarray) -> None:
    assert np.array_equal(fill(svg_path(mask), *mask.shape), mask)


def test_corners_alone_are_named_as_in_the_browser() -> None:
    assert svg_path(np.zeros((2, 2), bool)) == ""
    assert svg_path(np.ones((2, 2), bool)) == "M0 0H2V2H0Z"
    assert svg_path(np.eye(2, dtype=bool)) == "M0 0H1V1H0ZM1 1H2V2H1Z"
