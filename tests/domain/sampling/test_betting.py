"""Bounds that survive looking after every read, against simulation, brute force and a public implementation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overread.domain.sampling import betting
from overread.domain.sampling.betting import EDGES, ConfidenceSequence, JointSequence, hedged_interval


def shuffled_reads(
    rng: np.random.Generator, pools: list[NDArray[np.float64]], reads: list[int]
) -> list[tuple[int, float]]:
    """Reads without replacement of each stratum, interleaved at random."""
    items = [(h, float(x)) for h, pool in enumerate(pools) for x in rng.permutation(pool)[: reads[h]]]
    return [items[i] for i in rng.permutation(len(items))]


def broken_by_peeking(audits: int, strata: int) -> tuple[float, float]:
    """Shares of audits in which some look, after each read from the tenth on, missed the pool's error: ours, Wald's."""
    rng, ours, wald = np.random.default_rng(3), 0, 0
    sizes = [400 // strata] * strata
    pools = [(np.arange(size) < size * rate).astype(float) for size, rate in zip(sizes, (0.1, 0.3), strict=False)]
    truth = float(np.concatenate(pools).mean())
    for _ in range(audits):
        sequence, losses, out, wald_out = ConfidenceSequence(np.array(sizes)), [], False, False
        for stratum, loss in shuffled_reads(rng, pools, [60 // strata] * strata):
            low, high = sequence.add(stratum, loss)
            losses.append(loss)
            out |= not low <= truth <= high
            if len(losses) >= 10:
                half = 1.96 * math.sqrt(np.var(losses, ddof=1) / len(losses))
                wald_out |= abs(np.mean(losses) - truth) > half  # type: ignore[assignment]
        ours, wald = ours + out, wald + wald_out
    return ours / audits, wald / audits


def test_many_strata_are_bound_tighter_by_common_stakes_and_peeking_breaks_them_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng, missed, widths = np.random.default_rng(5), 0, []
    sizes = np.full(40, 100)
    for audit in range(25):
        pools = [(rng.random(100) < rate).astype(float) for rate in rng.gamma(1, 0.08, 40).clip(0, 0.9)]
        truth = float(np.concatenate(pools).mean())
        items = shuffled_reads(rng, pools, [5] * 40)
        sequence, out = ConfidenceSequence(sizes, planned=np.full(40, 5)), False
        for stratum, loss in items:
            low, high = sequence.add(stratum, loss)
            out |= not low <= truth <= high
        missed += out
        if audit < 3:
            with monkeypatch.context() as patch:
                patch.setattr(betting, "FEW", 99)  # stakes of its own for each stratum
                own = ConfidenceSequence(sizes)
                ends = [own.add(stratum, loss) for stratum, loss in items]
            widths.append((high - low) / (ends[-1][1] - ends[-1][0]))
    assert missed <= 1
    assert max(widths) < 0.9


@pytest.mark.parametrize("strata", [1, 2])
def test_peeking_after_every_read_breaks_the_bound_rarely_and_wald_often(strata: int) -> None:
    ours, wald = broken_by_peeking(400 if strata == 1 else 60, strata)
    assert ours <= 0.05
    assert wald > 0.2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=12), min_size=1, max_size=4), st.integers(0, 99))
def test_never_wider_and_exact_once_all_are_read(pools: list[list[float]], seed: int) -> None:
    arrays = [np.array(pool) for pool in pools]
    sizes = np.array([len(pool) for pool in pools])
    sequence, before = ConfidenceSequence(sizes), (0.0, 1.0)
    for stratum, loss in shuffled_reads(np.random.default_rng(seed), arrays, sizes.tolist()):
        now = sequence.add(stratum, loss)
        assert before[0] <= now[0]
        assert now[1] <= before[1]
        before = now
    # The pool was read to its end: what is possible is one number, if the bets had not excluded it (5 % may).
    truth = float(np.concatenate(arrays).mean())
    assert before[1] - before[0] < 1e-4
    assert truth == pytest.approx(sum(before) / 2, abs=0.05)


def test_the_dual_is_below_the_exhaustive_minimum_and_near_it() -> None:
    """Two strata: every pair of cells that the bets leave, by brute force."""
    rng, sizes = np.random.default_rng(0), np.array([300, 500])
    pools = [(rng.random(size) < rate).astype(float) for size, rate in zip(sizes, (0.1, 0.3), strict=True)]
    sequence = ConfidenceSequence(sizes)
    for stratum, loss in shuffled_reads(rng, pools, [60, 100]):
        sequence.add(stratum, loss)
    side = sequence._over
    log_limit = math.log(2 / 0.05)
    left = side.log_capital[0][:, None] + side.log_capital[1][None] < log_limit
    one, other = (size * np.maximum(EDGES[:-1], side.sums[h] / size) / 800 for h, size in enumerate(sizes))
    cost = one[:, None] + other[None]
    exact, ours = float(cost[left].min()), side.bound(log_limit)
    assert exact - 0.005 < ours <= exact + 1e-9


@pytest.mark.parametrize(
    ("every", "reads", "population", "low", "high"),
    [
        (10, 300, 2000, 0.047, 0.154),
        (20, 400, 1000, 0.022, 0.080),
        (3, 60, 500, 0.158, 0.505),
        (2, 100, 10_000, 0.335, 0.651),
        (5, 200, 10_000, 0.103, 0.290),
    ],
)
def test_hedged_capital_as_confseq_says(every: int, reads: int, population: int, low: float, high: float) -> None:
    """Numbers of confseq 0.0.11's betting_cs (bets lambda_predmix_eb at α = .05, breaks 1000, running intersection) on
    a loss of 1 at every so-manieth read, found outside of this project; it cuts bets at m, not μ_t(m)."""
    losses = (np.arange(1, reads + 1) % every == 0).astype(float)
    assert hedged_interval(losses, population) == pytest.approx((low, high), abs=0.0035)


def test_a_stratum_read_to_its_end_takes_no_more() -> None:
    sequence = ConfidenceSequence(np.array([1, 5]))
    sequence.add(0, 1.0)
    with pytest.raises(ValueError, match="no more reads"):
        sequence.add(0, 0.0)
    with pytest.raises(ValueError, match="in"):
        sequence.add(1, 1.2)


def test_a_joint_bound_holds_where_findings_are_wrong_together_and_a_product_of_bets_does_not() -> None:
    """Five findings read on the same forty films of 1,000, all right or all wrong; looked at after every read."""
    rng, sizes, planned = np.random.default_rng(5), np.full(5, 1000), np.full(5, 40)
    wrong, broken, product_broken = rng.random(1000) < 0.3, 0, 0
    for _ in range(40):
        joint, product = JointSequence(sizes, np.arange(5), planned), ConfidenceSequence(sizes, planned=planned)
        for film in rng.permutation(1000)[:40]:
            for finding in range(5):
                joint.add(finding, float(wrong[film]))
                product.add(finding, float(wrong[film]))
        broken += not joint.low <= wrong.mean() <= joint.high
        product_broken += not product.low <= wrong.mean() <= product.high
    assert broken <= 2
    assert product_broken > 4


def test_a_joint_bound_of_one_population_is_its_own_and_of_more_their_bounds_by_size() -> None:
    rng, sizes, planned = np.random.default_rng(6), np.array([60, 140, 100]), np.array([10, 20, 15])
    alone, other = ConfidenceSequence(sizes[:2], 0.025, planned[:2]), ConfidenceSequence(sizes[2:], 0.025, planned[2:])
    joint, one = (
        JointSequence(sizes, np.array([4, 4, 7]), planned),
        JointSequence(sizes, np.zeros(3, np.int64), planned),
    )
    plain = ConfidenceSequence(sizes, planned=planned)
    for row in rng.permutation(np.repeat(np.arange(3), planned)).tolist():
        loss = float(rng.random() < 0.2)
        alone.add(row, loss) if row < 2 else other.add(0, loss)
        assert one.add(row, loss) == plain.add(row, loss)
        assert joint.add(row, loss) == pytest.approx(
            ((2 * alone.low + other.low) / 3, (2 * alone.high + other.high) / 3)
        )
    assert joint.reads.tolist() == [10, 20, 15]
