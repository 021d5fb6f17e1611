"""``python -m tests.fuzz [FORMAT …] [--count 1000000] [--json FILE]``: mutants of every format that the product takes
from anybody. Each has to come in or be refused by name: no other exception, no hang, no child that dies.

It goes on where it stopped: state and faults lie in a folder (``--folder``, by default ``fuzz`` in the data folder).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.goals import Goal
from overread.settings import Settings
from tests.fuzz.corpus import CORPUS
from tests.fuzz.job import kept_faults, run
from tests.fuzz.targets import targets


def main(arguments: Sequence[str] | None = None) -> int:
    """Try, print faults and goals, and (with --json) write the numbers. 1 where there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=f"all of {', '.join(CORPUS)} unless said")
    parser.add_argument("--count", type=int, default=1_000_000, help="mutants of each format")
    parser.add_argument("--seconds", type=float, help="at most so long for each format; the next run goes on")
    parser.add_argument("--seed", type=int, default=0, help="another one has other mutants")
    parser.add_argument("--folder", type=Path, help="state and faults")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    chosen = parser.parse_args(arguments)
    if strange := set(chosen.formats) - set(CORPUS):
        parser.error(f"there is no format {sorted(strange)[0]}; there are {', '.join(CORPUS)}")
    folder = chosen.folder or Settings().data_folder / "fuzz"
    limits = {"count": chosen.count, "seed": chosen.seed, "seconds": chosen.seconds}
    with targets() as by_format:
        states = [
            run(folder, form, by_format[form], CORPUS[form](), **limits, say=lambda line: print(line, flush=True))
            for form in chosen.formats or CORPUS
        ]
    faults = {state.format: len(kept_faults(folder, state.format)) for state in states}
    goals = [Goal(f"fuzz_{form}_faults", found, 0, least=False) for form, found in faults.items()]
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        told = {"formats": [asdict(state) | {"rate": state.rate} for state in states]}
        told["goals"] = [asdict(goal) | {"met": goal.met} for goal in goals]
        chosen.json.write_text(json.dumps(told, indent=2))
    return 0 if all(goal.met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
