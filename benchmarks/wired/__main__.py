"""``python -m benchmarks.wired [--only PART …] [--audits N] [--json FILE]``: can what an audit tells be believed?

Thousands of audits are drawn, read and judged by the services themselves on a private Postgres (or DATABASE_URL's, in a
database of its own), over pools whose wrong labels only the simulation knows. Parts:

- power: how often labels that are good enough open the gate, by reads.
- false-opening: how often it opens though one label too many is wrong: looked at after every film, right labels read
  first, errors that gather in sources, patients or rare positives, films that cannot be told, five iterations in a row.
- intervals: how often the final estimates' intervals hold the truth.
- certificates: how often one is broken, and how often one is had.
- readers: those who miss a third of the planted errors, and what the gate says on their word.
- rounds: three iterations in a row whose readers err, and what they taught is as they said it.
- watching: bounds that are looked at after every read; the error corrected for the slips of readers who err.
- people: what becomes of the promise where people withhold what failed, have more read, or override.
- again: what the second iteration measures: units drawn again, what they taught, what the page had filled in.
- table: how many reads open the gate, by α and true error; printed as Markdown.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.wired import reads_needed
from benchmarks.wired.bench import Bench, open_bench
from benchmarks.wired.parts import PARTS, goals_of
from benchmarks.wired.trials import USUAL, Counted


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.wired", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--audits", type=int, default=USUAL, help=f"of a setting of {USUAL}, others in proportion")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    chosen = parser.parse_args(arguments)
    with open_bench() as bench:
        found = {part: run_part(bench, part, chosen.audits) for part in chosen.only}
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(report(found), indent=2))
    return 0


def run_part(bench: Bench, part: str, audits: int) -> list[Counted]:
    """Every setting of a part, printed as it is done."""
    found = []
    for trial in PARTS[part]():
        counted = bench.count(trial, max(1, round(trial.audits * audits / USUAL)))
        print(*counted.lines(), sep="\n", flush=True)
        found.append(counted)
    print(*(goal.line() for goal in goals_of(part, found)), sep="\n", flush=True)
    if part == "table":
        print(reads_needed.table(found), flush=True)
    return found


def report(found: dict[str, list[Counted]]) -> dict[str, object]:
    """All numbers as plain values."""
    goals = [goal for part, counted in found.items() for goal in goals_of(part, counted)]
    return {
        "cores": os.cpu_count(),
        "counts": {
            part: [{"setting": one.trial.name, "audits": one.audits, "values": one.values} for one in counted]
            for part, counted in found.items()
        },
        "goals": [asdict(goal) | {"met": goal.met} for goal in goals],
    }


if __name__ == "__main__":
    sys.exit(main())
