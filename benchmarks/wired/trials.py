"""A setting that is simulated many times, what is counted, and what the count should be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from backend.db.session import Database
from backend.domain.trust import share
from benchmarks.goals import Goal
from benchmarks.wired.pool import Pool, PoolPlan

USUAL = 200  # audits of a setting
Told = list[tuple[str, float]]  # what one audit adds to each count


@dataclass(frozen=True)
class Aim:
    """What the mean (or the median) of a count should be. ``key`` None: the lowest mean of all counts."""

    key: str | None
    target: float
    least: bool = True
    of: Literal["mean", "median"] = "mean"


@dataclass(frozen=True)
class Trial:
    """One setting: ``run`` simulates an audit by its number on a pool that lies in the database, and tells counts."""

    name: str
    pool: PoolPlan
    run: Callable[[Database, Pool, int], Told]
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
        keys = [aim.key] if aim.key is not None else list(self.values)
        of = fmean if aim.of == "mean" else median
        found = {key: float(of(self.values[key])) for key in keys if self.values.get(key)}
        name = f"{self.trial.name}, {self.audits} audits"
        if not found:
            return Goal(f"{name}: {aim.key}", None, aim.target, aim.least)
        key = min(found, key=lambda one: found[one])
        return Goal(f"{name}: {key}", found[key], aim.target, aim.least)


def count(trial: Trial, audits: int, told: Sequence[Told]) -> Counted:
    """Gather what audits told."""
    values: dict[str, list[float]] = {}
    for one in told:
        for key, value in one:
            values.setdefault(key, []).append(float(value))
    return Counted(trial, audits, values)
