"""Clauses (c)–(e) pass on recorded bounds only, and a failing one says what would satisfy it."""

import numpy as np
import pytest

from overread.domain.policy.clauses import Change, Clause, no_regression, no_reinforcement, trusted_readers
from overread.domain.policy.gate import FindingEvidence, Promise, certified, doubt_of, evaluate, with_clauses
from overread.domain.readers.detection import DOUBT, MISS, Detection, chance_of_trust, finds_enough, further_plants
from overread.domain.sampling.shares import share


@pytest.mark.parametrize(("low", "passed"), [(0.0, True), (-0.09, True), (-0.1, False), (-0.2, False), (-1.0, False)])
def test_the_lower_bound_must_be_above_minus_tolerance(low: float, passed: bool) -> None:
    for subgroup in (None, "site B"):
        clause = no_regression(Change("nodule", low, 0.1, 150, 120, subgroup), 0.05)
        assert clause.passed is passed
        assert ("site B" in clause.sentence) is (subgroup is not None)
        assert "150 HOLDOUT units of 120 patients" in clause.sentence
        assert passed or ("may be of this group" if subgroup else "No further HOLDOUT patients") in clause.sentence


@pytest.mark.parametrize(("low", "passed"), [(None, True), (0.0, True), (0.49, True), (0.5, False), (0.9, False)])
def test_red_reinforcement_shuts_the_gate(low: float | None, passed: bool) -> None:
    clause = no_reinforcement("nodule", low, 0.5)
    assert clause.passed is passed
    assert passed or "Repair" in clause.sentence


def test_one_failing_clause_shuts_an_open_gate() -> None:
    verdict = evaluate([FindingEvidence("nodule", 500, "0" * 40)], Promise(0.1, 0.05), 29)
    good, bad = no_reinforcement("nodule", 0.1, 0.5), no_regression(Change("nodule", -0.3, 0.1, 20, 20), 0.05)
    assert with_clauses(verdict, [good]).open
    shut = with_clauses(verdict, [good, bad])
    assert not shut.open
    assert len(shut.clauses) == 4


def judged(marks: str, promise: Promise, population: int = 10_000) -> Clause:
    """Clause (b) of one finding."""
    verdict = evaluate([FindingEvidence("nodule", population, marks)], promise, 0)
    return next(clause for clause in verdict.clauses if clause.name == "certified-error")


def test_the_default_sample_of_a_perfect_pool_opens_and_says_what_is_known() -> None:
    clause = judged("0" * 40, Promise(0.1, 0.05))
    assert clause.passed
    assert "the share that readers called wrong, mask shown, is at most" in clause.sentence
    assert "10000 labels that nobody had read" in clause.sentence
    assert clause.value is not None
    assert 0.05 < clause.value <= 0.1


def test_reads_that_are_missing_or_could_not_be_told_count_as_wrong() -> None:
    assert judged("0" * 60, Promise(0.1, 0.05)).passed
    assert not judged("..." + "0" * 37, Promise(0.1, 0.05)).passed
    assert not judged("???" + "0" * 37, Promise(0.1, 0.05)).passed
    still = judged("0" * 30 + ".." + "0" * 8, Promise(0.1, 0.05))
    assert "2 of its reads are still to be made" in still.sentence
    assert judged("0" * 40 + "." * 60, Promise(0.1, 0.05)).passed  # whoever stops early loses nothing


def test_a_shut_clause_names_the_reads_that_would_open_it_or_says_that_none_is_likely_to() -> None:
    shut = judged("11" + "0" * 58, Promise(0.1, 0.05))
    assert not shut.passed
    assert shut.more is not None
    assert f"have {shut.more} more read" in shut.sentence
    hopeless = judged("01" * 40, Promise(0.1, 0.05))
    assert hopeless.more is None
    assert "no number of further reads" in hopeless.sentence


def test_the_true_error_is_bounded_by_what_readers_find_of_planted_ones() -> None:
    called = judged("0" * 40, Promise(0.1, 0.05))
    assert not judged("0" * 40, Promise(0.1, 0.05, "true")).passed  # nothing was found: nothing is known
    found = Promise(0.1, 0.05, "true", share(24, 24))
    assert judged("0" * 60, found).passed
    assert not judged("0" * 40, found).passed
    missing = Promise(0.1, 0.05, "true", share(16, 24))
    assert (judged("0" * 60, missing).value or 0) > (judged("0" * 60, found).value or 1) > (called.value or 1) * 0.6
    assert "by what readers find of planted errors" in judged("0" * 60, found).sentence


def test_a_projects_doubt_is_a_budget_over_findings_and_launches() -> None:
    assert doubt_of(0.05, "finding", 5, 7) == 0.05
    spent = sum(5 * doubt_of(0.05, "project", 5, attempts) for attempts in range(10_000))
    assert 0.0499 < spent < 0.05


def test_a_certificate_at_another_risk_or_doubt_does_not_pass() -> None:
    declared = evaluate([], Promise(0.1, 0.05), 0)
    assert certified("nodule", 0.9, (0.1, 0.05), declared, "told").passed
    assert certified("nodule", None, (0.5, 0.9), declared, "told").passed  # adds nothing
    assert not certified("nodule", 0.9, (0.2, 0.05), declared, "told").passed
    assert not certified("nodule", 0.9, (0.1, 0.9), declared, "told").passed


def told(found: int, met: int, planned: int | None = None) -> Detection:
    """All of the draw's plants, unless more are planned."""
    planned = met if planned is None else planned
    return Detection(share(found, met), found, planned, planned, planned - met)


def test_readers_who_miss_a_third_are_stopped_nine_times_in_ten_whatever_the_plants() -> None:
    assert "nobody checked" in trusted_readers(told(0, 0)).sentence
    assert trusted_readers(told(0, 0)).passed
    assert not trusted_readers(told(0, 0, 6)).passed  # planned and not read
    assert not trusted_readers(told(5, 6)).passed
    assert "0 of 6 planted errors" in trusted_readers(told(0, 6)).sentence
    assert trusted_readers(told(0, 6)).more is None
    for plants in range(1, 60):
        assert chance_of_trust(plants, 1 / 3) <= DOUBT
    assert chance_of_trust(24, 0.1) >= 0.9


def test_plants_that_nobody_read_count_as_missed() -> None:
    """Twenty found of the first twenty pass whatever the last four are; nineteen of nineteen pass by the bet."""
    assert trusted_readers(told(20, 20, 24)).passed
    assert not trusted_readers(told(17, 20, 24)).passed
    assert "4 are not read yet" in trusted_readers(told(17, 20, 24)).sentence


def test_plants_that_others_met_are_not_waited_for() -> None:
    """Four of 24 went to somebody who read nothing of the sample: nobody will meet them again."""
    others = trusted_readers(Detection(share(17, 20), 17, 24, 24, 0))
    assert not others.passed
    assert "not read yet" not in others.sentence
    weak = trusted_readers(Detection(share(18, 24), 18, 24, 24, 0, least=0.5))
    assert "One of them found 50%" in weak.sentence
    assert "not read yet" in trusted_readers(Detection(share(3, 5), 3, 24, 24, 19, least=0.6)).sentence


def test_who_misses_a_third_is_let_by_in_one_audit_of_ten_however_often_plants_are_added() -> None:
    """Asked after every plant, the draw's 24 and then as many more as one likes: an exact count over all paths."""
    ways, passed = {(0, 0): 1.0}, 0.0  # found, found of the draw's 24
    for met in range(1, 200):
        step: dict[tuple[int, int], float] = {}
        for (found, drawn), weight in ways.items():
            for hit, chance in ((1, 1 - MISS), (0, MISS)):
                key = found + hit, drawn + hit * (met <= 24)
                step[key] = step.get(key, 0.0) + weight * chance
        ways = {}
        for (found, drawn), weight in step.items():
            if finds_enough(Detection(share(found, met), drawn, 24, max(24, met), 0)):
                passed += weight
            else:
                ways[found, drawn] = weight
    assert 0.06 < passed <= DOUBT


@pytest.mark.parametrize(("found", "met"), [(6, 6), (9, 9)])
def test_the_plants_that_are_named_do_for_readers_who_find_nearly_all(found: int, met: int) -> None:
    more = further_plants(told(found, met))
    assert more is not None
    rng = np.random.default_rng(0)
    later = found + rng.binomial(more, 0.95, 300)
    did = [finds_enough(Detection(share(int(k), met + more), found, met, met + more, 0)) for k in later]
    assert np.mean(did) >= 0.9
    assert further_plants(told(2, 12)) is None
