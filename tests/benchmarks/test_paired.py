"""Paired intervals against a textbook, against arithmetic by hand, and against a simulation with a known answer."""

import numpy as np
import pytest

from benchmarks.study.paired import difference, interval

# Student, "The probable error of a mean" (1908): hours of sleep gained by the same ten people on two drugs.
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def sure(values: np.ndarray) -> np.ndarray:
    """Resamples of a test set whose patients are all alike."""
    return np.repeat(values[:, None], 50, axis=1)


def test_without_the_patients_part_it_is_students_paired_interval() -> None:
    found = difference(SECOND, sure(SECOND), FIRST, sure(FIRST))
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((1.58, 0.7001142, 2.4598858), abs=1e-6)


def test_one_seed_gives_the_patients_part_alone() -> None:
    samples = np.array([[0.1, 0.3, 0.2, 0.4]])
    found = interval(np.array([0.25]), samples)
    assert found is not None
    half = 1.959964 * samples.std(ddof=1)
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half), abs=1e-6)


def test_both_parts_add_up_with_welchs_freedom() -> None:
    # s²/S = 2/2 = 1, the means of the resamples vary by 3: SE² = 4, ν = 1·(4/1)² = 16, t = 2.119905
    found = interval(np.array([1.0, 3.0]), np.array([[0.0, 3.0, 0.0, 3.0], [0.0, 3.0, 0.0, 3.0]]))
    assert found is not None
    assert found.high - found.mean == pytest.approx(2.119905 * 2, abs=1e-5)


def test_what_both_arms_share_cancels() -> None:
    rng = np.random.default_rng(0)
    values, samples = rng.normal(size=4), rng.normal(size=(4, 50))
    found = difference(values + 0.1, samples + 0.1, values, samples)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))


def test_nothing_measured_is_none_and_a_seed_without_a_value_is_left_out() -> None:
    assert interval(np.array([np.nan]), np.full((1, 5), np.nan)) is None
    found = interval(np.array([np.nan, 0.5]), np.array([[np.nan] * 5, [0.4, 0.5, 0.6, 0.5, 0.5]]))
    assert found is not None
    assert (found.mean, found.seeds) == (0.5, [0.5])


def test_it_covers_the_truth_when_seeds_and_patients_vary() -> None:
    rng, covered, rounds = np.random.default_rng(1), 0, 400
    for _ in range(rounds):
        of_seed = 0.3 + rng.normal(0, 0.05, (4, 1))
        seen = of_seed + rng.normal(0, 0.5, 100)  # one column a patient, the same patients for all seeds below
        seen = of_seed + (seen - of_seed)[:1]
        draws = rng.integers(0, 100, (80, 100))
        found = interval(seen.mean(axis=1), seen[:, draws].mean(axis=2))
        assert found is not None
        covered += found.low <= 0.3 <= found.high
    assert 0.92 <= covered / rounds <= 0.985
