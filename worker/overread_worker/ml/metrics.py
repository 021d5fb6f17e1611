"""The scores of an evaluation, by name: what is written to the database is ``stored``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from overread.domain.imaging.metrics import FindingScores, evaluate, macro

Interval = list[float]  # its low and its high end


@dataclass(frozen=True)
class FindingMetrics:
    """One finding's, at the operating point ``level`` and with 95 % intervals; a score without the images it needs is
    None, never 0."""

    positives: int
    negatives: int
    patients: int
    level: int | None
    d_auc: float | None
    d_auc_interval: Interval | None
    d_auc_usable: float | None
    d_auc_usable_interval: Interval | None
    id_auc: float | None
    id_auc_interval: Interval | None
    dice: float | None
    dice_interval: Interval | None
    sensitivity: float | None
    sensitivity_interval: Interval | None
    specificity: float | None
    specificity_interval: Interval | None
    auroc: float | None
    auroc_interval: Interval | None


@dataclass(frozen=True)
class MacroMetrics:
    """The mean over the findings that have a value."""

    d_auc: float | None
    d_auc_usable: float | None
    id_auc: float | None
    dice: float | None
    sensitivity: float | None
    specificity: float | None
    auroc: float | None


@dataclass(frozen=True)
class Metrics:
    """The scores on the films of a split."""

    per_finding: dict[str, FindingMetrics]
    macro: MacroMetrics


@dataclass(frozen=True)
class EnsembleMetrics(Metrics):
    """The scores of an ensemble on the films of a split; ``sources``: on those of each source alone, by its name."""

    sources: dict[str, Metrics]


def summarise(
    scores: Sequence[FindingScores], levels: Sequence[int | None], findings: Sequence[str], resamples: int = 2000
) -> Metrics:
    """Per finding with intervals, and the macro mean. The seed of the bootstrap is fixed: same films, same interval."""
    rng = np.random.default_rng(0)
    values = {
        finding: evaluate(own, level, rng, resamples=resamples)
        for finding, own, level in zip(findings, scores, levels, strict=True)
    }
    return Metrics({name: FindingMetrics(**own) for name, own in values.items()}, MacroMetrics(**macro(values)))


def stored(splits: Mapping[str, Metrics]) -> dict[str, object]:
    """The metrics of each split as JSON keeps them."""
    return {split: _stored(metrics) for split, metrics in splits.items()}


def _stored(metrics: Metrics) -> dict[str, object]:
    values: dict[str, object] = {
        "per_finding": {name: asdict(own) for name, own in metrics.per_finding.items()},
        "macro": asdict(metrics.macro),
    }
    return values | {"sources": stored(metrics.sources)} if isinstance(metrics, EnsembleMetrics) else values
