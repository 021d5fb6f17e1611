"""A mean over films, its interval over patients."""

import numpy as np
import pytest

from overread.domain.sampling.clusters import Mean, clustered_mean


def test_films_of_one_patient_do_not_make_the_interval_narrower() -> None:
    rng = np.random.default_rng(0)
    patients = rng.normal(0.5, 0.1, 60)
    alone = clustered_mean(patients, np.arange(60), np.random.default_rng(1))
    copied = clustered_mean(np.repeat(patients, 9), np.repeat(np.arange(60), 9), np.random.default_rng(1))
    assert copied.n == 9 * alone.n
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)
    assert alone.low < alone.value < alone.high  # type: ignore[operator]
    # As wide as theory has it: ± 1.96 standard errors.
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * patients.std() / 60**0.5, rel=0.15)  # type: ignore[operator]


def test_one_patient_leaves_nothing_to_vary() -> None:
    assert clustered_mean(np.array([0.2, 0.4]), np.array([7, 7]), np.random.default_rng(0)) == Mean(
        2,
        pytest.approx(0.3),  # type: ignore[arg-type]
        None,
        None,
    )


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        clusters = rng.integers(0, 40, 120)
        values = rng.normal(0, 1, 40)[clusters] + rng.normal(0, 0.3, 120)
        found = clustered_mean(values, clusters, rng, resamples=256)
        covered += found.low <= 0 <= found.high  # type: ignore[operator]
    assert covered >= 175
