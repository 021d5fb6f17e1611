"""Boxes: one a region, tight, covering the mask; by hand, by scipy, and as the browser finds them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from overread.domain.errors import InvalidMask
from overread.domain.imaging.masks import Box, Region, Rle

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
    assert Rle.of(drawn(*rows)).boxes == tuple(expected)


@given(any_mask)
def test_boxes_are_scipys_of_the_whole_mask(mask: np.ndarray) -> None:
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    slices = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    found = [(one.y, one.x, one.y + one.height, one.x + one.width) for one in Rle.of(mask).boxes]
    assert sorted(found) == sorted(slices)
    assert list(Rle.of(mask).boxes) == sorted(Rle.of(mask).boxes)


@settings(max_examples=500)
@given(any_mask, st.integers(1, 3))
def test_regions_are_scipys_of_the_whole_mask_in_the_same_order(mask: np.ndarray, times: int) -> None:
    mask = mask.repeat(times, axis=0)
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    expected = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        own = box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        expected.append(Region(own, int((labels == number).sum()), Rle.of(labels == number)))
    assert Rle.of(mask).regions == sorted(expected, key=lambda region: region.box)


def test_a_run_from_one_columns_foot_to_the_nexts_head_joins_no_regions() -> None:
    """It is one run of the mask; of a region that has both it is one again."""
    apart = drawn(".#", "..", "..", "#.")
    around = drawn("####", "#..#", "#..#", "##.#")
    for mask in (apart, around):
        regions = Rle.of(mask).regions
        assert np.array_equal(np.sum([one.mask.pixels for one in regions], axis=0), mask)
        assert len(regions) == ndimage.label(mask, structure=np.ones((3, 3)))[1]


def test_specks_of_a_whole_film_are_found_one_by_one() -> None:
    specks = np.zeros((300, 300), bool)
    specks[::2, ::3] = True
    regions = Rle.of(specks).regions
    assert len(regions) == 150 * 100
    assert {one.area for one in regions} == {1}


@given(any_mask)
def test_boxes_cover_the_mask_and_each_is_tight(mask: np.ndarray) -> None:
    covered = np.zeros_like(mask)
    for one in Rle.of(mask).boxes:
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
        assert [[one.x, one.y, one.width, one.height] for one in Rle.of(drawn(*case["rows"])).boxes] == case["boxes"]
    assert max(len(case["boxes"]) for case in cases) > 20


def test_counts_of_another_size_have_no_boxes() -> None:
    with pytest.raises(InvalidMask, match="another image"):
        _ = Rle((9, 9), Rle.of(np.ones((4, 5), bool)).counts).boxes
