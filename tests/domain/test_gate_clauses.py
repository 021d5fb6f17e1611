"""Clauses (c)–(e) pass on recorded bounds only, and a failing one says what would satisfy it."""

import pytest

from backend.domain.gate import (
    Change,
    FindingEvidence,
    evaluate,
    no_regression,
    no_reinforcement,
    trusted_readers,
    with_clauses,
)
from backend.domain.trust import share


@pytest.mark.parametrize(("low", "passed"), [(0.0, True), (-0.09, True), (-0.1, False), (-0.2, False), (-1.0, False)])
def test_the_lower_bound_must_be_above_minus_tolerance(low: float, passed: bool) -> None:
    for subgroup in (None, "site B"):
        clause = no_regression(Change("nodule", low, 0.1, 150, 120, subgroup), 0.05)
        assert clause.passed is passed
        assert ("site B" in clause.sentence) is (subgroup is not None)
        assert "150 HOLDOUT units of 120 patients" in clause.sentence
        assert passed or "read more" in clause.sentence


@pytest.mark.parametrize(("low", "passed"), [(None, True), (0.0, True), (0.49, True), (0.5, False), (0.9, False)])
def test_red_reinforcement_shuts_the_gate(low: float | None, passed: bool) -> None:
    clause = no_reinforcement("nodule", low, 0.5)
    assert clause.passed is passed
    assert passed or "Repair" in clause.sentence


def test_one_failing_clause_shuts_an_open_gate() -> None:
    verdict = evaluate([FindingEvidence("nodule", 500, 29, 0)], 0.1, 0.05, 29)
    good, bad = no_reinforcement("nodule", 0.1, 0.5), no_regression(Change("nodule", -0.3, 0.1, 20, 20), 0.05)
    assert with_clauses(verdict, [good]).open
    shut = with_clauses(verdict, [good, bad])
    assert not shut.open
    assert len(shut.clauses) == 4


def test_readers_who_let_planted_errors_through_shut_the_gate() -> None:
    assert "Plan SENTINEL reads" in trusted_readers(share(0, 0), False).sentence
    assert trusted_readers(share(0, 0), False).passed
    assert trusted_readers(share(5, 6), False).passed
    red = trusted_readers(share(0, 6), True)
    assert not red.passed
    assert "0 of 6 planted errors" in red.sentence
