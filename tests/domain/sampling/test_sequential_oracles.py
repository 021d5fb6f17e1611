"""Slow oracles of the sequential test and of certificates: every order of a small pool, in exact fractions."""

from fractions import Fraction
from itertools import combinations, permutations
from math import comb, perm

import numpy as np
import pytest

from overread.domain.policy.certify import Reads, certify
from overread.domain.sampling.sequential import Question, chances_to_open, log_evidence, refuted, upper_share


def evidence(question: Question, n: int, k: int) -> float:
    return float(np.exp(log_evidence(question, np.array([n]), np.array([k]))[0]))


@pytest.mark.parametrize(("population", "alpha"), [(8, 0.25), (30, 0.1), (200, 0.05)])
def test_at_the_edge_of_h0_the_evidence_is_a_fair_game(population: int, alpha: float) -> None:
    """Of as many wrong units as are just too many: what the next read is expected to make of the evidence is what it
    is, wherever it stands; with more wrong ones it is less."""
    question = Question(population, alpha, 0.05)
    for n in range(min(population - 1, 40)):
        for k in range(min(n, question.edge - 1) + 1):
            if n - k >= population - question.edge:
                continue  # more right ones than the edge leaves: cannot be
            now = 1.0 if n == 0 else evidence(question, n, k)
            for wrong in (question.edge, question.edge + 1):
                if n - k >= population - wrong:
                    continue
                bad = (wrong - k) / (population - n)
                then = bad * evidence(question, n + 1, k + 1) + (1 - bad) * evidence(question, n + 1, k)
                if wrong == question.edge:
                    assert then == pytest.approx(now, rel=1e-6, abs=1e-12)
                else:
                    assert then <= now * (1 + 1e-6) + 1e-12


@pytest.mark.parametrize(("population", "alpha", "delta"), [(10, 0.3, 0.2), (12, 0.4, 0.1), (13, 0.25, 0.3)])
def test_the_chance_to_open_is_counted_over_all_orders(population: int, alpha: float, delta: float) -> None:
    question = Question(population, alpha, delta)
    for wrong in range(question.edge + 1):
        opened = np.zeros(population, int)
        for places in combinations(range(population), wrong):
            marks = np.isin(np.arange(population), places)
            # By the n-th look it ever opened; where more are found wrong later than may be, it is shut again.
            opened += np.maximum.accumulate([refuted(question, marks[:n]) for n in range(1, population + 1)])
        share = np.array([Fraction(int(count), comb(population, wrong)) for count in opened], float)
        found = chances_to_open(question, population, np.array([wrong / population]))[0]
        assert found == pytest.approx(share, abs=1e-9)


def test_the_upper_bound_is_the_least_number_of_wrong_units_from_which_all_are_refuted() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        population = int(rng.integers(3, 60))
        marks = rng.random(int(rng.integers(0, population + 1))) < rng.choice([0.0, 0.1, 0.5])
        delta = float(rng.choice([0.05, 0.2]))
        standing = [
            edge
            for edge in range(1, population + 1)
            if not refuted(Question(population, (edge - 0.5) / population, delta), marks)
        ]
        assert round(upper_share(population, delta, marks) * population) == max(standing, default=0)


@pytest.mark.parametrize(("wrong", "breaks"), [((0,), False), ((5,), False), ((4, 5), True), ((0, 5), True),
                                               ((0, 1), True), ((2, 3), True)])  # fmt: skip
def test_over_all_samples_a_certificate_is_broken_no_oftener_than_its_doubt(
    wrong: tuple[int, ...], breaks: bool
) -> None:
    """Every ordered sample of four of six labels; the walks and their starts with them."""
    presence, alpha, delta = np.linspace(1, 0.4, 6), 0.25, 0.6
    bad = np.isin(np.arange(6), wrong)
    broken = certified = 0
    for rows in permutations(range(6), 4):
        found = certify("nodule", "positive", Reads(presence[list(rows)], bad[list(rows)]), presence, alpha, delta)
        if found.threshold is not None:
            certified += 1
            broken += bool(bad[presence >= found.threshold].mean() > alpha)
    assert certified > 0
    assert (broken > 0) == breaks
    assert broken <= delta * perm(6, 4)
