"""The textbook's clean reads, a walk from strict to lax, and a promise that simulated pools break in at most δ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backend.domain.certify import Reads, certify, label_weight, p_value, read_weight
from backend.domain.errors import InvalidInput


@pytest.mark.parametrize(("alpha", "clean"), [(0.1, 29), (0.05, 59), (0.02, 149)])
def test_clean_reads_by_the_textbook(alpha: float, clean: int) -> None:
    assert p_value(0, clean, alpha) <= 0.05 < p_value(0, clean - 1, alpha)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.5))
def test_p_is_the_binomial_tail(errors: int, clean: int, alpha: float) -> None:
    p = p_value(errors, errors + clean, alpha)
    assert p == pytest.approx(stats.binom.cdf(errors, errors + clean, alpha) if errors + clean else 1.0)


def clean_reads(n: int, low: float = 0.5, high: float = 1.0) -> Reads:
    return Reads(np.linspace(low, high, n), np.zeros(n, bool), np.full(n, 0.1))


def test_clean_reads_certify_the_laxest_and_a_bad_low_end_stops_the_walk() -> None:
    pool, rng = np.linspace(0.5, 1, 2001), np.random.default_rng(0)
    all_of_it = certify("nodule", "positive", clean_reads(200), pool, 0.1, 0.05, rng)
    assert all_of_it.threshold == pytest.approx(0.5)
    assert all_of_it.accepts == 2001
    reads = clean_reads(200)
    reads.bad[reads.presence < 0.7] = True
    some = certify("nodule", "positive", reads, pool, 0.1, 0.05, rng)
    assert some.threshold is not None
    assert 0.64 < some.threshold <= 0.7
    assert some.steps[-1].p > 0.05
    assert "reads bad at τ" in some.sentence


def test_negatives_are_the_mirror() -> None:
    pool, rng = np.linspace(0, 0.5, 2001), np.random.default_rng(0)
    reads = clean_reads(200, 0.0, 0.5)
    reads.bad[reads.presence > 0.3] = True
    found = certify("nodule", "negative", reads, pool, 0.1, 0.05, rng)
    assert found.threshold is not None
    assert 0.3 <= found.threshold < 0.36
    assert found.accepts == (pool <= found.threshold).sum()


def test_no_threshold_withholds_and_says_why() -> None:
    pool, rng = np.linspace(0.5, 1, 500), np.random.default_rng(0)
    assert "fewer than 29" in certify("nodule", "positive", clean_reads(28), pool, 0.1, 0.05, rng).sentence
    bad = Reads(np.linspace(0.5, 1, 90), np.ones(90, bool), np.full(90, 0.1))
    withheld = certify("nodule", "positive", bad, pool, 0.1, 0.05, rng)
    assert withheld.threshold is None
    assert withheld.accepts == 0
    assert certify("nodule", "positive", clean_reads(0), np.zeros(0), 0.1, 0.05, rng).threshold is None
    with pytest.raises(InvalidInput):
        certify("nodule", "positive", bad, pool, 0.0, 0.05, rng)


def broken(draws: int, thin: bool) -> float:
    """Share of audits whose accepted labels hold more than α errors; rare, bad strata are read four times as often, or
    (``thin`` false) the certificate is told that all reads were equally likely."""
    rng, count, alpha = np.random.default_rng(11), 0, 0.1
    presence = rng.random(4000)
    clean_source = rng.random(4000) < 0.3
    bad = rng.random(4000) < np.where(clean_source, 0.01, 0.02 + 0.28 * (1 - presence))
    share = np.where(clean_source, 0.16, 0.04)
    for _ in range(draws):
        chosen = np.concatenate(
            [rng.choice(rows, round(len(rows) * float(share[rows[0]])), replace=False)
             for rows in (np.flatnonzero(clean_source), np.flatnonzero(~clean_source))]
        )  # fmt: skip
        reads = Reads(presence[chosen], bad[chosen], share[chosen] if thin else np.full(len(chosen), 0.1))
        found = certify("nodule", "positive", reads, presence, alpha, 0.05, rng)
        count += found.threshold is not None and bool(bad[presence >= found.threshold].mean() > alpha)
    return count / draws


def test_the_promise_is_broken_in_at_most_delta_and_much_more_without_thinning() -> None:
    kept, naive = broken(600, True), broken(200, False)
    assert kept <= 0.05
    assert naive > 0.2


def test_weights() -> None:
    assert label_weight(np.array([0.0, 0.1, 0.39, 0.4, 1.0])) == pytest.approx([1, 0.9, 0.61, 0, 0])
    assert read_weight(True, False, 0.9, 0.9) == read_weight(False, True, None, 0.9) == 1
    assert read_weight(False, False, 0.25, 0.0) == 0.75
    assert read_weight(False, False, None, 0.1) == pytest.approx(0.9)
