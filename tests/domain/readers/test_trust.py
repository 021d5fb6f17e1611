"""Planted masks are clearly wrong; corrected errors cover the truth."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import dice
from overread.domain.readers.plants import WRONG_DICE, follow, plant
from overread.domain.readers.trust import (
    ENOUGH,
    anchoring,
    beats_chance,
    corrected_error,
    median_interval,
    shrunk_miss_rate,
    trust_light,
)
from overread.domain.sampling.shares import share
from overread.domain.words import PlantKind


def lesion(seed: int, size: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:size, :size]
    y, x, r = rng.uniform(15, 50), rng.uniform(8, 22), rng.uniform(3, 7)
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 <= r**2)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.sampled_from(get_args(PlantKind)))
def test_a_planted_mask_is_clearly_wrong_and_can_be_made_again(seed: int, kind: PlantKind) -> None:
    right = lesion(seed)
    wrong = plant(right, kind, np.random.default_rng(seed))
    assert dice(wrong, right) <= WRONG_DICE  # type: ignore[operator]
    assert np.array_equal(wrong, plant(right, kind, np.random.default_rng(seed)))
    area = wrong.sum() / right.sum()
    assert {"dilated": area >= 4, "eroded": area <= 0.25, "false": area >= 4, "removed": area == 0}.get(kind, area == 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.sampled_from(get_args(PlantKind)), st.integers(1, 2))
def test_a_member_stands_to_the_planted_mask_as_it_stood_to_the_right_one(
    seed: int, kind: PlantKind, apart: int
) -> None:
    right = lesion(seed)
    member = np.roll(right, apart, axis=1)
    wrong = plant(right, kind, np.random.default_rng(seed))
    shown = follow(member, kind, right, wrong)
    if kind == "removed":
        assert not shown.any()
    else:
        assert dice(shown, wrong) >= dice(member, right) - 0.05  # type: ignore[operator]
    assert not np.array_equal(shown, member)


def test_a_member_follows_what_was_removed_and_marks_its_share_of_what_is_false() -> None:
    right = np.zeros((40, 40), bool)
    right[2:12, 2:12] = right[25:30, 25:30] = True
    wrong = right.copy()
    wrong[2:12, 2:12] = False
    member = np.zeros_like(right)
    member[4:14, 2:12] = member[24:30, 25:30] = True
    shown = follow(member, "removed", right, wrong)
    assert np.array_equal(shown[20:], member[20:])
    assert not shown[:20].any()
    nothing = np.zeros((200, 200), bool)
    false = plant(nothing, "false", np.random.default_rng(0))
    assert not follow(nothing, "false", nothing, false, share=0.0).any()
    own = np.eye(200, dtype=bool)
    assert np.array_equal(follow(own, "false", nothing, false), own | false)
    half = follow(nothing, "false", nothing, false, share=0.5)
    assert 0.2 * false.sum() < half.sum() <= 0.5 * false.sum()
    assert not (half & ~false).any()


def test_what_cannot_be_planted_says_so() -> None:
    empty, full, rng = np.zeros((32, 32), bool), np.ones((32, 32), bool), np.random.default_rng(0)
    assert plant(empty, "false", rng).any()
    with pytest.raises(InvalidInput, match="plant a false lesion"):
        plant(empty, "shifted", rng)
    for kind in ("dilated", "mirrored", "shifted", "false"):
        with pytest.raises(InvalidInput, match="take another"):
            plant(full, kind, rng)


def test_exact_intervals_by_the_textbook() -> None:
    ten = share(0, 10)
    assert (ten.low, round(ten.high, 4)) == (0.0, 0.3085)
    assert round(share(10, 10).low, 4) == 0.6915
    assert (round(share(5, 10).low, 4), round(share(5, 10).high, 4)) == (0.1871, 0.8129)
    assert share(0, 0).value is None


def test_anchoring_counts_only_reads_that_differed() -> None:
    found = anchoring(np.array([True, True, True, False]), np.array([True, False, False, True]))
    assert (found.hits, found.n) == (1, 3)


def test_rogan_and_gladen_by_hand() -> None:
    found = corrected_error(0.3, 100, share(80, 100), share(10, 100))
    assert found is not None
    assert found[0] == pytest.approx((0.3 + 0.9 - 1) / (0.8 + 0.9 - 1))
    assert corrected_error(0.3, 100, share(0, 0), share(10, 100)) is None
    assert corrected_error(0.3, 0, share(80, 100), share(10, 100)) is None
    assert corrected_error(0.3, 100, share(2, 10), share(9, 10)) is None


def test_the_delta_method_by_hand() -> None:
    """e = 60/200, ŝ = 38/40, ŵ = 54/60, each drawn towards ½: e' = 61.9207/203.8415, ŝ' = 39/42, ŵ' = 55/62;
    centre .1909/.8157 = .2340, its variance .001038 + .2340²·.06633/42 + .7660²·.10016/62 over .8157²."""
    found = corrected_error(0.3, 200, share(38, 40), share(6, 60))
    assert found == pytest.approx((0.2 / 0.85, 0.1246, 0.3434), abs=1e-4)
    sure = corrected_error(0.3, 1e9, share(10**9, 10**9), share(0, 10**9))
    assert sure == pytest.approx((0.3, 0.3, 0.3), abs=1e-3)  # readers who never slip correct nothing


def test_chance_is_judged_as_counted_and_as_drawn_in() -> None:
    assert beats_chance(share(4, 5), share(1, 5))
    assert not beats_chance(share(1, 5), share(1, 5))
    assert not beats_chance(share(3, 5), share(29, 50))  # .6 > .58, but 4/7 < 30/52
    assert not beats_chance(share(0, 0), share(0, 5))


@pytest.mark.parametrize(("plants", "right"), [(40, 60), (ENOUGH, ENOUGH), (10, 30)])
@pytest.mark.parametrize(("truth", "found"), [(0.05, 0.8), (0.2, 0.8), (0.2, 0.95)])
def test_the_corrected_interval_covers(truth: float, found: float, plants: int, right: int) -> None:
    rng, covered, told = np.random.default_rng(1), 0, 0
    seen = truth * found + (1 - truth) * 0.05
    for _ in range(600):
        counts = rng.binomial(200, seen), rng.binomial(plants, found), rng.binomial(right, 0.05)
        one = corrected_error(counts[0] / 200, 200, share(int(counts[1]), plants), share(int(counts[2]), right))
        told += one is not None
        covered += one is not None and one[1] <= truth <= one[2]
    assert told >= 580
    assert covered / told >= 0.93


def test_the_median_has_its_exact_interval() -> None:
    assert median_interval([]) == (None, None, None)
    assert median_interval([3.0, 1.0, 2.0]) == (2.0, None, None)
    # n = 10: ranks 2 and 9 (Conover, table A3): P(Bin(10, ½) ≤ 1) = .0107, one rank further .0547.
    assert median_interval(list(range(1, 11))) == (5.5, 2, 9)
    rng = np.random.default_rng(0)
    covered = sum(
        low is not None and high is not None and low <= 0 <= high
        for _, low, high in (median_interval(rng.normal(size=25).tolist()) for _ in range(400))
    )
    assert covered / 400 >= 0.93


def test_the_light_and_the_miss_rate() -> None:
    none, all_missed, all_found = share(0, 0), share(0, 6), share(12, 12)
    assert shrunk_miss_rate(none) == pytest.approx(0.33)
    assert shrunk_miss_rate(all_missed) > 0.75
    assert shrunk_miss_rate(all_found) < 0.1
    assert trust_light(none, none) == "grey"
    assert trust_light(all_missed, none) == "red"
    assert trust_light(all_found, none) == "green"
    assert trust_light(all_found, share(20, 20)) == "red"
    assert trust_light(share(7, 12), none) == "amber"
    assert trust_light(share(3, 3), none) == "grey"
