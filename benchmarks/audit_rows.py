"""``python -m benchmarks.audit_rows [--films N …] [--json FILE]``: an audit over a pool as it lies in Postgres.

Five findings a film, in a private server. Timed, on the clock: reading the units that are drawn from (as Postgres' own
bytes), drawing, counting subgroups for the first look at their bounds, and what-if (counted where the labels lie). The
growth of a label's time says whether size costs more than its share.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from benchmarks.goals import Goal
from benchmarks.pool_pages import hang
from overread.db.session import Database, migrate
from overread.db.tables import Audit, Iteration
from overread.domain.learning.badness import Badness
from overread.domain.sampling.streams import Design, Pool, draw
from overread.domain.words import DECISIONS, SIDES
from overread.embedded import embedded
from overread.services.audit.draw import load_units, pool_of
from overread.services.estimates.strata import Stratum, subgroup_sizes
from overread.services.gate.admission import Entries, Key
from overread.services.gate.what_if import by_source, weighed

FINDINGS = list("abcde")
GROWTH = 1.3  # of a label's time, from one size to the next


def draw_from(session: Session, labelling: int) -> tuple[Pool, Any]:
    """The units and their draw, as an audit is opened."""
    units = load_units(session, Audit(id=1, labelling_id=labelling), FINDINGS)
    pool = pool_of(units, np.arange(len(units.label)))
    return pool, draw(pool, Design(0, 700, 200, 100, by_film=True), 0)


def ask_what_if(session: Session, labelling: int) -> None:
    """Certified thresholds, and weights below them: the costliest."""
    keys: list[Key] = [(finding, side) for finding in FINDINGS for side in SIDES]
    badness = dict.fromkeys(keys, Badness(np.array([-2.0, 1.0, 3.0])))
    entries = Entries(dict.fromkeys(keys, 0.5), badness)
    session.execute(by_source(weighed(Iteration(labelling_id=labelling), entries, keys))).all()


def count_subgroups(session: Session, labelling: int, found: Any) -> None:
    """Strata as an audit's row keeps them, and how many units of each are in each subgroup."""
    strata = found.strata
    told = [
        Stratum(FINDINGS[strata.finding[h]], h, DECISIONS[strata.decision[h]], int(strata.population[h]), 0)
        for h in range(len(strata.size))
        if strata.population[h]
    ]
    counted = subgroup_sizes(session, Audit(id=1, labelling_id=labelling), told)
    if sum(sum(one.values()) for (group, _), one in counted.items() if group == "view") != sum(s.size for s in told):
        raise RuntimeError("Subgroups do not add up to the strata.")


def measure(database: Database, labelling: int) -> dict[str, float]:
    """Seconds of each question, the second of two askings."""
    with database.transaction() as session:
        _, found = draw_from(session, labelling)
        work: dict[str, Callable[[], Any]] = {
            "load": lambda: load_units(session, Audit(id=1, labelling_id=labelling), FINDINGS),
            "load and draw": lambda: draw_from(session, labelling),
            "what-if": lambda: ask_what_if(session, labelling),
            "subgroups": lambda: count_subgroups(session, labelling, found),
        }
        return {name: timed(one) for name, one in work.items()}


def timed(work: Callable[[], Any]) -> float:
    work()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_rows", description=__doc__)
    parser.add_argument("--films", type=int, nargs="+", default=[20_000, 100_000, 500_000])
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    chosen = parser.parse_args(arguments)
    sizes, seconds = sorted(chosen.films), {}
    with tempfile.TemporaryDirectory(prefix="overread-rows-") as folder, embedded(Path(folder)) as servers:
        migrate(servers.database_url)
        database = Database(servers.database_url, pool_size=2)
        for number, films in enumerate(sizes, 1):
            hang(servers.database_url, number, films)
            seconds[films] = measure(database, number)
            told = ", ".join(f"{name} {taken:.3f} s" for name, taken in seconds[films].items())
            print(f"{films} films x {len(FINDINGS)}: {told}", flush=True)
        database.engine.dispose()
    goals = [
        Goal(f"{name}: growth of a label's time {less} to {most}",
             seconds[most][name] / most * less / seconds[less][name], GROWTH, False)
        for less, most in pairwise(sizes)
        for name in seconds[most]
    ]  # fmt: skip
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
        rows = [asdict(goal) | {"met": goal.met} for goal in goals]
        chosen.json.write_text(json.dumps(machine | {"seconds": seconds, "goals": rows}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
