"""The benchmark's tables and its five promises, each met or not, with its number."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.bias.plan import BUDGETS
from benchmarks.goals import Goal
from benchmarks.study.tables import Row, Runs, Table, measure

KINDS = ("noisy", "anchored")
AT_MOST = 8  # percent: the largest budget at which the gate is to beat its control


def tables_of(arms: Sequence[str]) -> list[Table]:
    """The tables that these arms fill; the first arm of each is its reference."""
    wanted = [
        ("No reader", ["supervised", "longer", "noisy-student", "noisy-continued", "mean-teacher", "oracle"]),
        ("Which cases are read, at 4 %", ["random@4", "uncertainty@4", "risk@4"]),
        ("The gate, at 4 %", ["risk@4", "random-gate@4", "risk-gate@4"]),
        *((f"The gate beside the same labels, at {b} %", [f"same-labels@{b}", f"risk-gate@{b}"]) for b in BUDGETS),
        *((f"A refreshed teacher, at {b} %", [f"same-labels-longer@{b}", f"refresh-gate@{b}"]) for b in BUDGETS),
        (
            "Readers who err, at 4 %",
            ["risk-gate@4", *(f"{arm}@4-{kind}" for kind in KINDS for arm in ("risk", "risk-gate"))],
        ),
        (
            "Consistency with the same labels, at 4 %",
            ["same-labels@4", "mean-teacher", "mean-teacher-labels@4", "unimatch", "unimatch-labels@4"],
        ),
    ]
    tables = []
    for title, names in wanted:
        rows = tuple(Row(name, name) for name in names if name in arms)
        if len(rows) > 1 and names[0] in arms:
            tables.append(Table(title, names[0], rows))
    return tables


def promises(easy: Runs, hard: Runs, findings: Sequence[str]) -> list[Goal]:
    """The five success criteria; the bounds are of paired changes of macro D-AUC, at 95 %."""

    def student(runs: Runs, side: str) -> float | None:
        return _bound(runs, "noisy-student", "supervised", findings, side)

    goals = [
        Goal("easy-student-over-teacher-low", student(easy, "low"), 0, strict=True),
        Goal("hard-student-over-teacher-high", student(hard, "high"), 0, False, strict=True),
    ]
    pairs = [("risk-gate", "same-labels", budget) for budget in BUDGETS if budget <= AT_MOST]
    for arm, control, budget in [*pairs, ("refresh-gate", "same-labels-longer", AT_MOST)]:
        for reference, name in (("supervised", "supervised"), (f"{control}@{budget}", control)):
            low = _bound(hard, f"{arm}@{budget}", reference, findings, "low")
            goals.append(Goal(f"{arm}-over-{name}-at-{budget}-low", low, 0, strict=True))
    counts = [run for runs in (easy, hard) for (arm, _), run in runs.items() if arm == "supervised"]
    covered, broken = _share(counts, "covered", "estimates"), _share(counts, "broken", "certificates")
    return [*goals, Goal("interval-coverage", covered, 0.93), Goal("certificates-broken", broken, 0.05, False)]


def _share(counts: Sequence[Mapping[str, Any]], part: str, whole: str) -> float | None:
    total = sum(run[whole] for run in counts)
    return sum(run[part] for run in counts) / total if total else None


def _bound(runs: Runs, arm: str, reference: str, findings: Sequence[str], side: str) -> float | None:
    """One end of the paired change's interval; None where one of the two did not run."""
    table = Table("", reference, (Row(reference, ""), Row(arm, "")))
    rows = measure(runs, table, findings)["rows"]
    if [row["arm"] for row in rows] != [reference, arm]:
        return None
    change = rows[1]["scores"]["macro"]["d_auc"]["change"]
    return None if change is None else float(change[side])
