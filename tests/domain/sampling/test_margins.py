"""The bound of a fall keeps its word with few patients, with many units each, and with readers who are anchored."""

import numpy as np
import pytest
from numpy.typing import NDArray

from overread.domain.policy.clauses import Change, no_regression
from overread.domain.sampling.paired import (
    FLIPS,
    chance_shown,
    change_bound,
    further_patients,
    margin_shown,
    patient_changes,
    units_needed,
)

DELTA = 0.05
Bools = NDArray[np.bool_]


def passes(before: Bools, after: Bools, patient: NDArray[np.int64], margin: float) -> bool:
    change = patient_changes(before, after, patient)
    low = change_bound(change, DELTA)
    return no_regression(Change(None, low, margin, len(before), len(change)), DELTA).passed


def test_by_hand() -> None:
    right = np.array([True, True, True, False])
    now = np.array([False, True, True, True])
    assert patient_changes(right, now, np.array([7, 7, 9, 2])).tolist() == [1.0, -0.5, 0.0]  # patients 2, 7, 9
    assert patient_changes(right[:0], now[:0], np.zeros(0, np.int64)).tolist() == []
    assert change_bound(np.zeros(0), DELTA) == pytest.approx(-1)
    assert change_bound(np.full(50, -1.0), DELTA) == pytest.approx(-1)
    assert change_bound(np.full(1000, 1.0), DELTA) > 0.98
    few, many = change_bound(np.zeros(20), DELTA), change_bound(np.zeros(200), DELTA)
    assert 0.05 ** (1 / 20) - 1 > few > -0.2  # no closer than the exact bound of no fall in twenty (Clopper, Pearson)
    assert many > -0.025
    assert change_bound(np.zeros(20), 0.01) < few


@pytest.mark.parametrize("n", [3, 10, 20, 60, 300])
@pytest.mark.parametrize(("worse", "better"), [(0.1, 0.0), (0.15, 0.05), (0.45, 0.35), (0.97, 0.02)])
def test_the_bound_is_above_the_truth_in_at_most_delta_of_samples(n: int, worse: float, better: float) -> None:
    rng = np.random.default_rng([n, int(100 * worse)])
    changes = rng.choice([-1.0, 0.0, 1.0], (400, n), p=[worse, 1 - worse - better, better])
    broken = sum(change_bound(change, DELTA) > better - worse for change in changes)
    assert broken <= 400 * DELTA + 3 * (400 * DELTA * 0.95) ** 0.5


@pytest.mark.parametrize("patients", [8, 40])
def test_what_a_patients_units_have_in_common_does_not_break_it(patients: int) -> None:
    rng, broken = np.random.default_rng(patients), 0
    for _ in range(400):
        fell = rng.random(patients) < 0.1  # all units of a patient fall together
        patient = np.repeat(np.arange(patients), rng.integers(1, 12, patients))
        before = np.ones(len(patient), bool)
        broken += change_bound(patient_changes(before, ~fell[patient], patient), DELTA) > -0.1
    assert broken <= 400 * DELTA + 3 * (400 * DELTA * 0.95) ** 0.5


def test_a_fall_passes_no_more_often_than_declared_when_readers_are_blind_first() -> None:
    """A 15-point fall, a reader who takes over a wrong mask one time in four once it is shown. What they drew before is
    the reference, so anchoring does not reach it; a truth read with the mask shown passed 29 % of such audits."""
    rng, passed, anchored = np.random.default_rng(6), 0, 0
    for _ in range(300):
        n = 200
        patient = rng.integers(0, 120, n)
        fell = rng.random(n) < 0.15
        before, after = np.ones(n, bool), ~fell
        taken = fell & (rng.random(n) < 0.25)  # with the new mask shown these are called right, and the old ones wrong
        passed += passes(before, after, patient, 0.1)
        anchored += passes(before & ~taken, after | taken, patient, 0.1)
    assert passed <= 300 * DELTA
    assert anchored > passed  # the simulated reader is anchored: a truth read late would let more through


def test_twenty_units_cannot_show_a_tenth() -> None:
    right, patient = np.ones(20, bool), np.arange(20)
    assert not passes(right, right, patient, 0.1)
    clause = no_regression(Change(None, change_bound(np.zeros(20), DELTA), 0.1, 20, 20), DELTA)
    assert "cannot show its margin: 20 patients can show −0.27" in clause.sentence
    assert f"{units_needed(0.1, FLIPS, DELTA)} are needed for −0.10" in clause.sentence
    enough = np.ones(units_needed(0.1, FLIPS, DELTA) or 0, bool)
    assert passes(enough, enough, np.arange(len(enough)), 0.1)


def test_a_fall_on_a_holdout_that_is_large_enough_is_told_as_a_fall() -> None:
    after = np.arange(200) >= 60
    low = change_bound(patient_changes(np.ones(200, bool), after, np.arange(200)), DELTA)
    clause = no_regression(Change(None, low, 0.1, 200, 200), DELTA)
    assert not clause.passed
    assert "cannot show" not in clause.sentence
    assert "keep the last network" in clause.sentence


def test_a_shut_clause_names_the_patients_that_open_it_in_nine_cases_of_ten() -> None:
    """Of networks that changed nothing and of some that became worse, by any number of patients that were read."""
    rng, opened = np.random.default_rng(5), []
    for worse in (0.05, 0.05, 0.08):
        for n in (0, 10, 20, 30, 40) * 8:
            share = [worse, 0.95 - worse, 0.05]
            change = rng.choice([-1.0, 0.0, 1.0], n, p=share)
            more = further_patients(change, 0.15, 0.05) if change_bound(change, 0.05) <= -0.15 else None
            if more is not None:
                both = np.concatenate([change, rng.choice([-1.0, 0.0, 1.0], more, p=share)])
                opened.append(change_bound(both, 0.05) > -0.15)
    assert len(opened) > 60
    assert np.mean(opened) >= 0.9
    clause = no_regression(Change(None, -0.2, 0.15, 40, 20, None, 31), 0.05)
    assert "Have 31 more patients of HOLDOUT read" in clause.sentence
    assert (clause.more, clause.stream) == (31, "HOLDOUT")


def test_a_network_that_fell_far_is_named_no_number() -> None:
    assert further_patients(np.repeat([-1.0, 0.0], 20), 0.15, 0.05) is None


def test_the_margin_that_a_number_of_patients_shows() -> None:
    shown = [margin_shown(n, FLIPS, DELTA) for n in (0, 1, 20, 50, 100, 400, 2000)]
    assert shown[0] == 1.0
    assert shown == sorted(shown, reverse=True)
    assert 0.2 < shown[2] < 0.3
    assert margin_shown(100, 0.01, DELTA) < margin_shown(100, 0.1, DELTA)
    assert margin_shown(100, FLIPS, 0.01) > margin_shown(100, FLIPS, 0.1)
    for margin in (0.03, 0.1, 0.2, 0.5):
        needed = units_needed(margin, FLIPS, DELTA) or 0
        assert margin_shown(needed, FLIPS, DELTA) <= margin < margin_shown(needed // 2, FLIPS, DELTA)
    assert units_needed(0.0001, FLIPS, DELTA) is None
    rng = np.random.default_rng(3)
    drawn = rng.choice([-1.0, 0.0, 1.0], (500, 60), p=[FLIPS, 1 - 2 * FLIPS, FLIPS])
    often = np.mean([change_bound(change, DELTA) > -0.13 for change in drawn])
    assert chance_shown(60, 0.13, FLIPS, DELTA) == pytest.approx(often, abs=0.07)
