"""Intervals over patients and seeds: of a score, and of its paired difference from a reference arm.

A score varies because other patients might have been the test set, and because other seeds (films to learn from,
weights, augmentation) might have been drawn. Both parts are estimated apart and added:

    SE² = s²/S  +  variance of the bootstrap means          s: spread of the S seeds, all on the same patients
    mean ± t(ν) · SE,   ν = (S − 1)(SE²/(s²/S))²             Welch–Satterthwaite, the patients' part taken as known

With no patients' part this is Student's paired t interval, with no seeds' part the normal bootstrap interval. One seed
gives the patients' part alone. Pairing: the same seed has the same films, the same resample the same patients.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval; ``seeds`` are the values it is the mean of."""

    mean: float
    low: float
    high: float
    seeds: list[float]


def interval(values: Floats, samples: Floats) -> Interval | None:
    """Values (S,) of S seeds and their resamples (S, B), the same patients in each column; None without a value."""
    known = ~np.isnan(values)
    values, samples = values[known], samples[known]
    if not len(values):
        return None
    means = samples.mean(axis=0)
    means = means[~np.isnan(means)]
    over_patients = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    over_seeds = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    total = over_patients + over_seeds
    freedom = (len(values) - 1) * (total / over_seeds) ** 2 if over_seeds else np.inf
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * total**0.5
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half, values.tolist())


def difference(ours: Floats, our_samples: Floats, theirs: Floats, their_samples: Floats) -> Interval | None:
    """The same of our score less theirs, seed by seed and resample by resample."""
    return interval(ours - theirs, our_samples - their_samples)
