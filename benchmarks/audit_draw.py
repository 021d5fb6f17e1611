"""``python -m benchmarks.audit_draw [--json FILE]``: drawing an audit over 10k, 100k and 500k films × 5 findings.

Beside the seconds on the clock stand those of the processor: on a machine that others use, the two differ.
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
from overread.domain.sampling.streams import Design, Pool, draw

FINDINGS = 5
FILMS = (10_000, 100_000, 500_000)
SECONDS = 5.0  # for the largest pool
GROWTH = 1.3  # seconds of a film in the largest pool ÷ in the one before


def make_pool(films: int) -> Pool:
    """Units of ``films`` × 5 findings in the order of their labels, as the database gives them, one film
    in a hundred held out."""
    rng, units = np.random.default_rng(0), films * FINDINGS
    risk, key = rng.beta(1, 6, units), np.arange(units)
    film = key // FINDINGS
    decision = np.searchsorted([0.1, 0.9], rng.random(units)).astype(np.int64)
    priority, read_before = risk * rng.random(units), rng.random(units) < 0.01
    return Pool(key, film, key % FINDINGS, decision, priority, decision < 2, read_before, film % 100 == 0)


def seconds_to_draw(films: int, repeats: int) -> tuple[float, float]:
    """Clock and processor: the medians over ``repeats`` draws of 2,000 reads."""
    pool, clock, processor = make_pool(films), [], []
    for seed in range(repeats):
        started, used = time.perf_counter(), time.process_time()
        draw(pool, Design(1000, 700, 200, 100, by_film=True), seed)
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return statistics.median(clock), statistics.median(processor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_draw", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--films", nargs="+", type=int, default=list(FILMS))
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args(arguments)
    both = {films: seconds_to_draw(films, chosen.repeats) for films in chosen.films}
    for films, (clock, processor) in both.items():
        print(f"audit draw {films} films x {FINDINGS}: {clock:.3f} s, {processor:.3f} s of the processor")
    seconds = {films: clock for films, (clock, _) in both.items()}
    goals = [Goal(f"audit draw {max(seconds)} films x {FINDINGS} s", seconds[max(seconds)], SECONDS, False)]
    if len(seconds) > 1:
        less, most = sorted(seconds)[-2:]
        growth = seconds[most] / most * less / seconds[less]
        goals.append(Goal(f"audit draw growth of a film's time {less} to {most}", growth, GROWTH, False))
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        report = {
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "seconds": seconds,
            "processor_seconds": {films: processor for films, (_, processor) in both.items()},
            "goals": [asdict(goal) | {"met": goal.met} for goal in goals],
        }
        chosen.json.write_text(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
