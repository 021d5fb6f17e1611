"""``python -m benchmarks.reading [--json FILE] [--only opening moving next row bundle effort] [--cases 200]``."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.reading import effort, measures
from benchmarks.reading.browser import HD, UHD, open_browser, sign_in
from benchmarks.reading.bundle import app_size
from benchmarks.reading.installation import open_stack
from benchmarks.reading.real import write_cases

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"
PARTS = ("opening", "moving", "next", "row", "bundle", "effort")
IN_A_BROWSER = {"opening", "moving", "next", "row"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--sizes", nargs="+", type=int, default=[512, 1024, 2500], help="films of these sizes, pixels")
    parser.add_argument("--cases", type=int, default=200, help="cases in a row")
    parser.add_argument("--repeats", type=int, default=5, help="of what is done once a case")
    parser.add_argument("--moves", type=int, default=60, help="of the pointer in a gesture")
    parser.add_argument("--fixes", type=int, default=200, help="masks to mend")
    parser.add_argument("--films", help="also mend a small network's masks on films of people: chestxdet:PATH")
    chosen = parser.parse_args(arguments)
    if not (DIST / "index.html").exists():
        print("The pages are not built: make setup, or npm run build in frontend/.", file=sys.stderr)
        return 2
    found: list[dict[str, Any]] = []
    for name, numbers, goals in measured(chosen):
        load = os.getloadavg()[0]
        told = ", ".join(f"{word} {value:.4g}" for word, value in numbers.items())
        print(f"{name}: {told}; load {load:.1f}", flush=True)
        met = [{"name": goal.name, "value": goal.value, "target": goal.target, "met": goal.met} for goal in goals]
        print("".join(f"{goal.line()}\n" for goal in goals), end="", flush=True)
        found.append({"name": name, "numbers": numbers, "load": load, "goals": met})
    if chosen.json is not None:
        machine = {"cores": os.cpu_count(), "measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
        chosen.json.write_text(json.dumps({"machine": machine, "measurements": found}, indent=2))
    return 0


def measured(chosen: argparse.Namespace) -> Iterator[tuple[str, dict[str, float], list[Goal]]]:
    """Each number as it is found."""
    with tempfile.TemporaryDirectory(prefix="overread-reading-") as folder:
        if "bundle" in chosen.only:
            yield app_size(DIST)
        if "effort" in chosen.only:
            yield from mended(Path(folder), chosen.fixes)
            if chosen.films:
                yield from mended(Path(folder), chosen.fixes, write_cases(chosen.films, Path(folder)))
        if IN_A_BROWSER & set(chosen.only):
            yield from in_browser(Path(folder), chosen)


def mended(folder: Path, fixes: int, cases: Path | None = None) -> Iterator[tuple[str, dict[str, float], list[Goal]]]:
    """What the masks of each class took, and all of them."""
    rows = effort.mend(folder / "effort", fixes, cases)
    summary = effort.summarise(rows)
    for work, seconds in effort.seconds_by_work(rows).items():
        yield f"work, {work}", seconds, []
    for kind, numbers in summary.items():
        yield f"fix, {kind}", numbers, effort.goals(summary) if kind == "all" else []


def in_browser(folder: Path, chosen: argparse.Namespace) -> Iterator[tuple[str, dict[str, float], list[Goal]]]:
    """The smallest films are read in a row, so there are more of them."""
    films = dict.fromkeys(chosen.sizes, chosen.repeats + 4)
    smallest = min(films)
    if "row" in chosen.only:
        films[smallest] += chosen.cases + chosen.cases // 10  # not every film becomes a case: 193 of 205 did
    with open_stack(folder, films) as stack, open_browser() as browser:
        state = sign_in(browser, stack.invite())
        for size in films:
            if "opening" in chosen.only:
                yield measures.opening(browser, stack, state, size, chosen.repeats)
            if "moving" in chosen.only:
                for viewport in (HD, UHD):
                    yield measures.moving(browser, stack, state, size, chosen.moves, viewport)
            if "next" in chosen.only:
                yield measures.next_case(browser, stack, state, size, chosen.repeats)
        if "row" in chosen.only:
            yield measures.in_a_row(browser, stack, state, smallest, chosen.cases)


if __name__ == "__main__":
    sys.exit(main())
