"""A mean over films with an interval that keeps films of one patient together (definitions: section 1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # resamples at a time: memory grows with the patients, never with patients × resamples


@dataclass(frozen=True)
class Mean:
    """Mean over ``n`` films; 95 % interval [low, high], None where fewer than two patients leave nothing to vary."""

    n: int
    value: float
    low: float | None
    high: float | None


def clustered_mean(
    values: NDArray[np.float64], clusters: NDArray[np.int64], rng: np.random.Generator, resamples: int = 2000
) -> Mean:
    """The mean of values (n,), n ≥ 1, with a percentile bootstrap over their clusters (n,).

    For a paired change give the differences: both sides of a film are resampled together.
    """
    _, place = np.unique(clusters, return_inverse=True)
    sums, sizes = np.bincount(place, weights=values), np.bincount(place)
    count = len(sums)
    mean = float(values.mean())
    if count < 2:
        return Mean(len(values), mean, None, None)
    found = []
    for start in range(0, resamples, BLOCK):
        drawn = rng.integers(0, count, (min(BLOCK, resamples - start), count))
        found.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975))
    return Mean(len(values), mean, float(low), float(high))
