"""The benchmark's tables and its claims, each met or missed, with its number and its interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.bias.plan import ALPHA
from benchmarks.goals import Goal
from benchmarks.study.tables import Row, Runs, Table, measure

AT_MOST = (4, 8)  # percent: the budgets at which the loop is to beat its control
MARGIN = 0.02  # of macro D-AUC: as much may the loop lose on films of people before it counts as below its control


def tables_of(arms: Sequence[str]) -> list[Table]:
    """The tables that these arms fill; the first arm of each is its reference."""
    wanted = [
        ("No reader", ["longer", "supervised", "unread", "unread-anew", "oracle"]),
        *((f"The loop at {b} %", [f"reads@{b}", f"overread@{b}", f"drawn@{b}"]) for b in budgets_of(arms)),
    ]
    tables = []
    for title, names in wanted:
        rows = tuple(Row(name, name) for name in names if name in arms)
        if len(rows) > 1 and names[0] in arms:
            tables.append(Table(title, names[0], rows))
    return tables


def budgets_of(arms: Iterable[str]) -> list[int]:
    """The budgets, in percent, that the loop ran with."""
    return sorted({int(arm.removeprefix("overread@")) for arm in arms if arm.removeprefix("overread@").isdigit()})


def claims(tasks: Mapping[str, Runs], findings: Mapping[str, Sequence[str]]) -> list[Goal]:
    """The claims of the benchmark, of each task that ran. Bounds are of paired changes of macro D-AUC, at 95 %."""
    goals: list[Goal] = []
    for task, runs in tasks.items():
        own = findings[task]
        if task == "easy":
            goals.append(_goal(runs, own, "easy-unread-over-longer-low", ("unread", "longer", "low"), 0))
            continue
        if task == "hard":
            for arm in ("unread", "unread-anew"):
                value = bound(runs, arm, "longer", own, "high")
                goals.append(Goal(f"{task}-{arm}-under-longer-high", value, 0, least=False, strict=True))
        for budget in AT_MOST:
            least = 0.0 if task == "hard" else -MARGIN
            for control in ("longer", f"reads@{budget}"):  # as many steps; as many steps and the very reads
                name = f"{task}-overread-over-{control.partition('@')[0]}-at-{budget}-low"
                goals.append(_goal(runs, own, name, (f"overread@{budget}", control, "low"), least))
        goals.append(Goal(f"{task}-minutes-to-what-drawn-films-reach", minutes_ratio(runs), 0.5, least=False))
        goals += _kept_words(task, runs)
    return goals


def _goal(runs: Runs, findings: Sequence[str], name: str, arms: tuple[str, str, str], target: float) -> Goal:
    return Goal(name, bound(runs, *arms[:2], findings, arms[2]), target, strict=target == 0)


def _kept_words(task: str, runs: Runs) -> list[Goal]:
    """Whether the gate's bounds held, and how often a finding passed with more wrong than was promised."""
    rounds = [one for run in runs.values() for one in run.get("rounds", ())]
    told = [finding for one in rounds for finding in one["findings"].values()]
    held = [one["bound"] >= one["share"] - 1e-9 for one in told]
    false = [one["passed"] and one["share"] > ALPHA for one in told]
    return [
        Goal(f"{task}-bounds-held", _mean(held), 0.93),
        Goal(f"{task}-false-openings", _mean(false), 0.05, least=False),
    ]


def _mean(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


def bound(runs: Runs, arm: str, reference: str, findings: Sequence[str], side: str) -> float | None:
    """One end of the paired change's interval; None where one of the two did not run."""
    table = Table("", reference, (Row(reference, ""), Row(arm, "")))
    rows = measure(runs, table, findings)["rows"]
    if [row["arm"] for row in rows] != [reference, arm]:
        return None
    change = rows[1]["scores"]["macro"]["d_auc"]["change"]
    return None if change is None else float(change[side])


def curve(runs: Runs, kind: str) -> list[tuple[float, float]]:
    """(reader-minutes, macro D-AUC) of the arms ``kind``@budget, means over the seeds that all of them finished, by
    minutes; from (0, the control without reads). Empty where no finding has a D-AUC."""
    return sorted((_mean_of(own, "minutes"), _score(own)) for own in _side_by_side(runs, kind))


def _side_by_side(runs: Runs, kind: str) -> list[list[Mapping[str, Any]]]:
    """Of the control without reads and of each arm ``kind``@budget that has a D-AUC, the runs of the seeds that all of
    them finished."""
    scored = {key for key, run in runs.items() if run["scores"]["macro"]["d_auc"] is not None}
    arms = ["longer", *(f"{kind}@{budget}" for budget in budgets_of(arm for arm, _ in runs))]
    ran = [(arm, seeds) for arm in arms if (seeds := {seed for own, seed in scored if own == arm})]
    common = sorted(set.intersection(*(seeds for _, seeds in ran))) if ran else []
    return [[runs[arm, seed] for seed in common] for arm, _ in ran] if common else []


def _mean_of(runs: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(np.mean([run.get(name, 0.0) for run in runs]))


def _score(runs: Sequence[Mapping[str, Any]]) -> float:
    return float(np.mean([run["scores"]["macro"]["d_auc"] for run in runs]))


@dataclass(frozen=True)
class Reached:
    """What a hospital buys by: so many ``films``, drawn whole from nothing in so many ``minutes``, and the minutes
    after which the loop has reached as much; None where it never does within its budgets."""

    films: float
    minutes: float
    loop_minutes: float | None


def reached(runs: Runs) -> list[Reached]:
    """One for each budget that films were drawn for, by minutes; on straight lines between the loop's own budgets."""
    own = curve(runs, "overread")
    drawn = [one for one in _side_by_side(runs, "drawn") if one[0].get("drawn")]
    if len(own) < 2:
        return []
    found = [Reached(_mean_of(one, "drawn"), _mean_of(one, "minutes"), _minutes_to(own, _score(one))) for one in drawn]
    return sorted(found, key=lambda one: one.minutes)


def minutes_ratio(runs: Runs) -> float | None:
    """The loop's minutes to what the most drawn films reach, ÷ the minutes that those take."""
    found = reached(runs)
    return found[-1].loop_minutes / found[-1].minutes if found and found[-1].loop_minutes is not None else None


def _minutes_to(points: Sequence[tuple[float, float]], target: float) -> float | None:
    for (start, low), (end, high) in pairwise(points):
        if high >= target:
            return start if low >= target else start + (end - start) * (target - low) / (high - low)
    return None
