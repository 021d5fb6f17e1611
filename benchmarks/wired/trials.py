"""A setting that is simulated many times, what is counted, and what the count should be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.goals import Goal
from benchmarks.wired.pool import Pool, PoolPlan
from overread.db.session import Database
from overread.domain.sampling.shares import share

USUAL = 200  # audits of a setting
Observed = list[tuple[str, float]]  # what one audit adds to each count


@dataclass(frozen=True)
class Aim:
    """What the mean of a count should be, at least or at most."""

    key: str
    target: float
    least: bool = True


@dataclass(frozen=True)
class Trial:
    """One setting: ``run`` simulates an audit by its number on a pool that lies in the database, and tells counts."""

    name: str
    pool: PoolPlan
    run: Callable[[Database, Pool, int], Observed]
    aims: tuple[Aim, ...]
    audits: int = USUAL


@dataclass(frozen=True)
class Counted:
    """What all audits of a trial told, by count."""

    trial: Trial
    audits: int
    values: dict[str, list[float]]

    def goals(self) -> list[Goal]:
        return [self._goal(aim) for aim in self.trial.aims]

    def lines(self) -> Iterator[str]:
        """Each count's mean; of a share also its one-sided 95 % limits (Clopper & Pearson, 1934)."""
        for key, values in sorted(self.values.items()):
            line = f"{self.trial.name}: {key} {fmean(values):.3f}"
            if set(values) <= {0.0, 1.0}:
                limits = share(int(sum(values)), len(values), 0.1)
                line += f" ({limits.low:.3f} to {limits.high:.3f}, {len(values)} counted)"
            else:
                line += f" (median {median(values):.4g}, {len(values)} counted)"
            yield line

    def _goal(self, aim: Aim) -> Goal:
        values = self.values.get(aim.key)
        name = f"{self.trial.name}, {self.audits} audits: {aim.key}"
        return Goal(name, fmean(values) if values else None, aim.target, aim.least)


def over_all(found: Sequence[Counted], key: str, target: float) -> list[Goal]:
    """A share over all settings, and of the lowest one the limit that it is surely below (95 %): with a few audits of
    each of many settings, some are low by chance."""
    counts = {one.trial.name: one.values[key] for one in found if one.values.get(key)}
    if not counts:
        return [Goal(f"{key}, over all settings", None, target)]
    worst = min(counts, key=lambda name: fmean(counts[name]))
    mean = fmean([value for own in counts.values() for value in own])
    limit = share(int(sum(counts[worst])), len(counts[worst]), 0.1).high
    return [
        Goal(f"{key}, over all {len(counts)} settings", mean, target),
        Goal(f"{key}, upper limit of the lowest setting ({worst})", limit, target),
    ]


def count(trial: Trial, audits: int, told: Sequence[Observed]) -> Counted:
    """Gather what audits told."""
    values: dict[str, list[float]] = {}
    for one in told:
        for key, value in one:
            values.setdefault(key, []).append(float(value))
    return Counted(trial, audits, values)
