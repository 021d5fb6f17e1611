"""Networks beside each other on the same films: their scores, and paired differences, with intervals over patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.metrics import FindingScores, best_level, weighted
from overread.domain.words import Metric

Floats = NDArray[np.float64]
SHOWN: tuple[Metric, ...] = ("d_auc", "dice")
MACRO = "macro"
Samples = dict[
    str, dict[Metric, Floats]
]  # by finding (and "macro") and score: (1 + resamples,), the films as they are first


@dataclass(frozen=True)
class Estimate:
    """A score, or the difference of two, with its 95 % interval; all None where the films that it needs are missing."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference:
    """``of`` − ``since``, by finding (and "macro", their mean) and score."""

    of: str
    since: str
    scores: dict[str, dict[Metric, Estimate]]


@dataclass(frozen=True)
class Beside:
    """D-AUC and Dice* of each network by finding (and "macro", their mean), and differences, film by film."""

    patients: int
    films: int
    scores: dict[str, dict[str, dict[Metric, Estimate]]]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Network:
    """What a network scored, a finding an entry: on development films, which choose its operating points, and on the
    films that it is compared on."""

    development: Sequence[FindingScores]
    compared: Sequence[FindingScores]


def beside(
    networks: Mapping[str, Network], pairs: Sequence[tuple[str, str]], findings: Sequence[str], resamples: int = 2000
) -> Beside:
    """Compare networks on the same films. The bootstrap draws patients, the same for all networks and findings, so that
    a difference is of the same films. ``pairs`` are (of, since).

    Raises ValueError where two networks were not scored on the same films.
    """
    first = next(iter(networks.values())).compared
    if any(_films(one.compared) != _films(first) for one in networks.values()):
        raise ValueError("Networks are compared on the same films, in the same order.")
    patients = sorted({patient for own in first for patient in (*own.positive_patients, *own.negative_patients)})
    draws = draw_patients(patients, resamples)
    samples = {name: resampled(own.development, own.compared, findings, draws, SHOWN) for name, own in networks.items()}
    films = max((len(own.curves) + len(own.maxima) for own in first), default=0)
    differences = [Difference(of, since, _estimates(_minus(samples[of], samples[since]))) for of, since in pairs]
    return Beside(len(patients), films, {name: _estimates(own) for name, own in samples.items()}, tuple(differences))


def _minus(of: Samples, since: Samples) -> Samples:
    return {f: {metric: own[metric] - since[f][metric] for metric in own} for f, own in of.items()}


def _films(scores: Sequence[FindingScores]) -> list[tuple[list[str], list[str]]]:
    return [(own.positive_patients, own.negative_patients) for own in scores]


def draw_patients(patients: Sequence[str], resamples: int) -> dict[str, Floats]:
    """How often each patient counts: (1 + resamples,), all once first. The same patients, the same draws."""
    rng, n = np.random.default_rng(0), len(patients)
    rows = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(resamples)]
    counts = np.stack([np.ones(n, np.int64), *rows], axis=1).astype(np.float64)
    return dict(zip(patients, counts, strict=True))


def resampled(
    development: Sequence[FindingScores],
    compared: Sequence[FindingScores],
    findings: Sequence[str],
    draws: Mapping[str, Floats],
    metrics: Sequence[Metric],
) -> Samples:
    """Each metric by finding and MACRO, (1 + resamples,): the films as they are first; NaN where there is none. The
    operating point is the ``development`` films'."""
    table: Samples = {}
    for finding, chosen, own in zip(findings, development, compared, strict=True):
        positive, negative = (_counted(one, draws) for one in (own.positive_patients, own.negative_patients))
        found = weighted(own, best_level(chosen), positive, negative)
        none = np.full(positive.shape[1], np.nan)
        table[finding] = {metric: found.get(metric, none) for metric in metrics}
    table[MACRO] = {metric: _mean(np.stack([own[metric] for own in table.values()])) for metric in metrics}
    return table


def _counted(patients: Sequence[str], draws: Mapping[str, Floats]) -> Floats:
    width = len(next(iter(draws.values())))
    return np.stack([draws[one] for one in patients]) if patients else np.zeros((0, width))


def _mean(values: Floats) -> Floats:
    """The mean over findings that have a value; NaN where none has."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))


def _estimates(table: Samples) -> dict[str, dict[Metric, Estimate]]:
    return {finding: {metric: _estimate(one) for metric, one in own.items()} for finding, own in table.items()}


def _estimate(samples: NDArray[np.floating[Any]]) -> Estimate:
    """The films as they are, and where 95 % of the resamples lie that have a value."""
    known = samples[1:][~np.isnan(samples[1:])]
    if np.isnan(samples[0]) or not len(known):
        return Estimate(None, None, None)
    low, high = np.quantile(known, (0.025, 0.975))
    return Estimate(float(samples[0]), float(low), float(high))
