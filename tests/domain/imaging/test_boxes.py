"""Boxes: one a region, tight, covering the mask; by hand, by scipy, and as the browser finds them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from overread.domain.errors import InvalidMask
from overread.domain.imaging.masks import Box, Rle, boxes

GOLDEN = Path(__file__).parents[2] / "golden" / "boxes.json"
any_mask = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24), elements=st.booleans())


def drawn(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def box(x: int, y: int, width: int, height: int) -> Box:
    return Box(x=x, y=y, width=width, height=height)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("....", "...."), []),
        (("####", "####"), [box(0, 0, 4, 2)]),
        (("....", ".##.", ".##.", "...."), [box(1, 1, 2, 2)]),
        (("#...", ".#..", "..#."), [box(0, 0, 3, 3)]),  # corners touch: one region
        (("#.#", "...", "#.#"), [box(0, 0, 1, 1), box(2, 0, 1, 1), box(0, 2, 1, 1), box(2, 2, 1, 1)]),
        (("#####", "#...#", "#.#.#", "#...#", "#####"), [box(0, 0, 5, 5), box(2, 2, 1, 1)]),  # one in another's hole
        (("..#", "..#", "#.."), [box(2, 0, 1, 2), box(0, 2, 1, 1)]),
        (("#.#", "#.#", "###"), [box(0, 0, 3, 3)]),  # two arms that meet below are one region
    ],
)
def test_boxes_by_hand(rows: tuple[str, ...], expected: list[Box]) -> None:
    assert boxes(drawn(*rows)) == expected
    assert Rle.of(drawn(*rows)).boxes == tuple(expected)


@given(any_mask)
def test_boxes_are_scipys_of_the_whole_mask(mask: np.ndarray) -> None:
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    slices = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    found = [(one.y, one.x, one.y + one.height, one.x + one.width) for one in boxes(mask)]
    assert sorted(found) == sorted(slices)
    assert boxes(mask) == sorted(boxes(mask))


@given(any_mask)
def test_boxes_cover_the_mask_and_each_is_tight(mask: np.ndarray) -> None:
    covered = np.zeros_like(mask)
    for one in boxes(mask):
        covered[one.inside] = True
        part = mask[one.inside]
        assert part.shape == (one.height, one.width)  # nothing of it is outside the film
        assert part[0].any()
        assert part[-1].any()
        assert part[:, 0].any()
        assert part[:, -1].any()
    assert not (mask & ~covered).any()


def test_golden_file_shared_with_the_browser() -> None:
    cases = json.loads(GOLDEN.read_text())
    for case in cases:
        assert [[one.x, one.y, one.width, one.height] for one in boxes(drawn(*case["rows"]))] == case["boxes"]
    assert max(len(case["boxes"]) for case in cases) > 20


def test_counts_of_another_size_have_no_boxes() -> None:
    with pytest.raises(InvalidMask, match="another image"):
        _ = Rle((9, 9), Rle.of(np.ones((4, 5), bool)).counts).boxes
