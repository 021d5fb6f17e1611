"""What an evaluation says: the scores of one finding, their means over findings, and both by source.

``metrics`` computes them. Fields are named by their metric, as JSON keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Self, get_args

from overread.domain.words import Metric

METRICS: tuple[Metric, ...] = get_args(Metric)
Interval = list[float]  # 95 %: its low and its high end


@dataclass(frozen=True)
class Measure:
    """A score and its interval; None where the images that it needs are missing."""

    value: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class FilmCounts:
    """Films at the operating point, each counted once: with the finding, a lesion that is found (Dice of at least
    ``metrics.FOUND``) or missed; without it, a map that marks something or nothing."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


@dataclass(frozen=True)
class FindingMetrics:
    """The scores of one finding. ``positives``, ``negatives``: films with it and without; ``level``: the operating
    point, None where no development film has the finding."""

    positives: int
    negatives: int
    patients: int
    level: int | None
    d_auc: float | None = None
    d_auc_interval: Interval | None = None
    d_auc_usable: float | None = None
    d_auc_usable_interval: Interval | None = None
    id_auc: float | None = None
    id_auc_interval: Interval | None = None
    dice: float | None = None
    dice_interval: Interval | None = None
    sensitivity: float | None = None
    sensitivity_interval: Interval | None = None
    specificity: float | None = None
    specificity_interval: Interval | None = None
    auroc: float | None = None
    auroc_interval: Interval | None = None

    @classmethod
    def of(
        cls, positives: int, negatives: int, patients: int, level: int | None, measured: Mapping[Metric, Measure]
    ) -> Self:
        """From scores by their name; one that is missing was not measured."""
        fields: dict[str, Any] = {name: one.value for name, one in measured.items()}
        fields |= {f"{name}_interval": one.interval for name, one in measured.items()}
        return cls(positives, negatives, patients, level, **fields)

    def measure(self, metric: Metric) -> Measure:
        """The score of this name."""
        return Measure(getattr(self, metric), getattr(self, f"{metric}_interval"))

    @property
    def counts(self) -> FilmCounts | None:
        """The films behind sensitivity and specificity; None without an operating point."""
        if self.level is None:
            return None
        found, clean = round((self.sensitivity or 0) * self.positives), round((self.specificity or 0) * self.negatives)
        return FilmCounts(found, self.negatives - clean, clean, self.positives - found)


@dataclass(frozen=True)
class MacroMetrics:
    """The mean of each score over the findings that have a value."""

    d_auc: float | None = None
    d_auc_usable: float | None = None
    id_auc: float | None = None
    dice: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    auroc: float | None = None

    def value(self, metric: Metric) -> float | None:
        """The mean of this name."""
        value: float | None = getattr(self, metric)
        return value


@dataclass(frozen=True)
class Metrics:
    """The scores on the films of a split."""

    per_finding: dict[str, FindingMetrics]
    macro: MacroMetrics

    def macro_measure(self, metric: Metric) -> Measure:
        """The mean of this name. Its interval is the mean of the findings' own, which is no narrower than the mean's:
        its deviation is at most the mean of theirs, whatever they have to do with each other. It is None where a value
        has none."""
        measured = [own.measure(metric) for own in self.per_finding.values()]
        intervals = [one.interval for one in measured if one.value is not None and one.interval is not None]
        whole = intervals and len(intervals) == sum(one.value is not None for one in measured)
        ends = [fmean(end) for end in zip(*intervals, strict=True)] if whole else None
        return Measure(self.macro.value(metric), ends)


@dataclass(frozen=True)
class EnsembleMetrics(Metrics):
    """The scores of an ensemble on the films of a split; ``sources``: on those of each source alone, by its name."""

    sources: dict[str, Metrics] = field(default_factory=dict)
