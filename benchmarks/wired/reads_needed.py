"""How many reads a finding takes until the gate opens, by α and the labels' true error: the table of docs/gate.md."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.wired.audits import certified, plan_of, simulate
from benchmarks.wired.hidden import Truth
from benchmarks.wired.looks import ALONE
from benchmarks.wired.pool import Pool, PoolPlan
from benchmarks.wired.trials import Counted, Observed, Trial
from overread.db.session import Database

LADDER = (20, 29, 40, 50, 59, 75, 100, 125, 149, 200, 250, 300, 400, 500, 600, 800, 1000, 1300, 1600, 2000, 2500, 3000)
CELLS = [(alpha, error) for alpha in (0.1, 0.05, 0.02) for error in (0.0, 0.01, 0.02, 0.05) if error < alpha]
BEYOND = 2 * LADDER[-1]
EARLIER = Path(__file__).with_name("reads_needed.json")  # the same table of the rule before: worst case over strata


def trials() -> list[Trial]:
    return [
        Trial(_name(alpha, error), PoolPlan(), partial(first_to_open, alpha=alpha, error=error), (), 9)
        for alpha, error in CELLS
    ]


def first_to_open(database: Database, pool: Pool, number: int, *, alpha: float, error: float) -> Observed:
    """The first number of reads on the ladder, by halving, with which an audit of its own opens."""
    low, high = 0, len(LADDER)
    while low < high:
        middle = (low + high) // 2
        plan = plan_of(**ALONE, alpha=alpha, measure=LADDER[middle], min_reads=0, seed=number)
        with simulate(database, pool, plan, Truth(error), np.random.default_rng([23, number])) as audit:
            audit.read()
            low, high = (low, middle) if certified(audit.ask(judged=False)) else (middle + 1, high)
    return [("reads", float(LADDER[low] if low < len(LADDER) else BEYOND))]


def table(counted: Sequence[Counted]) -> str:
    """The medians as Markdown, beside those of the rule before where they are known."""
    now = {one.trial.name: median(one.values["reads"]) for one in counted}
    before: dict[str, float] = json.loads(EARLIER.read_text()) if EARLIER.exists() else {}
    lines = ["| α | true error | reads to open, median | by the rule before |", "|---|---|---|---|"]
    for alpha, error in CELLS:
        one, other = (_told(found.get(_name(alpha, error))) for found in (now, before))
        lines.append(f"| {alpha:.0%} | {error:.0%} | {one} | {other} |")
    return "\n".join(lines)


def _told(reads: float | None) -> str:
    if reads is None:
        return "–"
    return f"{reads:,.0f}" if reads < BEYOND else f"more than {LADDER[-1]:,}"


def _name(alpha: float, error: float) -> str:
    return f"alpha {alpha:.0%}, error {error:.0%}"
