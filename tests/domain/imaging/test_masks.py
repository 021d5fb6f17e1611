"""Masks: bit-exact round trips, pycocotools' own bytes, and every hostile encoding refused."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from overread.domain.errors import InvalidMask
from overread.domain.imaging import masks
from overread.domain.imaging.masks import Rle

GOLDEN = Path(__file__).parents[2] / "golden" / "rle.json"
any_mask = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(any_mask)
def test_what_goes_in_comes_out(mask: np.ndarray) -> None:
    assert np.array_equal(masks.decode(masks.encode(mask), *mask.shape), mask)


@given(any_mask)
def test_runs_are_columns_background_first(mask: np.ndarray) -> None:
    runs = masks.run_lengths(masks.encode(mask))
    flat = np.repeat([i % 2 == 1 for i in range(len(runs))], runs)
    assert np.array_equal(flat.reshape(mask.shape, order="F"), mask)


@given(any_mask, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_a_part_of_a_mask_is_the_mask_with_nothing_around_it(
    part: np.ndarray, above: int, left: int, below: int, right: int
) -> None:
    whole = np.pad(part, ((above, below), (left, right)))
    assert Rle.within(part, above, left, whole.shape) == Rle.of(whole)


@given(any_mask, st.integers(1, 4), st.integers(1, 4))
def test_a_magnified_mask_is_that_of_its_magnified_pixels(mask: np.ndarray, down: int, across: int) -> None:
    blocks = mask.repeat(down, axis=0).repeat(across, axis=1)
    assert Rle.of(mask).magnified(down, across) == masks.run_lengths(masks.encode(blocks))


def test_views_and_strides_do_not_matter() -> None:
    mask = np.random.default_rng(0).random((30, 20)) < 0.4
    assert masks.encode(mask.T[::2]) == masks.encode(mask.T[::2].copy())


@settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(1, 50), st.integers(1, 50))
def test_any_bytes_decode_or_are_refused(counts: bytes, height: int, width: int) -> None:
    with suppress(InvalidMask):
        assert masks.decode(counts, height, width).shape == (height, width)


def test_a_mask_for_another_size_is_refused_before_it_is_allocated() -> None:
    with pytest.raises(InvalidMask, match="another image"):
        masks.decode(masks.encode(np.ones((4, 5), bool)), 60_000, 60_000)


def test_golden_file_shared_with_the_browser() -> None:
    for case in json.loads(GOLDEN.read_text()):
        mask = np.array([[pixel == "#" for pixel in row] for row in case["rows"]])
        assert masks.encode(mask).decode() == case["counts"]
        assert np.array_equal(masks.decode(case["counts"].encode(), *mask.shape), mask)


def test_dice_by_hand() -> None:
    a, b = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    a[0, :3], b[0, 1:] = True, True
    assert masks.dice(a, b) == pytest.approx(2 * 2 / 6)
    assert masks.dice(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) is None


def test_small_components_go_and_diagonals_connect() -> None:
    mask = np.zeros((6, 6), bool)
    mask[0, 0] = mask[1, 1] = mask[2, 2] = True
    mask[5, 5] = True
    kept = masks.drop_small(mask, 2)
    assert kept.sum() == 3
    assert not kept[5, 5]


@given(any_mask)
def test_a_value_says_what_its_pixels_say(mask: np.ndarray) -> None:
    rle = Rle.of(mask)
    assert np.array_equal(rle.pixels, mask)
    assert (rle.area, rle.is_empty) == (mask.sum(), not mask.any())
    assert rle.sha256 == masks.content_hash(masks.encode(mask), *mask.shape)
    assert Rle.stored(rle.size, rle.counts) == rle
    assert Rle.stored(rle.size, None) == Rle.empty(rle.size) == Rle.of(np.zeros_like(mask))


@given(any_mask, st.integers(0, 10_000))
def test_dice_run_by_run_is_dice_pixel_by_pixel(mask: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for other in (rng.random(mask.shape) < 0.5, mask, ~mask, np.zeros_like(mask)):
        found = Rle.of(mask).dice(Rle.of(other))
        assert found == pytest.approx(masks.dice(mask, other))
    wider = Rle.of(mask[:, :1].repeat(mask.shape[1] + 1, 1))
    for other in (wider, Rle(Rle.of(mask).size, wider.counts), Rle(Rle.of(mask).size, "é")):  # type: ignore[assignment]
        with pytest.raises(InvalidMask):
            Rle.of(~mask | True).dice(other)  # type: ignore[arg-type]


@pytest.mark.parametrize("counts", ["000P?", "Q2000S<", "P?0"])
def test_an_empty_run_is_refused_since_a_mask_would_differ_from_itself(counts: str) -> None:
    with pytest.raises(InvalidMask, match="empty run"):
        Rle((20, 24), counts).dice(Rle((20, 24), counts))


def test_change_is_one_less_dice_and_two_empty_masks_have_not_changed() -> None:
    one, other = np.zeros((4, 6), bool), np.zeros((4, 6), bool)
    one[:2, :3] = other[:2, 1:4] = True
    a, b, nothing = Rle.of(one), Rle.of(other), Rle.empty((4, 6))
    pairs = ((a, b), (a, nothing), (nothing, b), (nothing, nothing), (a, a))
    changes = [now.change(before) for now, before in pairs]
    assert changes == pytest.approx([1 / 3, 1, 1, 0, 0])
