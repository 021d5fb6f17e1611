"""The arms (definitions: section 8), each a flat sequence. All but the teacher take as many optimiser steps in all.

``same-labels`` is the control that nobody prints: the reads of ``risk-gate`` without any pseudo label, for the same
steps. A refreshed teacher takes one training more, and so does its control.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.bias.audits import Gate, Order, Read, Unit, is_bad, judge, read_pool, shown, teach
from benchmarks.bias.coverage import count_audits
from benchmarks.bias.plan import BUDGETS
from benchmarks.bias.readers import Kind, Reader
from benchmarks.study import arms as study
from benchmarks.study.films import Items
from benchmarks.study.workbench import Arm, Outcome, Trained, Workbench
from worker.ml.label import FilmLabels

Reads = Mapping[Unit, Read]
MAIN = 4  # percent, where arms are compared at one budget


def audited(bench: Workbench, name: str, order: Order, gated: bool, budget: float, kind: Kind = "perfect") -> Outcome:
    """The teacher labels the pool, ``budget`` percent of it are read, and the rest teaches as far as a gate lets it."""
    teacher, recipe = _teacher(bench), bench.recipe(1)
    films = bench.labels(teacher)
    reads = read_pool(films, _reader(bench, kind), budget, order, gated, bench.seed)
    gate = judge(films, reads, bench.seed) if gated else None
    items = bench.taught(teach(bench.sets.pool, films, reads, gate), recipe)
    student = bench.train(name, recipe, items, teacher, read=_names(bench, reads))
    return Outcome((student,), about=_told(bench, films, reads, gate, items))


def same_labels(bench: Workbench, name: str, budget: float, kind: Kind = "perfect", trainings: int = 2) -> Outcome:
    """The control: the same reads beside the labelled films, nobody's pseudo label, for the same steps."""
    teacher, recipe = _teacher(bench), bench.recipe(1)
    films = bench.labels(teacher)
    reads = read_pool(films, _reader(bench, kind), budget, "risk", True, bench.seed)
    items = bench.taught(teach(bench.sets.pool, films, reads, None, pseudo=False), recipe)
    steps = (bench.plan.steps or teacher.steps) * trainings
    network = bench.train(name, recipe, items, steps=steps, read=_names(bench, reads))
    return Outcome((network,), about={"reads": len(reads)})


def refreshed(bench: Workbench, name: str, budget: float, kind: Kind = "perfect") -> Outcome:
    """Audit, teach the teacher what was repaired, label anew, gate by what was measured, then the student: the network
    that labels has never met a read that judges it."""
    first, recipe = _teacher(bench), bench.recipe(1)
    films = bench.labels(first)
    reads = read_pool(films, _reader(bench, kind), budget, "risk", True, bench.seed)
    repaired = {unit: read for unit, read in reads.items() if read.stream == "FIX"}
    known = bench.taught(teach(bench.sets.pool, films, repaired, None, pseudo=False), recipe)
    again = bench.train(f"{name}-teacher", recipe, known, first, read=_names(bench, repaired))
    films = bench.labels(again)
    gate = judge(films, reads, bench.seed)
    items = bench.taught(teach(bench.sets.pool, films, reads, gate), recipe)
    student = bench.train(name, recipe, items, again, read=_names(bench, reads))
    return Outcome((student,), about=_told(bench, films, reads, gate, items))


def mean_teacher_with_labels(bench: Workbench, name: str, budget: float) -> Outcome:
    """Mean Teacher on the pool, with the same reads among its labelled films."""
    teacher, recipe = _teacher(bench), bench.recipe(1)
    films = bench.labels(teacher)
    reads = read_pool(films, _reader(bench, "perfect"), budget, "risk", True, bench.seed)
    items = bench.taught(teach(bench.sets.pool, films, reads, None, pseudo=False), recipe)
    consistent = replace(recipe, average=study.AVERAGE, pool=replace(recipe.pool, method="mean_teacher"))
    steps = 2 * (bench.plan.steps or teacher.steps)
    network = bench.train(name, consistent, items, steps=steps, read=_names(bench, reads))
    return Outcome((network,), about={"reads": len(reads)})


def supervised(bench: Workbench) -> Outcome:
    """The teacher; and what audits of its labels would have said of them."""
    outcome = study.supervised(bench)
    truth = Reader("perfect", bench.folder, bench.seed)
    return replace(outcome, about=count_audits(bench.labels(outcome.members[0]), truth, bench.seed))


def _teacher(bench: Workbench) -> Trained:
    return study.supervised(bench).members[0]


def _reader(bench: Workbench, kind: Kind) -> Reader:
    return Reader(kind, bench.folder, bench.seed)


def _names(bench: Workbench, reads: Reads) -> frozenset[tuple[str, str]]:
    return frozenset((bench.sets.pool[row].image.name, finding) for row, finding in reads)


def _told(bench: Workbench, films: list[FilmLabels], reads: Reads, gate: Gate | None, items: Items) -> dict[str, Any]:
    """What the run's line says beside its scores. The scorer's part opens the truth: how wrong what taught was."""
    truth = Reader("perfect", bench.folder, bench.seed)
    wrong: dict[str, list[bool]] = {}
    for row, film in enumerate(films):
        for label in film.labels:
            if label.decision == "uncertain" or (row, label.finding) in reads or (gate and not gate.lets(label)):
                continue
            proposed = shown(label, film)
            bad = is_bad(label, proposed, truth.read(row, label.finding, proposed))
            wrong.setdefault(f"{label.finding} {label.decision}", []).append(bad)
    return {
        "reads": len(reads),
        "pseudo": sum(len(one) for one in wrong.values()),
        "wrong": {name: [sum(one), len(one)] for name, one in wrong.items()},
        "withheld": [" ".join(key) for key, threshold in gate.thresholds.items() if threshold is None] if gate else [],
        "pseudo_films": sum(bool(item.machine) for item in items),
    }


def arms_of(tier: str, task: str) -> dict[str, Arm]:
    """The arms of a tier by name; the number after @ is the budget in percent of the pool's units."""
    arms: dict[str, Arm] = {"supervised": supervised, "longer": study.longer, "noisy-student": study.noisy_student}
    if task == "easy":  # asks one thing: does a student gain where its teacher is right?
        return arms
    budgets = (MAIN,) if tier == "smoke" else BUDGETS
    arms |= {"oracle": study.oracle, "mean-teacher": study.mean_teacher}
    for order in ("random", "uncertainty", "risk"):
        arms |= _arm(audited, f"{order}@{MAIN}", order=order, gated=False, budget=MAIN)
    arms |= _arm(audited, f"random-gate@{MAIN}", order="random", gated=True, budget=MAIN)
    for budget in budgets:
        arms |= _arm(audited, f"risk-gate@{budget}", order="risk", gated=True, budget=budget)
        arms |= _arm(same_labels, f"same-labels@{budget}", budget=budget)
    for kind in ("noisy", "anchored"):
        arms |= _arm(audited, f"risk@{MAIN}-{kind}", order="risk", gated=False, budget=MAIN, kind=kind)
        arms |= _arm(audited, f"risk-gate@{MAIN}-{kind}", order="risk", gated=True, budget=MAIN, kind=kind)
    top = MAIN if tier == "smoke" else 8
    arms |= _arm(refreshed, f"refresh-gate@{top}", budget=top)
    arms |= _arm(same_labels, f"same-labels-longer@{top}", budget=top, trainings=3)
    arms |= _arm(mean_teacher_with_labels, f"mean-teacher-labels@{MAIN}", budget=MAIN)
    if tier == "large":  # five passes a step: hours on two cores
        arms["unimatch"] = study.unimatch
    return arms


def _arm(function: Any, name: str, **settings: Any) -> dict[str, Arm]:
    return {name: partial(function, name=name, **settings)}
