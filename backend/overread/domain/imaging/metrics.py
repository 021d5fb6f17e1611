"""Detection and segmentation scores per finding (definitions: section 1), exact on 8-bit probability maps.

One pass over a map leaves two 256-bin histograms; everything else, at every threshold and in every bootstrap
resample, comes from those. Thresholds are levels k = 0…255 for t = k/255; level 0 admits every pixel and is never
used, so "never" is level 0 below.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from overread.domain.imaging.evaluation import METRICS, FindingMetrics, Interval, MacroMetrics, Measure, Metrics
from overread.domain.words import Metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = 256
FOUND, USABLE = 0.2, 0.5  # d0: the Dice at which a lesion counts as found, as usable
BLOCK = 64  # resamples at a time: memory grows with the images, never with images × resamples


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
    positive_sources: list[str] = field(default_factory=list)
    negative_sources: list[str] = field(default_factory=list)

    def add(self, probability: NDArray[np.uint8], reference: NDArray[np.bool_], presence: float, patient: str) -> None:
        """Take in one image: map uint8 and reference bool of the same shape, presence q in [0, 1]."""
        if reference.any():
            self.add_positive(dice_curve(*histograms(probability, reference)), presence, patient)
        else:
            self.add_negative(int(probability.max()), presence, patient)

    def add_positive(self, curve: Floats, presence: float, patient: str, source: str = "") -> None:
        """Take in an image with the finding by its Dice curve (256,)."""
        self.curves.append(curve)
        self.positive_presence.append(presence)
        self.positive_patients.append(patient)
        self.positive_sources.append(source)

    def add_negative(self, maximum: int, presence: float, patient: str, source: str = "") -> None:
        """Take in an image without the finding by its map's maximum, 0…255."""
        self.maxima.append(maximum)
        self.negative_presence.append(presence)
        self.negative_patients.append(patient)
        self.negative_sources.append(source)

    @property
    def sources(self) -> set[str]:
        """Where its images came from."""
        return {*self.positive_sources, *self.negative_sources}

    def of_source(self, source: str) -> "FindingScores":
        """The images of one source alone."""
        part = FindingScores()
        with_finding = zip(
            self.curves, self.positive_presence, self.positive_patients, self.positive_sources, strict=True
        )
        without = zip(self.maxima, self.negative_presence, self.negative_patients, self.negative_sources, strict=True)
        for curve, presence, patient, own in with_finding:
            if own == source:
                part.add_positive(curve, presence, patient, own)
        for maximum, presence, patient, own in without:
            if own == source:
                part.add_negative(maximum, presence, patient, own)
        return part


def best_level(scores: FindingScores) -> int | None:
    """t*: the level with the highest mean Dice over images with the finding; None without any."""
    return int(np.argmax(np.mean(scores.curves, axis=0)[1:])) + 1 if scores.curves else None


def evaluate(
    scores: FindingScores, level: int | None, rng: np.random.Generator, d0: float = FOUND, resamples: int = 2000
) -> FindingMetrics:
    """All scores at the operating point ``level`` (chosen on development images), each with a 95 % interval.

    The bootstrap resamples patients, within those with and those without the finding, so that films of one patient
    stay together. A score without the images it needs is None, never 0.
    """
    prepared = _Prepared(scores, level, d0)
    weights = _blocks(scores.positive_patients, resamples, rng), _blocks(scores.negative_patients, resamples, rng)
    blocks = [prepared.scores(*pair) for pair in zip(*weights, strict=True)]
    measured: dict[Metric, Measure] = {}
    for name in blocks[0]:
        samples = np.concatenate([block[name] for block in blocks])
        measured[name] = Measure(float(samples[0]), _interval(samples[1:]))
    patients = len({*scores.positive_patients, *scores.negative_patients})
    return FindingMetrics.of(len(scores.curves), len(scores.maxima), patients, level, measured)


def weighted(
    scores: FindingScores, level: int | None, positive: Floats, negative: Floats, d0: float = FOUND
) -> dict[Metric, Floats]:
    """All scores, each (resamples,), with images counted as often as ``positive`` (images with the finding, resamples)
    and ``negative`` (images without it, resamples) say; NaN where none of a kind counts.

    For a paired interval: two networks on the same films get the same weights.
    """
    with np.errstate(invalid="ignore"):
        return _Prepared(scores, level, d0).scores(positive, negative)


def macro(per_finding: Mapping[str, FindingMetrics]) -> MacroMetrics:
    """The mean over the findings that have a value; never pooled over images."""
    means: dict[str, float | None] = {}
    for name in METRICS:
        values = [value for own in per_finding.values() if (value := own.measure(name).value) is not None]
        means[name] = float(np.mean(values)) if values else None
    return MacroMetrics(**means)


def summarise(
    scores: Sequence[FindingScores], levels: Sequence[int | None], findings: Sequence[str], resamples: int = 2000
) -> Metrics:
    """Per finding with intervals, and the macro mean. The seed of the bootstrap is fixed: same films, same interval."""
    rng = np.random.default_rng(0)
    per_finding = {
        finding: evaluate(own, level, rng, resamples=resamples)
        for finding, own, level in zip(findings, scores, levels, strict=True)
    }
    return Metrics(per_finding, macro(per_finding))


def _blocks(patients: list[str], resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """How often each image counts: (images, resamples of a block); first the sample itself, alone."""
    yield np.ones((len(patients), 1))
    _, index = np.unique(patients, return_inverse=True)
    clusters = int(index.max()) + 1 if len(index) else 0
    (stream,) = rng.spawn(1)  # a stream of its own, so that the blocks of two lists may be drawn in turns
    for start in range(0, resamples, BLOCK):
        rows = range(min(BLOCK, resamples - start))
        drawn = [
            np.bincount(stream.integers(0, clusters, clusters) if clusters else [], minlength=clusters) for _ in rows
        ]
        yield np.stack(drawn, axis=1)[index].astype(np.float64)


class _Prepared:
    """What every resample shares. ``scores`` of a block are (resamples,) each; one without its images is left out."""

    def __init__(self, scores: FindingScores, level: int | None, d0: float) -> None:
        self.level, self.d0 = level, d0
        self.curves = np.stack(scores.curves) if scores.curves else np.zeros((0, LEVELS))
        self.maxima = np.array(scores.maxima, dtype=np.int64)
        self.alarms = _members(alarm_level(self.maxima))
        found_at: dict[Metric, float] = {"d_auc": d0, "d_auc_usable": USABLE}
        self.found = {name: _members(found_level(self.curves, at)) for name, at in found_at.items()}
        best = np.maximum.accumulate(self.curves[:, ::-1], axis=1)[:, ::-1]
        # column k: the best Dice over levels > k
        self.above = np.hstack([best[:, 1:], np.zeros((len(best), 1))])
        yes, no = np.array(scores.positive_presence), np.array(scores.negative_presence)
        self.order = np.argsort(no, kind="stable")
        self.below = np.searchsorted(no[self.order], yes, "left"), np.searchsorted(no[self.order], yes, "right")

    def scores(self, positive: Floats, negative: Floats) -> dict[Metric, Floats]:
        found: dict[Metric, Floats] = {}
        if len(self.curves) and self.level is not None:
            found["dice"] = _mean(self.curves[:, self.level], positive)
            found["sensitivity"] = _mean(self.curves[:, self.level] >= self.d0, positive)
        if len(self.maxima) and self.level is not None:
            found["specificity"] = _mean(self.maxima < self.level, negative)
        if len(self.curves) and len(self.maxima):
            positive, negative = positive / positive.sum(axis=0), negative / negative.sum(axis=0)
            alarms = self.alarms @ negative
            found |= {name: _auc(levels @ positive, alarms) for name, levels in self.found.items()}
            found["id_auc"] = ((self.above.T @ positive) * alarms).sum(axis=0)
            found["auroc"] = self._auroc(positive, negative)
        return found

    def _auroc(self, positive: Floats, negative: Floats) -> Floats:
        """Σ over positives of the negatives ranked below, half of those ranked the same."""
        up_to = np.vstack([np.zeros((1, negative.shape[1])), np.cumsum(negative[self.order], axis=0)])
        left, right = self.below
        return np.asarray((positive * (up_to[left] + up_to[right])).sum(axis=0) / 2)


def _members(levels: Ints) -> sparse.csr_array:
    """Which image stands at which level: (256, images), so that ``@ weights`` counts them."""
    return sparse.csr_array((np.ones(len(levels)), (levels, np.arange(len(levels)))), shape=(LEVELS, len(levels)))


def _mean(values: NDArray[Any], weights: Floats) -> Floats:
    return np.asarray(values.astype(np.float64) @ weights / weights.sum(axis=0))


def _auc(positive: Floats, negative: Floats) -> Floats:
    """Mean over pairs of 1[s⁺ > s⁻] + ½·1[s⁺ = s⁻], from the shares at each level (256, resamples)."""
    below = np.cumsum(negative, axis=0) - negative
    return np.asarray((positive * (below + negative / 2)).sum(axis=0))


def _interval(samples: Floats) -> Interval:
    low, high = np.quantile(samples, (0.025, 0.975))
    return [float(low), float(high)]
