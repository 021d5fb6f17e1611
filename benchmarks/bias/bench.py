"""``overread benchmark bias``: its tasks, every arm on every seed, the tables, and the claims met or missed.

Each run is kept as a JSON line; killed and started again it goes on.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.bias.arms import arms_of
from benchmarks.bias.plan import LABELLED, PEOPLE, TASKS, TIERS, Source, plan_of
from benchmarks.bias.search import variants
from benchmarks.bias.tables import claims, curve, reached, tables_of
from benchmarks.study.bench import WIDE, Run, read_runs, run_study
from benchmarks.study.notes import notes_of, show_notes
from benchmarks.study.plan import StudyPlan, as_values, split_source
from benchmarks.study.tables import measure, show
from overread.console import run as end_in_a_sentence

KEPT = Path(__file__).resolve().parent / "kept"  # the report's runs, resamples too


def main() -> None:
    """The command: a refusal is a sentence."""
    end_in_a_sentence(_command)


def _command() -> None:
    given = _arguments().parse_args()
    folder = KEPT if given.kept else given.folder or Path(".overread") / "bias" / given.tier
    plans = _plans(given)
    processes = given.processes or min(max(len(plan.seeds) for plan in plans.values()), os.cpu_count() or 1)
    if not (given.tables_only or given.kept):
        for task, plan in plans.items():
            arms = arms_of(given.tier, task) | (variants() if given.search else {})
            own = {name: arm for name, arm in arms.items() if given.arms is None or name in given.arms}
            run_study(plan, folder / task, processes, Console(stderr=True, markup=False), own)
    found = report(plans, folder, Console(markup=False) if sys.stdout.isatty() else Console(width=WIDE, markup=False))
    folder.mkdir(parents=True, exist_ok=True)
    for file in (None if given.kept else folder / "report.json", given.json):  # the first is what the web page draws
        if file is not None:
            file.write_text(json.dumps(found, indent=1))


def _plans(given: argparse.Namespace) -> dict[str, StudyPlan]:
    """The plan of each task; of films of people one for each number of labelled films."""
    if given.source is None:
        return {task: plan_of(given.tier, task, given.seeds) for task in given.tasks or TASKS}
    return {
        f"{PEOPLE}-{labelled}": plan_of(
            given.tier, PEOPLE, given.seeds,
            Source(given.source, tuple(given.findings), labelled, tuple(given.without_truth)),
        )
        for labelled in given.labelled
    }  # fmt: skip


def report(plans: dict[str, StudyPlan], folder: Path, console: Console) -> dict[str, Any]:
    """Print tables and claims of all runs that are finished; returns them with plans and runs, resamples apart."""
    runs = {task: _runs(plan, folder / task) for task, plan in plans.items()}
    findings = {task: plan.findings for task, plan in plans.items()}
    told: dict[str, Any] = {"findings": list(next(iter(findings.values())))}
    told |= {part: {} for part in ("tables", "curves", "reached", "notes", "runs")}
    told["plans"] = {task: _published(plan) for task, plan in plans.items()}
    for task, own in runs.items():
        measured = [measure(own, table, findings[task]) for table in tables_of(list(dict.fromkeys(a for a, _ in own)))]
        console.print(f"\n## Task: {task}")
        show(measured, findings[task], console)
        told["tables"][task], told["notes"][task] = measured, notes_of(plans[task], folder / task)
        show_notes(told["notes"][task], console)
        told["curves"][task] = {kind: curve(own, kind) for kind in ("overread", "reads", "drawn")}
        for kind, points in told["curves"][task].items():
            said = ", ".join(f"{100 * score:.1f} after {minutes:.0f}" for minutes, score in points)
            console.print(f"{kind}, macro D-AUC in % after reader-minutes: {said}", highlight=False)
        told["reached"][task] = [asdict(one) for one in reached(own)]
        for one in reached(own):
            loop = "never, within its budgets" if one.loop_minutes is None else f"after {one.loop_minutes:.0f}"
            told_of = (
                f"{one.films:.0f} films drawn from nothing in {one.minutes:.0f} minutes: the loop is as far {loop}"
            )
            console.print(told_of, highlight=False)
        told["runs"][task] = [{key: value for key, value in run.items() if key != "samples"} for run in own.values()]
    goals = claims(runs, findings)
    for goal in goals:
        console.print(goal.line(), highlight=False)
    return told | {"goals": [asdict(goal) | {"met": goal.met} for goal in goals]}


def _published(plan: StudyPlan) -> dict[str, Any]:
    """The plan without where its films lie on this machine."""
    kind, path = split_source(plan.source)
    return as_values(plan) | {"source": f"{kind}:{Path(path).name}" if path else kind}


def _runs(plan: StudyPlan, folder: Path) -> dict[tuple[str, int], Run]:
    return {(run["arm"], run["seed"]): run for run in read_runs(folder, plan.seeds)}


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="overread benchmark bias", description="The benchmark of the promise.")
    parser.add_argument("--tier", default="standard", choices=TIERS, help="smoke: minutes; large: a GPU")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, help="by default all of the phantom's")
    parser.add_argument("--source", help="films of people instead of the phantom: READER:PATH")
    parser.add_argument("--findings", nargs="+", default=["consolidation"], help="what their masks show")
    parser.add_argument("--labelled", nargs="+", type=int, default=LABELLED, help="how many of them are labelled")
    parser.add_argument("--without-truth", nargs="+", default=[], help="groups in films.csv that nobody can read")
    parser.add_argument("--search", action="store_true", help="the variants of the search too: development seeds alone")
    parser.add_argument("--seeds", nargs="+", type=int, help="by default the report's, 100 to 109")
    parser.add_argument("--arms", nargs="+", help="these alone, by name")
    parser.add_argument("--processes", type=int, help="seeds at a time; by default one a core")
    parser.add_argument("--folder", type=Path, help="where films and runs lie, by default below .overread/bias")
    parser.add_argument("--tables-only", action="store_true", help="print the tables of what is finished")
    parser.add_argument(
        "--kept", action="store_true", help="print the tables of the runs that are kept with the source"
    )
    parser.add_argument("--json", type=Path, help="also write plans, tables, goals and every run here")
    return parser
