"""The sequential test is what its formula says, never opens where an exact test would not, and keeps its doubt."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from overread.domain.errors import InvalidInput
from overread.domain.sampling.sequential import (
    FRACTIONS,
    Question,
    chances_to_open,
    further_reads,
    log_evidence,
    most_errors,
    reads_to_open,
    refuted,
    upper_share,
)

QUESTIONS = st.builds(Question, st.integers(1, 400), st.floats(0.01, 0.6), st.floats(0.01, 0.3))


def evidence_by_hand(question: Question, n: int, k: int) -> Fraction | None:
    """E(n, k) in exact fractions, by counting the orders of so many wrong units; None where H0 makes it impossible."""

    def likelihood(wrong: int) -> Fraction:
        return (
            Fraction(comb(question.population - n, wrong - k), comb(question.population, wrong))
            if wrong >= k
            else Fraction(0)
        )

    under = likelihood(question.edge)
    others = [min(int(f * question.alpha * question.population + 1e-9), question.edge - 1) for f in FRACTIONS]
    top = sum((likelihood(wrong) for wrong in others), Fraction(0)) / len(FRACTIONS)
    return top / under if under else None


@settings(deadline=None, max_examples=200)
@given(st.integers(2, 60), st.floats(0.02, 0.6), st.data())
def test_the_evidence_is_the_mixture_counted_by_hand(population: int, alpha: float, data: st.DataObject) -> None:
    question = Question(population, alpha, 0.05)
    n = data.draw(st.integers(1, population))
    k = data.draw(st.integers(0, min(n, question.edge)))
    expected = evidence_by_hand(question, n, k)
    found = float(log_evidence(question, np.array([n]), np.array([k]))[0])
    if expected is None:
        assert found == np.inf
    elif expected == 0:
        assert found == -np.inf
    else:
        assert found == pytest.approx(float(np.log(float(expected))), abs=1e-6)


@settings(deadline=None)
@given(QUESTIONS, st.integers(1, 60))
def test_it_never_opens_where_the_exact_hypergeometric_test_does_not(question: Question, reads: int) -> None:
    reads = min(reads, question.population)
    for n, k in enumerate(most_errors(question, reads).tolist(), 1):
        if k >= 0:
            assert stats.hypergeom(question.population, question.edge, n).cdf(k) <= question.delta + 1e-9


@settings(deadline=None)
@given(QUESTIONS, st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 59))
def test_one_more_wrong_unit_opens_nothing_that_was_shut(question: Question, wrong: list[bool], at: int) -> None:
    marks = np.array(wrong[: question.population], bool)
    worse = marks.copy()
    worse[at % len(marks)] = True
    assert refuted(question, marks) >= refuted(question, worse)


@pytest.mark.parametrize(("population", "alpha"), [(9, 0.3), (10, 0.2), (11, 0.4)])
def test_over_all_orders_h0_falls_no_oftener_than_its_doubt(population: int, alpha: float) -> None:
    """Every order of every number of wrong units that is too many, counted."""
    for delta in (0.05, 0.2, 0.4):
        question = Question(population, alpha, delta)
        fell, orders = dict.fromkeys(range(population + 1), 0), dict.fromkeys(range(population + 1), 0)
        for marks in product([False, True], repeat=population):
            orders[sum(marks)] += 1
            fell[sum(marks)] += refuted(question, np.array(marks))
        for wrong in range(question.edge, population + 1):
            assert fell[wrong] <= delta * orders[wrong] + 1e-9
        assert fell[0] == orders[0]  # whoever reads all and finds none wrong is believed


def test_the_chance_to_open_is_what_happens() -> None:
    question, rng = Question(200, 0.1, 0.05), np.random.default_rng(3)
    marks = np.arange(200) < 8
    opened = [refuted(question, rng.permutation(marks)[:90]) for _ in range(1500)]
    expected = float(chances_to_open(question, 90, np.array([0.04]))[0, -1])
    assert np.mean(opened) == pytest.approx(expected, abs=5 * (expected * (1 - expected) / 1500) ** 0.5)
    after = chances_to_open(question, 60, np.array([7 / 170]), np.arange(30) < 1)
    assert after.shape == (1, 60)
    assert (np.diff(after[0]) >= -1e-12).all()


def test_the_reads_that_the_gate_is_to_open_with() -> None:
    """The goals of docs/gate.md, exactly: N = 10,000."""

    def chance(alpha: float, error: float, reads: int) -> float:
        return float(chances_to_open(Question(10_000, alpha, 0.05), reads, np.array([error]))[0, -1])

    assert chance(0.1, 0.02, 100) >= 0.8
    assert chance(0.1, 0.05, 400) >= 0.85
    assert chance(0.05, 0.02, 800) >= 0.9
    assert chance(0.1, 0.0, 40) == pytest.approx(1)
    assert chance(0.1, 0.1001, 3000) <= 0.05
    assert reads_to_open(Question(10_000, 0.1, 0.05), 0.0) == 36
    assert reads_to_open(Question(10_000, 0.05, 0.05), 0.05) is None


def test_what_was_seen_to_be_wrong_is_never_bounded_away() -> None:
    """Six clean units of seven at a doubt of a quarter refute that one is wrong; then the seventh is."""
    marks = np.array([False] * 6 + [True])
    assert refuted(Question(7, 0.1, 0.25), marks[:6])
    assert not refuted(Question(7, 0.1, 0.25), marks)
    assert upper_share(7, 0.25, marks) == 1 / 7


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 300), st.lists(st.booleans(), max_size=80), st.floats(0.01, 0.3))
def test_the_bound_is_where_the_test_begins_to_say_yes(population: int, wrong: list[bool], delta: float) -> None:
    marks = np.array(wrong[:population], bool)
    bound = upper_share(population, delta, marks)
    assert 0 <= bound <= 1
    assert bound >= marks.sum() / population
    above, below = round(bound * population) + 0.5, round(bound * population) - 0.5
    if above < population:
        assert refuted(Question(population, above / population, delta), marks)
    if below > 0:
        assert not refuted(Question(population, below / population, delta), marks)


def test_a_number_of_further_reads_is_right_in_nine_cases_of_ten() -> None:
    """Over errors of 0 to half of α, among the audits of 100 reads that did not open and were given a number."""
    question, rng, given_, right = Question(10_000, 0.1, 0.05), np.random.default_rng(5), 0, 0
    for error in (0.01, 0.02, 0.03, 0.05):
        for _ in range(60):
            marks = rng.permutation(np.arange(10_000) < error * 10_000)
            more = None if refuted(question, marks[:100]) else further_reads(question, marks[:100])
            if more:
                given_, right = given_ + 1, right + refuted(question, marks[: 100 + more])
    assert given_ >= 20
    assert right >= 0.9 * given_
    assert further_reads(question, np.ones(30, bool)) is None
    assert further_reads(question, np.zeros(40, bool)) == 0


def test_hostile_questions_are_refused() -> None:
    for population, alpha, delta in ((0, 0.1, 0.05), (5, 0.0, 0.05), (5, 1.0, 0.05), (5, 0.1, 0.0), (5, 0.1, 1.0)):
        with pytest.raises(InvalidInput):
            Question(population, alpha, delta)
    assert not refuted(Question(5, 0.1, 0.05), np.zeros(0, bool))
    assert not refuted(Question(5, 0.1, 0.05), np.zeros(4, bool))
    assert refuted(Question(5, 0.1, 0.05), np.zeros(5, bool))
    assert not refuted(Question(10_000, 5e-324, 0.05), np.zeros(40, bool))
