"""The difference estimator by hand, no worse than the stratified mean, covering the truth of simulated audits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.readers.trust import corrected_error
from overread.domain.sampling.pool_estimates import difference_estimate, most_worth, reads_for, worth
from overread.domain.sampling.shares import share


def test_without_a_prediction_it_is_the_stratified_mean() -> None:
    loss, stratum, sizes = np.array([0.0, 1.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1, 1]), np.array([30, 10])
    found = difference_estimate(loss, np.zeros(5), stratum, sizes, np.zeros(2))
    assert found is not None
    by_hand = 0.75 * 0.5 + 0.25 * 2 / 3, 0.75**2 * (1 - 2 / 30) * 0.5 / 2 + 0.25**2 * (1 - 3 / 10) * (1 / 3) / 3
    assert (found.value, found.variance) == pytest.approx(by_hand)
    assert found.tuning == 0


def test_a_perfect_prediction_leaves_no_doubt() -> None:
    pool = np.random.default_rng(0).random(100)
    found = difference_estimate(pool[:20], pool[:20], np.zeros(20, np.int64), np.array([100]), np.array([pool.mean()]))
    assert found is not None
    assert found.value == pytest.approx(pool.mean())
    assert found.variance == pytest.approx(0)
    assert found.tuning == 1


@given(st.integers(0, 200))
def test_the_tuning_is_clipped_and_never_adds_variance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    loss, other, stratum = rng.random(30), rng.random(30), np.arange(30) % 3
    sizes = np.array([50, 60, 70])
    plain = difference_estimate(loss, np.zeros(30), stratum, sizes, np.zeros(3))
    helped = difference_estimate(loss, other, stratum, sizes, np.full(3, 0.5))
    assert plain is not None
    assert helped is not None
    assert 0 <= helped.tuning <= 1
    assert helped.variance <= plain.variance + 1e-12


@pytest.mark.parametrize(
    ("guessed", "low", "high"), [("good", 0.49014, 0.50696), ("poor", 0.46942, 0.52427), ("none", 0.46768, 0.52432)]
)
def test_one_stratum_as_ppi_py_says(guessed: str, low: float, high: float) -> None:
    """Numbers of ppi-python 0.2.3's ppi_mean_ci (alpha .05, its own power tuning; MIT, github.com/aangelopoulos/ppi_py)
    on these predictions, found outside of this project. It takes the pool as a sample and normal quantiles, we as what
    is asked about and Student's: little apart in a large pool, and most where predictions leave little doubt."""
    i = np.arange(20_000)
    truth = (i * 7919 % 1000) / 1000
    guess = {
        "good": truth * 0.9 + 0.05 + 0.1 * np.sin(i),
        "poor": 0.5 + 0.2 * (truth - 0.5) + 0.3 * np.sin(i * 1.7),
        "none": (i * 104729 % 997) / 997,
    }[guessed]
    read, one = (i * 7 % 20_000)[:400], np.zeros(400, np.int64)
    found = difference_estimate(truth[read], guess[read], one, np.array([20_000]), np.array([guess.mean()]))
    assert found is not None
    assert found.value == pytest.approx((low + high) / 2, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


def test_a_share_is_never_surer_than_the_exact_interval() -> None:
    """Two errors in 100 reads of a vast pool: Clopper and Pearson's 0.24–7.04 %, where Student's ends at 4.8 %."""
    loss = np.array([1.0, 1.0, *[0.0] * 98])
    found = difference_estimate(loss, np.zeros(100), np.zeros(100, np.int64), np.array([10**9]), np.zeros(1))
    assert found is not None
    assert found.high == pytest.approx(0.0704, abs=1e-3)
    assert found.low < 0.0024


def test_an_unread_stratum_gives_no_estimate() -> None:
    assert difference_estimate(np.ones(3), np.ones(3), np.zeros(3, np.int64), np.array([5, 5]), np.ones(2)) is None
    assert difference_estimate(np.ones(0), np.ones(0), np.zeros(0, np.int64), np.array([5]), np.ones(1)) is None


def test_intervals_cover_at_least_93_percent_of_200_audits() -> None:
    rng = np.random.default_rng(2)
    stratum = np.repeat([0, 1, 2, 3], [900, 600, 300, 200])
    risk = rng.beta(1 + stratum, 6)
    bad, sizes = (rng.random(2000) < risk).astype(float), np.bincount(stratum)
    means = np.bincount(stratum, risk) / sizes
    covered = 0
    for _ in range(200):
        chosen = np.concatenate([rng.choice(np.flatnonzero(stratum == h), 60, replace=False) for h in range(4)])
        found = difference_estimate(bad[chosen], risk[chosen], stratum[chosen], sizes, means)
        assert found is not None
        covered += found.low <= bad.mean() <= found.high
    assert covered / 200 >= 0.93


def test_reads_on_one_film_by_hand() -> None:
    """Two findings of 100 units, each read on the same four films, with the losses 1, 1, 0, 0 both times: the variance
    is that of four film means, (1 − 4/100)·(1/3)/4; read apart, half of it."""
    loss, stratum = np.array([1.0, 1.0, 0.0, 0.0] * 2), np.repeat([0, 1], 4)
    sizes, film, nothing = np.array([100, 100]), np.tile(np.arange(4), 2), np.zeros(8)
    together = difference_estimate(loss, nothing, stratum, sizes, np.zeros(2), film)
    apart = difference_estimate(loss, nothing, stratum, sizes, np.zeros(2), np.arange(8))
    assert together is not None
    assert apart is not None
    assert together.variance == pytest.approx(0.96 / 12)
    assert apart.variance == pytest.approx(0.96 / 24)
    assert apart == difference_estimate(loss, nothing, stratum, sizes, np.zeros(2))
    assert worth(loss, stratum, sizes, film) == pytest.approx((0.5, 3))  # e(1 − e) ÷ (s²/n), of four films
    assert worth(nothing, stratum, sizes, film) == pytest.approx((0.0, 4))
    against = difference_estimate(np.where(stratum == 1, 1 - loss, loss), nothing, stratum, sizes, np.zeros(2), film)
    assert against is not None
    assert against.variance == apart.variance  # no more is claimed where findings make up for one another


@pytest.mark.parametrize(("share", "together"), [(0.1, 0.8), (0.03, 0.8), (0.1, 0.0)])
def test_the_estimate_of_all_covers_where_a_films_findings_are_wrong_together(share: float, together: float) -> None:
    """Five findings of 2,000 films, forty reads of each on the same films; a wrong film has each of its labels wrong
    with the chance ``together``. Read as if they were apart, the interval is broken in one audit of seven or more."""
    rng = np.random.default_rng(1)
    wrong = np.arange(2000)[:, None] < 2000 * share
    bad = np.where(wrong, rng.random((2000, 5)) < together, rng.random((2000, 5)) < 0.2 * share).astype(float)
    side = (rng.random((2000, 5)) < 0.7).astype(np.int64)
    sizes = np.array([np.count_nonzero(side[:, f] == d) for f in range(5) for d in range(2)])
    covered, apart, told = 0, 0, 0
    for _ in range(300):
        film = np.repeat(rng.permutation(2000)[:40], 5)
        finding = np.tile(np.arange(5), 40)
        loss, stratum = bad[film, finding], 2 * finding + side[film, finding]
        found = difference_estimate(loss, np.zeros(200), stratum, sizes, np.zeros(10), film)
        plain = difference_estimate(loss, np.zeros(200), stratum, sizes, np.zeros(10))
        if found is None or plain is None:
            continue
        told += 1
        covered += found.variance == 0 or found.low <= bad.mean() <= found.high
        apart += plain.variance == 0 or plain.low <= bad.mean() <= plain.high
    assert told > 290
    assert covered / told >= 0.93
    assert together == 0 or apart / told < 6 / 7


def test_reads_on_one_film_are_worth_a_film_until_errors_are_seen_to_come_apart() -> None:
    assert most_worth(np.zeros(200), 40) == pytest.approx(40)
    assert most_worth(np.ones(200), 40) == pytest.approx(40)
    assert most_worth(np.repeat([0.0, 1.0], [199, 1]), 40) == pytest.approx(200 * 3 / 11)
    assert most_worth(np.repeat([0.0, 1.0], [10**6, 10**6]), 4 * 10**5) == pytest.approx(2 * 10**6, rel=1e-4)
    assert most_worth(np.zeros(200), 200) == 200


def test_reads_for_by_the_textbook() -> None:
    """Simple random sampling of a share near ½ to ± 5 %: 385 of a vast pool, 278 of 1,000."""
    half = np.array([0.5])
    assert reads_for(0.05, half, np.array([10**9]), np.ones(1)) == 385
    assert reads_for(0.05, half, np.array([1000]), np.ones(1)) == 278
    assert reads_for(0.0, half, np.array([1000]), np.ones(1)) == 1000


def test_reads_of_a_draw_in_proportion_are_worth_their_number_and_uneven_ones_less() -> None:
    loss = np.array([0.0, 1.0] * 10)
    even = worth(loss, np.zeros(20, np.int64), np.array([10**6]))
    assert even == pytest.approx((0.5, 19))  # e(1 − e) ÷ (s²/n), s² with n − 1
    uneven = worth(loss, np.repeat([0, 1], [4, 16]), np.array([500, 500]))
    assert uneven is not None
    assert uneven[1] < 1 / (0.25 / 4 + 0.25 / 16) + 1e-9  # Kish
    assert worth(np.zeros(20), np.zeros(20, np.int64), np.array([20])) == pytest.approx((0.0, 20))  # no spread
    assert worth(loss, np.zeros(20, np.int64), np.array([20, 1])) is None


def test_a_corrected_error_of_an_uneven_draw_covers_the_truth_that_readers_blur() -> None:
    """The audit as it is: strata read unevenly, readers who miss one wrong mask in five and refuse one right in
    twenty, their rates known from 30 plants and 40 right masks. The plain interval speaks of what readers see."""
    rng, covered, plain = np.random.default_rng(4), 0, 0
    sizes, counts, rates = np.array([900, 600, 300, 200]), np.array([40, 50, 60, 50]), (0.02, 0.1, 0.3, 0.5)
    wrong = [rng.random(size) < rate for size, rate in zip(sizes, rates, strict=True)]
    truth, stratum = float(np.concatenate(wrong).mean()), np.repeat(np.arange(4), counts)
    for _ in range(400):
        real = np.concatenate([rng.choice(own, n, replace=False) for own, n in zip(wrong, counts, strict=True)])
        seen = np.where(real, rng.random(200) < 0.8, rng.random(200) < 0.05).astype(float)
        told = worth(seen, stratum, sizes)
        assert told is not None
        plants, right = share(int(rng.binomial(30, 0.8)), 30), share(int(rng.binomial(40, 0.05)), 40)
        found = corrected_error(*told, plants, right)
        assert found is not None
        covered += found[1] <= truth <= found[2]
        other = difference_estimate(seen, np.zeros(200), stratum, sizes, np.zeros(4))
        plain += other is not None and other.low <= truth <= other.high
    assert covered / 400 >= 0.93
    assert plain < covered
