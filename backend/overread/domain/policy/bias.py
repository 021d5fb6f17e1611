"""Confirmation bias between two iterations (definitions: section 6), each measure with its interval and its light.

Followed units are HOLDOUT, and audited items kept out of training: their truth is a reader's mask, and no network
learned from it. A change is measured on HOLDOUT alone; kept-out units were chosen for being wrong, and only say whether
errors come back. A measure without data has no value, no interval and no light; it is never 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overread.domain.sampling.shares import share
from overread.domain.words import Light

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SAME_PLACE = 0.7  # Dice of two masks from which an error is the same error
RESAMPLES = 2000
BINS = 10
# A measure is bad from its limit up. The volume ratio is bad outside a range.
LIMITS = {
    "reinforcement": 0.5,
    "kept-out": 0.5,
    "inflation": 0.05,
    "agreement": 0.1,
    "persistence": 0.7,
    "new": 0.1,
    "selection": 0.1,
    "drift": 0.05,
}
VOLUME = (0.5, 2.0)


@dataclass(frozen=True)
class Followed:
    """Units labelled at t and at t + 1, (n,) each: patient, whether each label is wrong, Dice of the two masks (1 where
    both are empty), presence q of each in [0, 1], and whether the lesion is there."""

    patient: NDArray[np.int64]
    wrong_before: Bools
    wrong_after: Bools
    likeness: Floats
    presence_before: Floats
    presence_after: Floats
    lesion: Bools

    def rows(self, index: Bools) -> "Followed":
        """These units alone."""
        return Followed(**{name: column[index] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Measure:
    """``n`` units speak; ``limit`` is where bad begins; ``light`` None without data. The interval is of 95 %."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    limit: float
    light: Light | None


def light(low: float | None, high: float | None, limit: float) -> Light | None:
    """Red: all of the interval is at the limit or beyond. Green: all of it is short of the limit. Amber: undecided."""
    if low is None or high is None:
        return None
    return "red" if low >= limit else "green" if high < limit else "amber"


def measure_bias(units: Followed, rng: np.random.Generator) -> list[Measure]:
    """The measures that compare two iterations on HOLDOUT units. Shares have Clopper–Pearson intervals, or those of a
    patient-clustered bootstrap where patients have several units and it is wider; differences have the bootstrap's."""
    wrong, right = units.wrong_before, ~units.wrong_before
    weights = _resamples(units.patient, rng)
    rise = np.abs(2 * units.presence_after - 1) - np.abs(2 * units.presence_before - 1)
    fixed = _share("fix", wrong, ~units.wrong_after, weights, units.patient)
    return [
        _again("reinforcement", units, weights),
        _difference("inflation", rise, wrong, right, weights),
        _difference("agreement", units.likeness, wrong, right, weights),
        _share("persistence", wrong, units.wrong_after, weights, units.patient),
        Measure("fix", fixed.value, fixed.low, fixed.high, fixed.n, 1 - LIMITS["persistence"], _mirrored(fixed)),
        _share("new", right, units.wrong_after, weights, units.patient),
        _drift(units, weights),
    ]


def reinforcement(name: str, units: Followed, rng: np.random.Generator) -> Measure:
    """P(wrong again in the same place | wrong before), of whatever units: it asks only how errors go on."""
    return _again(name, units, _resamples(units.patient, rng))


def volume_ratio(positives: int, population: int, prevalence: tuple[float, float, float] | None, reads: int) -> Measure:
    """Pseudo-positives ÷ the positives that the audit estimates, from prevalence (value, low, high) among
    ``population`` units. Red: all of the interval is outside [½, 2]; green: all of it is inside."""
    if prevalence is None or not population:
        return Measure("volume", None, None, None, reads, VOLUME[1], None)
    share_of = positives / population
    value, high, low = (share_of / p if p > 0 else float("inf") for p in prevalence)
    outside = low > VOLUME[1] or high < VOLUME[0]
    inside = low >= VOLUME[0] and high <= VOLUME[1]
    shown = None if np.isinf(value) else value
    found: Light = "red" if outside else "green" if inside else "amber"
    return Measure("volume", shown, low, None if np.isinf(high) else high, reads, VOLUME[1], found)


def selection_error(estimate: tuple[float, float, float] | None, reads: int, alpha: float) -> Measure:
    """The share of wrong labels among those trained on, (value, low, high) of an audit, against the risk α."""
    value, low, high = estimate or (None, None, None)
    return Measure("selection", value, low, high, reads, alpha, light(low, high, alpha))


def calibration_error(presence: Floats, lesion: Bools, weight: Floats) -> Floats:
    """ECE: over 10 bins of presence, share × |mean presence − share with the lesion|, for each row of weight."""
    total = weight.sum(axis=-1)
    found = np.zeros(weight.shape[:-1])
    bins = np.minimum((presence * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        inside = bins == number
        found += np.abs(weight[..., inside] @ (presence[inside] - lesion[inside]))
    return np.asarray(found / np.maximum(total, 1e-12))


def _again(name: str, units: Followed, weights: Floats) -> Measure:
    again = units.wrong_after & (units.likeness >= SAME_PLACE)
    return _share(name, units.wrong_before, again, weights, units.patient)


def _drift(units: Followed, weights: Floats) -> Measure:
    if not len(units.patient):
        return Measure("drift", None, None, None, 0, LIMITS["drift"], None)

    def change(weight: Floats) -> Floats:
        after = calibration_error(units.presence_after, units.lesion, weight)
        return np.asarray(after - calibration_error(units.presence_before, units.lesion, weight))

    value = float(change(np.ones(len(units.patient))))
    low, high = (float(q) for q in np.quantile(change(weights), (0.025, 0.975)))
    return Measure("drift", value, low, high, len(units.patient), LIMITS["drift"], light(low, high, LIMITS["drift"]))


def _share(name: str, among: Bools, hit: Bools, weights: Floats, patient: NDArray[np.int64]) -> Measure:
    n, limit = int(among.sum()), LIMITS.get(name, 1.0)
    if not n:
        return Measure(name, None, None, None, 0, limit, None)
    exact = share(int((among & hit).sum()), n)
    low, high = exact.low, exact.high
    if len(np.unique(patient[among])) < n:
        drawn = _means(hit.astype(float), among, weights)
        if len(drawn):
            low, high = min(low, float(np.quantile(drawn, 0.025))), max(high, float(np.quantile(drawn, 0.975)))
    return Measure(name, exact.value, low, high, n, limit, light(low, high, limit))


def _mirrored(fixed: Measure) -> Light | None:
    """Repairing is good: the light of its opposite."""
    return (
        None if fixed.low is None or fixed.high is None else light(1 - fixed.high, 1 - fixed.low, LIMITS["persistence"])
    )


def _difference(name: str, value: Floats, one: Bools, other: Bools, weights: Floats) -> Measure:
    n, limit = int(one.sum()), LIMITS[name]
    if not n or not other.any():
        return Measure(name, None, None, None, n, limit, None)
    here, there = _means(value, one, weights, keep=True), _means(value, other, weights, keep=True)
    drawn = here - there
    low, high = (float(q) for q in np.nanquantile(drawn, (0.025, 0.975)))
    return Measure(name, float(value[one].mean() - value[other].mean()), low, high, n, limit, light(low, high, limit))


def _means(value: Floats, among: Bools, weights: Floats, keep: bool = False) -> Floats:
    """The mean among some units in each resample; resamples without any of them are left out, or NaN if kept."""
    total = weights[:, among].sum(axis=1)
    mean = np.where(total > 0, weights[:, among] @ value[among] / np.maximum(total, 1e-12), np.nan)
    return mean if keep else mean[~np.isnan(mean)]


def _resamples(patient: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """How often each unit is in each of RESAMPLES draws of whole patients, (RESAMPLES, n)."""
    names, index = np.unique(patient, return_inverse=True)
    if not len(names):
        return np.zeros((RESAMPLES, 0))
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    return np.asarray(counts[:, index], dtype=np.float64)
