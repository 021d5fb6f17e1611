"""Draws with the stated probabilities, exact bounds, and a gate that says what would satisfy it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backend.domain.audit import draw_fix, draw_measure, quartiles, strata_of
from backend.domain.errors import Conflict
from backend.domain.estimates import clean_reads_needed, further_clean_reads, stratified_mean, upper_bound
from backend.domain.gate import FindingEvidence, evaluate, unacceptable
from backend.domain.iteration import JOB_MOVES, STAGE_MOVES, check_move


@given(st.lists(st.integers(0, 6), min_size=1, max_size=80), st.integers(0, 40), st.integers(0, 99))
def test_a_draw_has_its_size_its_shares_and_no_unit_twice(strata: list[int], n: int, seed: int) -> None:
    units = np.array(strata)
    chosen, probability = draw_measure(units, n, np.random.default_rng(seed))
    assert len(chosen) == min(n, len(units)) == len(set(chosen.tolist()))
    assert np.allclose(probability, min(1, n / len(units)))
    for stratum in set(strata):
        exact = n * (units == stratum).sum() / len(units)
        if n < len(units):
            assert abs((units[chosen] == stratum).sum() - exact) < 1 + 1e-9


def test_the_inclusion_probability_is_what_happens() -> None:
    strata = np.repeat([0, 1, 2, 3], [3, 17, 40, 8])
    rng, hits = np.random.default_rng(0), np.zeros(68)
    for _ in range(6000):
        hits[draw_measure(strata, 10, rng)[0]] += 1
    assert np.abs(hits / 6000 - 10 / 68).max() < 5 * np.sqrt(0.15 * 0.85 / 6000)


def test_the_same_seed_draws_the_same() -> None:
    strata = np.arange(50) % 4
    first, again = (draw_measure(strata, 12, np.random.default_rng(4))[0] for _ in range(2))
    assert np.array_equal(first, again)


def test_fix_is_worst_first_and_leaves_measure_alone() -> None:
    risk = np.array([0.1, 0.9, 0.5, 0.9, 0.3])
    assert draw_fix(risk, np.array([1]), 3).tolist() == [3, 2, 4]


def test_quartiles_by_rank_within_a_decision() -> None:
    assert quartiles(np.array([0.4, 0.1, 0.3, 0.2])).tolist() == [3, 0, 2, 1]
    assert strata_of(np.array([0, 0, 1, 1]), np.array([0.2, 0.1, 0.9, 0.8])).tolist() == [2, 0, 6, 4]


def test_bounds_by_the_textbook() -> None:
    assert [clean_reads_needed(alpha, 0.05) for alpha in (0.1, 0.05, 0.02)] == [29, 59, 149]
    assert upper_bound(0, 29, 0.05) <= 0.1 < upper_bound(0, 28, 0.05)
    assert upper_bound(5, 5, 0.05) == upper_bound(0, 0, 0.05) == 1.0


@given(st.integers(0, 20), st.integers(0, 60))
def test_the_bound_is_where_the_binomial_tail_is_delta(errors: int, more: int) -> None:
    reads = errors + more
    bound = upper_bound(errors, reads, 0.05)
    if errors < reads:
        assert stats.binom.cdf(errors, reads, bound) == pytest.approx(0.05, rel=1e-6)


@given(st.integers(0, 5), st.integers(0, 30))
def test_the_reads_that_are_said_to_be_missing_are_the_fewest_that_do(errors: int, clean: int) -> None:
    reads = errors + clean
    more = further_clean_reads(errors, reads, 0.2, 0.05)
    assert upper_bound(errors, reads + more, 0.05) <= 0.2
    assert upper_bound(errors, reads, 0.05) <= 0.2 or upper_bound(errors, reads + more - 1, 0.05) > 0.2


def test_the_pooled_bound_covers_a_stratified_draw() -> None:
    """Hoeffding's argument, tried: strata of very different error, 1,500 audits, the bound broken in at most 5 %."""
    rng = np.random.default_rng(5)
    strata = np.repeat([0, 1, 2], [300, 300, 400])
    bad = rng.random(1000) < np.array([0.02, 0.1, 0.4])[strata]
    broken = sum(
        upper_bound(int(bad[chosen].sum()), 60, 0.05) < bad.mean()
        for chosen in (draw_measure(strata, 60, rng)[0] for _ in range(1500))
    )
    assert broken / 1500 <= 0.05


def test_stratified_mean_by_hand() -> None:
    mean, variance = stratified_mean([np.array([0.0, 1.0]), np.array([1.0, 1.0])], [30, 10])
    assert mean == pytest.approx(0.75 * 0.5 + 0.25)
    assert variance == pytest.approx(0.75**2 * (1 - 2 / 30) * 0.5 / 2)


@pytest.mark.parametrize(
    ("decision", "verdict", "dice", "bad"),
    [
        ("positive", "accept", 1.0, False), ("positive", "fix", 0.49, True), ("positive", "fix", 0.5, False),
        ("positive", "reject", 0.0, True), ("negative", "accept", None, False), ("negative", "reject", None, False),
        ("negative", "fix", 0.0, True), ("negative", "cannot_tell", None, True),
        ("positive", "cannot_tell", None, True),
    ],
)  # fmt: skip
def test_what_counts_as_unacceptable(decision: str, verdict: str, dice: float | None, bad: bool) -> None:
    assert unacceptable(decision, verdict, dice) is bad


def test_the_gate_opens_on_enough_clean_reads_only() -> None:
    def judge(errors: int, reads: int, withheld: tuple[str, ...] = ()) -> bool:
        return evaluate([FindingEvidence("nodule", 500, reads, errors)], 0.1, 0.05, 29, withheld).open

    assert judge(0, 29)
    assert not judge(0, 28)
    assert not judge(1, 29)
    assert judge(10, 29, ("nodule",))


def test_a_shut_gate_names_the_clause_and_the_way_out() -> None:
    verdict = evaluate([FindingEvidence("nodule", 500, 20, 3)], 0.1, 0.05, 29)
    failing = [clause for clause in verdict.clauses if not clause.passed]
    assert [clause.name for clause in failing] == ["enough-reads", "certified-error"]
    assert "Read 9 more" in failing[0].sentence
    assert "Withhold nodule" in failing[1].sentence
    assert evaluate([FindingEvidence("nodule", 0, 0, 0)], 0.1, 0.05, 29).open


def test_stages_and_jobs_move_along_their_tables_only() -> None:
    check_move(STAGE_MOVES, "training", "labelling")
    with pytest.raises(Conflict):
        check_move(STAGE_MOVES, "closed", "training")
    with pytest.raises(Conflict):
        check_move(JOB_MOVES, "done", "running")
