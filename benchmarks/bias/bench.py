"""``overread benchmark bias``: both tasks, every arm on every seed, the tables, and the promises met or missed.

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
from benchmarks.bias.plan import TASKS, TIERS, plan_of
from benchmarks.bias.tables import promises, tables_of
from benchmarks.study.bench import WIDE, Run, read_runs, run_study
from benchmarks.study.plan import StudyPlan, as_values
from benchmarks.study.tables import measure, show
from overread.console import run as end_in_a_sentence


def main() -> None:
    """The command: a refusal is a sentence."""
    end_in_a_sentence(_command)


def _command() -> None:
    given = _arguments().parse_args()
    folder = given.folder or Path(".overread") / "bias" / given.tier
    plans = {task: plan_of(given.tier, task, given.seeds) for task in TASKS}
    processes = given.processes or min(len(plans["hard"].seeds), os.cpu_count() or 1)
    if not given.tables_only:
        for task, plan in plans.items():
            arms = {name: arm for name, arm in arms_of(given.tier, task).items() if _wanted(name, given.arms)}
            run_study(plan, folder / task, processes, Console(stderr=True, markup=False), arms)
    found = report(plans, folder, Console(markup=False) if sys.stdout.isatty() else Console(width=WIDE, markup=False))
    folder.mkdir(parents=True, exist_ok=True)
    for file in (folder / "report.json", given.json):  # the first is what the web page draws
        if file is not None:
            file.write_text(json.dumps(found, indent=1))


def report(plans: dict[str, StudyPlan], folder: Path, console: Console) -> dict[str, Any]:
    """Print tables and promises of all runs that are finished; returns them with plans and runs, resamples apart."""
    runs = {task: _runs(plan, folder / task) for task, plan in plans.items()}
    findings = plans["hard"].findings
    told: dict[str, Any] = {"findings": list(findings), "plans": {}, "tables": {}, "runs": {}}
    told["plans"] = {task: as_values(plan) for task, plan in plans.items()}
    for task, own in runs.items():
        measured = [measure(own, table, findings) for table in tables_of(list(dict.fromkeys(arm for arm, _ in own)))]
        console.print(f"\n## Task: {task}")
        show(measured, findings, console)
        told["tables"][task] = measured
        told["runs"][task] = [{key: value for key, value in run.items() if key != "samples"} for run in own.values()]
    goals = promises(runs["easy"], runs["hard"], findings)
    for goal in goals:
        console.print(goal.line(), highlight=False)
    return told | {"goals": [asdict(goal) | {"met": goal.met} for goal in goals]}


def _runs(plan: StudyPlan, folder: Path) -> dict[tuple[str, int], Run]:
    return {(run["arm"], run["seed"]): run for run in read_runs(folder, plan.seeds)}


def _wanted(name: str, arms: list[str] | None) -> bool:
    return arms is None or name in arms


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="overread benchmark bias", description="The benchmark of the promise.")
    parser.add_argument("--tier", default="standard", choices=TIERS, help="smoke: minutes; large: a GPU")
    parser.add_argument("--seeds", nargs="+", type=int, help="by default the report's, 100 to 109")
    parser.add_argument("--arms", nargs="+", help="these alone, by name")
    parser.add_argument("--processes", type=int, help="seeds at a time; by default one a core")
    parser.add_argument("--folder", type=Path, help="where films and runs lie, by default below .overread/bias")
    parser.add_argument("--tables-only", action="store_true", help="print the tables of what is finished")
    parser.add_argument("--json", type=Path, help="also write plans, tables, goals and every run here")
    return parser
