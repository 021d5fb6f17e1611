"""A path that is the mask: filled by the even-odd rule, counted edge by edge."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from overread.domain.imaging.contours import svg_path
from tests.contours import fill


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.booleans()))
def test_filled_it_is_the_mask(mask: np.ndarray) -> None:
    assert np.array_equal(fill(svg_path(mask), *mask.shape), mask)


def test_corners_alone_are_named_as_in_the_browser() -> None:
    assert svg_path(np.zeros((2, 2), bool)) == ""
    assert svg_path(np.ones((2, 2), bool)) == "M0 0H2V2H0Z"
    assert svg_path(np.eye(2, dtype=bool)) == "M0 0H1V1H0ZM1 1H2V2H1Z"
