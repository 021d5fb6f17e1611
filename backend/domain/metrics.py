"""Detection and segmentation scores per finding (definitions: section 1), exact on 8-bit probability maps.

One pass over a map leaves two 256-bin histograms; everything else, at every threshold and in every bootstrap
resample, comes from those. Thresholds are levels k = 0…255 for t = k/255; level 0 admits every pixel and is never
used, so "never" is level 0 below.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = 256
FOUND = 0.2  # d0: the Dice at which a lesion counts as found


def histograms(probability: NDArray[np.uint8], reference: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Counts of each value 0…255 inside and outside the reference, both (256,)."""
    both = np.bincount(probability.ravel() + reference.ravel() * np.uint16(LEVELS), minlength=2 * LEVELS)
    return both[LEVELS:], both[:LEVELS]


def dice_curve(inside: Ints, outside: Ints) -> Floats:
    """Dice(t) of {P ≥ t} with the reference for every level (…, 256); a map that marks nothing scores 0."""
    hit = np.cumsum(inside[..., ::-1], axis=-1)[..., ::-1]
    false = np.cumsum(outside[..., ::-1], axis=-1)[..., ::-1]
    size = inside.sum(axis=-1, keepdims=True)
    return np.asarray(2 * hit / np.maximum(hit + false + size, 1))


def found_level(curves: Floats, d0: float) -> Ints:
    """s⁺: the highest level ≥ 1 with Dice ≥ d0, per curve (N, 256); 0 for never."""
    found = curves[:, 1:] >= d0
    highest = LEVELS - 1 - np.argmax(found[:, ::-1], axis=1)
    return np.where(found.any(axis=1), highest, 0)


def alarm_level(maxima: NDArray[np.integer]) -> Ints:
    """s⁻: the map's maximum; 0 (never) where it does not exceed 1/255."""
    return np.where(maxima <= 1, 0, maxima).astype(np.int64)


@dataclass
class FindingScores:
    """What is kept of every image for one finding: enough for every score, small enough for any pool."""

    curves: list[Floats] = field(default_factory=list)  # Dice curve of each image with the finding
    positive_presence: list[float] = field(default_factory=list)
    positive_patients: list[str] = field(default_factory=list)
    maxima: list[int] = field(default_factory=list)  # map maximum of each image without it
    negative_presence: list[float] = field(default_factory=list)
    negative_patients: list[str] = field(default_factory=list)

    def add(self, probability: NDArray[np.uint8], reference: NDArray[np.bool_], presence: float, patient: str) -> None:
        """Take in one image: map uint8 and reference bool of the same shape, presence q in [0, 1]."""
        if reference.any():
            self.curves.append(dice_curve(*histograms(probability, reference)))
            self.positive_presence.append(presence)
            self.positive_patients.append(patient)
        else:
            self.maxima.append(int(probability.max()))
            self.negative_presence.append(presence)
            self.negative_patients.append(patient)


def best_level(scores: FindingScores) -> int | None:
    """t*: the level with the highest mean Dice over images with the finding; None without any."""
    return int(np.argmax(np.mean(scores.curves, axis=0)[1:])) + 1 if scores.curves else None


def evaluate(
    scores: FindingScores, level: int | None, rng: np.random.Generator, d0: float = FOUND, resamples: int = 2000
) -> dict[str, Any]:
    """All scores at the operating point ``level`` (chosen on development images), each with a 95 % interval.

    The bootstrap resamples patients, within those with and those without the finding, so that films of one patient
    stay together. A score without the images it needs is None, never 0.
    """
    positive = _weights(scores.positive_patients, resamples, rng)
    negative = _weights(scores.negative_patients, resamples, rng)
    values: dict[str, Any] = {
        "positives": len(scores.curves),
        "negatives": len(scores.maxima),
        "patients": len({*scores.positive_patients, *scores.negative_patients}),
        "level": level,
    }
    for name, samples in _scores(scores, level, d0, positive, negative).items():
        values[name] = None if samples is None else float(samples[0])
        values[f"{name}_interval"] = None if samples is None else _interval(samples[1:])
    return values


def macro(per_finding: dict[str, dict[str, Any]]) -> dict[str, float | None]:
    """The mean over the findings that have a value; never pooled over images."""
    means: dict[str, float | None] = {}
    for name in SCORES:
        values = [scores[name] for scores in per_finding.values() if scores[name] is not None]
        means[name] = float(np.mean(values)) if values else None
    return means


SCORES = ("d_auc", "d_auc_usable", "id_auc", "dice", "sensitivity", "specificity", "auroc")


def _weights(patients: list[str], resamples: int, rng: np.random.Generator) -> Floats:
    """How often each image counts: (1 + resamples, images); row 0 is the sample itself."""
    if not patients:
        return np.zeros((1 + resamples, 0))
    _, index = np.unique(patients, return_inverse=True)
    clusters = int(index.max()) + 1
    drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
    return np.vstack([np.ones(len(patients)), drawn[:, index]]).astype(np.float64)


def _scores(
    scores: FindingScores, level: int | None, d0: float, positive: Floats, negative: Floats
) -> dict[str, Floats | None]:
    found: dict[str, Floats | None] = dict.fromkeys(SCORES)
    if scores.curves:
        curves = np.stack(scores.curves)
        if level is not None:
            found["dice"] = _mean(curves[:, level], positive)
            found["sensitivity"] = _mean(curves[:, level] >= d0, positive)
    if scores.maxima and level is not None:
        found["specificity"] = _mean(np.array(scores.maxima) < level, negative)
    if scores.curves and scores.maxima:
        alarms = _spread(alarm_level(np.array(scores.maxima)), negative)
        found["d_auc"] = _auc(_spread(found_level(curves, d0), positive), alarms)
        found["d_auc_usable"] = _auc(_spread(found_level(curves, 0.5), positive), alarms)
        found["id_auc"] = _id_auc(curves, positive, alarms)
        found["auroc"] = _auroc(scores, positive, negative)
    return found


def _mean(values: NDArray[Any], weights: Floats) -> Floats:
    return np.asarray(weights @ values.astype(np.float64) / weights.sum(axis=1))


def _spread(levels: Ints, weights: Floats) -> Floats:
    """Each resample's share of images at each level: (resamples, 256)."""
    at = np.zeros((len(levels), LEVELS))
    at[np.arange(len(levels)), levels] = 1
    return np.asarray(weights @ at / weights.sum(axis=1, keepdims=True))


def _auc(positive: Floats, negative: Floats) -> Floats:
    """Mean over pairs of 1[s⁺ > s⁻] + ½·1[s⁺ = s⁻], from the shares at each level."""
    below = np.cumsum(negative, axis=1) - negative
    return np.asarray((positive * (below + negative / 2)).sum(axis=1))


def _id_auc(curves: Floats, positive: Floats, alarms: Floats) -> Floats:
    """Mean over pairs of max_{t > s⁻} Dice(t): the best Dice left once the negative image is silent."""
    best = np.maximum.accumulate(curves[:, ::-1], axis=1)[:, ::-1]
    above = np.hstack([best[:, 1:], np.zeros((len(curves), 1))])  # column k: best over levels > k
    share = positive / positive.sum(axis=1, keepdims=True)
    return np.asarray(((alarms @ above.T) * share).sum(axis=1))


def _auroc(scores: FindingScores, positive: Floats, negative: Floats) -> Floats:
    values = np.array(scores.positive_presence + scores.negative_presence)
    _, rank = np.unique(values, return_inverse=True)
    at = np.zeros((len(values), int(rank.max()) + 1))
    at[np.arange(len(values)), rank] = 1
    n = len(scores.positive_presence)
    up = positive @ at[:n] / positive.sum(axis=1, keepdims=True)
    down = negative @ at[n:] / negative.sum(axis=1, keepdims=True)
    return _auc(up, down)


def _interval(samples: Floats) -> list[float]:
    low, high = np.quantile(samples, (0.025, 0.975))
    return [float(low), float(high)]
