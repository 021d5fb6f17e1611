"""``overread benchmark study``: run every arm on every seed, keep each run as a JSON line, print the tables.

Killed and started again it goes on: a run whose line is there is not made again, a training goes on after its epoch.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.study.arms import ARMS
from benchmarks.study.films import sets_of
from benchmarks.study.notes import notes_of, show_notes
from benchmarks.study.plan import StudyPlan, as_values, freeze, plan_of
from benchmarks.study.scoring import score
from benchmarks.study.tables import TABLES, measure, show
from benchmarks.study.workbench import Arm, Workbench, cost_of
from overread.console import run as end_in_a_sentence
from overread.unprivileged import die_with_parent

Run = dict[str, Any]
WIDE = 400


def run_seed(plan: StudyPlan, seed: int, folder: Path, arms: Mapping[str, Arm] = ARMS) -> None:
    """Run what this seed has not run yet, a line of ``lines/SEED.jsonl`` each."""
    bench = Workbench(plan, seed, folder, sets_of(plan, seed, folder))
    file = _lines(folder, seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    finished = {run["arm"] for run in read_runs(folder, [seed])}
    for name, arm in arms.items():
        if name not in finished:
            outcome = arm(bench)
            line = {"arm": name, "seed": seed, **cost_of(outcome), **score(bench, outcome, folder), **outcome.about}
            _append(file, line)


def _append(file: Path, line: Run) -> None:
    """After a line that a kill cut short, on a line of its own."""
    with file.open("a+b") as out:
        if out.tell() and file.read_bytes()[-1:] != b"\n":
            out.write(b"\n")
        out.write(json.dumps(line).encode() + b"\n")


def read_runs(folder: Path, seeds: Sequence[int]) -> list[Run]:
    """The finished runs of these seeds; a line that was cut short is none."""
    runs = []
    for seed in seeds:
        file = _lines(folder, seed)
        for line in file.read_text().splitlines() if file.exists() else ():
            try:
                runs.append(json.loads(line))
            except ValueError:
                continue
    return runs


def _lines(folder: Path, seed: int) -> Path:
    return folder / "lines" / f"{seed}.jsonl"


def run_study(plan: StudyPlan, folder: Path, processes: int, console: Console, arms: Mapping[str, Arm] = ARMS) -> None:
    """All seeds, ``processes`` at a time, each in a process of its own, with a progress bar."""
    freeze(plan, folder)
    # Each seed's process gets its share of the cores: threads that fight over them make all of them slower.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        sets_of(plan, plan.seeds[0], folder)  # before the processes start: seeds share what a real source is read into
        task = bar.add_task("runs", total=len(plan.seeds) * len(arms))
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), die_with_parent) as pool:
            left: set[Future[None]] = {pool.submit(run_seed, plan, seed, folder, arms) for seed in plan.seeds}
            while left:
                done, left = wait(left, timeout=1)
                files = [file for seed in plan.seeds if (file := _lines(folder, seed)).exists()]
                bar.update(task, completed=sum(file.read_bytes().count(b"\n") for file in files))
                for future in done:
                    future.result()


def report(plan: StudyPlan, folder: Path, console: Console) -> dict[str, Any]:
    """Print the tables of all runs that are finished; returns them with the plan, what is to be told of its films, and
    every run, resamples apart."""
    runs = read_runs(folder, plan.seeds)
    by_arm = {(run["arm"], run["seed"]): run for run in runs}
    measured = [measure(by_arm, table, plan.findings) for table in TABLES]
    show(measured, plan.findings, console)
    notes = notes_of(plan, folder)
    show_notes(notes, console)
    plain = [{key: value for key, value in run.items() if key != "samples"} for run in runs]
    return {"plan": as_values(plan), "tables": measured, "notes": notes, "runs": plain}


def main() -> None:
    """The command: a refusal is a sentence."""
    end_in_a_sentence(_command)


def _command() -> None:
    given = _arguments().parse_args()
    plan = plan_of(given.tier, given.source, given.findings, given.recipes, given.seeds)
    folder = given.folder or Path(".overread") / "study" / (given.tier or plan.source.partition(":")[0])
    beside = (os.cpu_count() or 1) if plan.source == "phantom" else 1
    processes = given.processes or min(len(plan.seeds), beside)
    if not given.tables_only:
        run_study(plan, folder, processes, Console(stderr=True, markup=False))
    # A file gets whole lines, whatever their length: it is Markdown.
    found = report(plan, folder, Console(markup=False) if sys.stdout.isatty() else Console(width=WIDE, markup=False))
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="overread benchmark study", description="The study's tables again.")
    parser.add_argument("--source", default="phantom", help="phantom, chestxdet:PATH, siim:PATH or folder:PATH")
    parser.add_argument("--tier", help="smoke or standard (default) on the phantom, real on films of people")
    parser.add_argument("--recipes", nargs="+", help="recipes of iterations 0, 1, 2…, by name or file")
    parser.add_argument("--findings", nargs="+", help="by default those of the tier and the source")
    parser.add_argument("--seeds", nargs="+", type=int, help="by default those of the tier")
    parser.add_argument("--processes", type=int, help="seeds at a time; by default one a core, on films of people one")
    parser.add_argument("--folder", type=Path, help="where films and runs lie, by default below .overread/study")
    parser.add_argument("--tables-only", action="store_true", help="print the tables of what is finished")
    parser.add_argument("--json", type=Path, help="also write plan, tables and every run here")
    return parser
