"""Mask in is mask out, of each kind of runs that tools write; hostile ones are refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from pycocotools import mask as pycoco

from overread.datasets.tools import coco
from overread.datasets.tools.brush import unpack
from overread.datasets.tools.cvat import SHAPES
from overread.datasets.tools.shapes import fill, unroll
from overread.domain.errors import InvalidMask
from tests.datasets.masks_told import MASKS, Pixels, brush_rle, coco_counts, cvat_rle


@given(MASKS)
def test_cocos_counted_runs(mask: Pixels) -> None:
    assert (coco.draw({"size": list(mask.shape), "counts": coco_counts(mask)}, mask.shape) == mask).all()


@given(MASKS)
def test_cocos_compressed_runs(mask: Pixels) -> None:
    counts = pycoco.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()
    assert (coco.draw({"size": list(mask.shape), "counts": counts}, mask.shape) == mask).all()


@given(MASKS)
def test_cvats_runs_lie_in_their_rectangle(mask: Pixels) -> None:
    height, width = mask.shape
    told = {"rle": cvat_rle(mask), "left": "2", "top": "1", "width": str(width), "height": str(height)}
    whole = SHAPES["mask"](told)((height + 3, width + 4))
    assert (whole[1 : height + 1, 2 : width + 2] == mask).all()
    assert whole.sum() == mask.sum()


@given(MASKS)
def test_label_studios_brush(mask: Pixels) -> None:
    assert (unpack(brush_rle(mask), mask.shape) == mask).all()
    assert (unpack(brush_rle(mask, alpha=100, literal=True), mask.shape) == mask).all()


def test_a_long_run_of_the_brush() -> None:
    mask = np.zeros((300, 400), bool)
    mask[100:200] = True
    assert (unpack(brush_rle(mask), (300, 400)) == mask).all()


def test_the_brushs_soft_edge_is_cut_at_half() -> None:
    packed = brush_rle(np.ones((1, 1), bool), literal=True)
    both = np.array([[0, 0, 0, 255], [0, 0, 0, 127], [0, 0, 0, 128], [0, 0, 0, 0]])
    bits = f"{16:032b}{7:05b}" + "0010001101111111" + "".join(f"100000{value:08b}" for value in both.ravel())
    bits += "0" * (-len(bits) % 8)
    soft = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    assert unpack(packed, (1, 1)).tolist() == [[True]]
    assert unpack(soft, (1, 4)).tolist() == [[True, False, True, False]]


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        ([], "ends in the middle"),
        (brush_rle(np.ones((3, 3), bool)), "another size"),
        (brush_rle(np.ones((4, 4), bool))[:-1], "ends in the middle"),
        (brush_rle(np.ones((4, 4), bool), literal=True)[:40], "ends in the middle"),
        ([0, 0, 0, 64, 0xFF, 0xFF, 0xFF, 0xFF], "eight bits"),
        ([0, 0, 0, 64, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "runs past"),
        ([256], "no list of bytes"),
        ([-1], "no list of bytes"),
        ([2**63], "no list of bytes"),
        ([0.5], "no list of bytes"),
        (["a"], "no list of bytes"),
    ],
)
def test_a_brush_that_does_not_fill_its_film_is_refused(packed: list[Any], reason: str) -> None:
    with pytest.raises(InvalidMask, match=reason):
        unpack(packed, (4, 4))


@pytest.mark.parametrize("runs", [[], [15], [17], [2**63], [-1, 17], [1.5, 14.5], [True, 15], ["16"], [None], [[16]]])
def test_runs_that_do_not_fill_their_size_are_refused(runs: list[Any]) -> None:
    with pytest.raises(InvalidMask, match="do not add up"):
        unroll(runs, (4, 4))


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [4, 4], "counts": "é"},
        {"size": [4, 4], "counts": "0"},
        {"size": [4, 5], "counts": [20]},
        {"size": [4, 4], "counts": 16},
        {"size": [4, 4]},
        [[0, 0, 1, 1]],
        [[0, 0, 1, 1, 2]],
        [0, 0, 1, 1, 2, 2],
        [[0, 0, float("nan"), 1, 2, 2]],
        [[0, 0, float("inf"), 1, 2, 2]],
        [[0, 0, 2**63, 1, 2, 2]],
        [[0, 0, 10**400, 1, 2, 2]],
        [[0, 0, 40, 1, 2, 2]],
        [[0, 0, "1", 1, 2, 2]],
        [[]],
        "text",
    ],
)
def test_a_segmentation_that_is_none_is_refused(segmentation: Any) -> None:
    with pytest.raises(InvalidMask):
        coco.draw(segmentation, (4, 4))


def test_a_polygon_is_what_pycocotools_makes_of_it() -> None:
    polygon = [1.2, 1.7, 10.6, 2.1, 9.9, 8.8, 2.5, 7.3]
    (rle,) = pycoco.frPyObjects([polygon], 12, 10)
    assert (fill([polygon], (12, 10)) == pycoco.decode(rle)).all()
    assert fill([polygon], (12, 10)).any()


def test_several_polygons_of_a_segmentation_add_up() -> None:
    both = fill([[0, 0, 3, 0, 3, 3, 0, 3], [5, 5, 9, 5, 9, 9, 5, 9]], (12, 10))
    assert both.sum() == 9 + 16


def test_an_outline_that_would_take_all_memory_is_refused() -> None:
    zigzag = [value for place in range(2000) for value in (place % 2 * 4000, 4000 - place % 2 * 4000)]
    with pytest.raises(InvalidMask, match="too long"):
        fill([zigzag], (4000, 4000))
