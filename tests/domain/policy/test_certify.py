"""Walks from strict to lax from several starts, and a promise that simulated pools break in at most δ."""

import numpy as np
import pytest

from overread.domain.errors import InvalidInput
from overread.domain.policy.certify import Reads, certify, label_weight, read_weight


def clean_reads(n: int, low: float = 0.5, high: float = 1.0) -> Reads:
    """In the drawn order: presences in turn."""
    presence = np.random.default_rng(1).permutation(np.linspace(low, high, n))
    return Reads(presence, np.zeros(n, bool))


def test_clean_reads_certify_the_laxest_and_a_bad_low_end_stops_the_walk() -> None:
    pool = np.linspace(0.5, 1, 2001)
    all_of_it = certify("nodule", "positive", clean_reads(200), pool, 0.1, 0.05)
    assert all_of_it.threshold == pytest.approx(0.5)
    assert all_of_it.accepts == 2001
    reads = clean_reads(300)
    reads.bad[reads.presence < 0.7] = True
    some = certify("nodule", "positive", reads, pool, 0.1, 0.05)
    assert some.threshold is not None
    assert 0.64 < some.threshold <= 0.71
    assert not some.steps[-1].passed
    assert "called wrong, mask shown" in some.sentence


def test_negatives_are_the_mirror() -> None:
    pool = np.linspace(0, 0.5, 2001)
    reads = clean_reads(300, 0.0, 0.5)
    reads.bad[reads.presence > 0.3] = True
    found = certify("nodule", "negative", reads, pool, 0.1, 0.05)
    assert found.threshold is not None
    assert 0.29 <= found.threshold < 0.36
    assert found.accepts == (pool <= found.threshold).sum()


def test_an_early_error_withholds_nothing_that_many_reads_speak_for() -> None:
    """One walk from the strictest region stops at the first two errors; the others go on."""
    presence = np.random.default_rng(0).uniform(0.5, 1, 10_000)
    rows = np.random.default_rng(2).permutation(10_000)[:1000]
    bad = np.zeros(1000, bool)
    bad[np.argsort(-presence[rows])[:10]] = True  # the ten surest are wrong: no strict region passes
    found = certify("nodule", "positive", Reads(presence[rows], bad), presence, 0.1, 0.05)
    assert not found.steps[0].passed
    assert found.accepts == 10_000


def test_what_nobody_read_is_wrong() -> None:
    """A drawn label that was not read comes as bad: half an audit certifies nothing by itself."""
    pool, reads = np.linspace(0.5, 1, 2001), clean_reads(200)
    reads.bad[::2] = True
    assert certify("nodule", "positive", reads, pool, 0.1, 0.05).threshold is None


def test_no_threshold_withholds_and_says_why() -> None:
    pool = np.linspace(0.5, 1, 500)
    assert "too few reads" in certify("nodule", "positive", clean_reads(20), pool, 0.1, 0.05).sentence
    bad = Reads(np.linspace(0.5, 1, 90), np.ones(90, bool))
    withheld = certify("nodule", "positive", bad, pool, 0.1, 0.05)
    assert withheld.threshold is None
    assert withheld.accepts == 0
    assert certify("nodule", "positive", clean_reads(0), np.zeros(0), 0.1, 0.05).threshold is None
    with pytest.raises(InvalidInput):
        certify("nodule", "positive", bad, pool, 0.0, 0.05)


def broken(draws: int, reads: int) -> float:
    """Share of audits whose accepted labels hold more than α errors: at every laxness they are a little too wrong but
    in the strictest tenth."""
    rng, count, alpha = np.random.default_rng(11), 0, 0.1
    presence = rng.random(4000)
    bad = rng.random(4000) < np.where(presence > 0.9, 0.08, 0.12)
    for _ in range(draws):
        chosen = rng.permutation(4000)[:reads]
        found = certify("nodule", "positive", Reads(presence[chosen], bad[chosen]), presence, alpha, 0.05)
        count += found.threshold is not None and bool(bad[presence >= found.threshold].mean() > alpha)
    return count / draws


def test_the_promise_is_broken_in_at_most_delta() -> None:
    assert broken(150, 300) <= 0.05


def test_weights() -> None:
    assert label_weight(np.array([0.0, 0.1, 0.39, 0.4, 1.0])) == pytest.approx([1, 0.9, 0.61, 0, 0])
    assert read_weight(True, False, 0.9, 0.9) == read_weight(False, True, None, 0.9) == 1
    assert read_weight(False, False, 0.25, 0.0) == 0.75
    assert read_weight(False, False, None, 0.1) == pytest.approx(0.9)
