"""``python -m benchmarks.live_estimate [--json FILE]``: the bounds of an audit after one more read.

Forty strata of five findings, as many reads as an audit of a week: each read enters every bound that it belongs to, the
four quantities of all findings together and of its own. A replay is what the first look after a restart costs.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.goals import Goal
from overread.services.estimates.live import live_bounds, take_in
from overread.services.estimates.strata import MeasuredRead, Stratum

FINDINGS = tuple("abcde")
MILLISECONDS = 20.0


def make_strata(pool: int, reads: int) -> list[Stratum]:
    """Finding × decision × risk quartile, of equal size."""
    each = len(FINDINGS) * 8
    return [
        Stratum(finding, 8 * f + 4 * d + quartile, decision, pool // each, reads // each)
        for f, finding in enumerate(FINDINGS)
        for d, decision in enumerate(("positive", "negative"))
        for quartile in range(4)
    ]


def make_reads(strata: list[Stratum]) -> list[MeasuredRead]:
    """All planned reads in a random order, one label in ten wrong."""
    rng = np.random.default_rng(0)
    rows = [
        MeasuredRead(
            0,
            0,
            0,
            s.finding,
            s.number,
            0,
            s.planned / s.size,
            s.decision,
            0.9,
            0.1,
            "fix",
            bad,
            0.9 - 0.6 * bad,
            bad,
            {},
        )
        for s in strata
        for bad in (rng.random(s.planned) < 0.1).tolist()
    ]
    return [rows[i] for i in rng.permutation(len(rows))]


def milliseconds(pool: int, reads: int) -> tuple[float, float]:
    """Of one more read: the median and the worst of all."""
    strata = make_strata(pool, reads)
    live, taken = live_bounds(strata), []
    for read in make_reads(strata):
        started = time.perf_counter()
        take_in(live, read)
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken), sorted(taken)[int(0.99 * len(taken))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live_estimate", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--pool", type=int, default=2_500_000, help="units of the pool")
    parser.add_argument("--reads", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    median, slow = milliseconds(chosen.pool, chosen.reads)
    print(f"live estimate: {median:.2f} ms a read, {slow:.2f} ms for the slowest in a hundred")
    goal = Goal(f"live estimate after one of {chosen.reads} reads ms", median, MILLISECONDS, False)
    print(goal.line())
    if chosen.json is not None:
        numbers = {"median_ms": median, "p99_ms": slow, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
        chosen.json.write_text(json.dumps(numbers | {"goals": [asdict(goal) | {"met": goal.met}]}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
