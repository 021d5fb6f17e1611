"""The arms (definitions: section 8), each a flat sequence. All but the teacher take as many optimiser steps in all.

Every student but ``noisy-student`` goes on from its teacher's weights, the controls too: arms differ in what the second
half of the steps is taught on, and in nothing else. ``noisy-student`` begins anew, as the study's did. ``same-labels``
is the control that nobody prints: the reads of ``risk-gate`` without any pseudo label, for the same steps. A refreshed
teacher takes one training more, and so does its control.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.bias.audits import Gate, Order, Read, Unit, is_bad, judge, read_pool, shown, teach
from benchmarks.bias.coverage import count_audits
from benchmarks.bias.readers import Kind, Reader
from benchmarks.study import arms as study
from benchmarks.study.films import Items
from benchmarks.study.workbench import Arm, Outcome, Trained, Workbench
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import PoolMethod
from overread_worker.ml.label import FilmLabels

Reads = Mapping[Unit, Read]
MAIN = 4  # percent, where arms are compared at one budget


def longer(bench: Workbench) -> Outcome:
    """The control without reads: the teacher goes on with the labelled films alone."""
    teacher, recipe = teacher_of(bench), going_on(bench)
    return Outcome((bench.train("longer", recipe, bench.sets.labelled, teacher),))


def continued(bench: Workbench) -> Outcome:
    """The teacher goes on with its own labels of the pool, which nobody reads."""
    teacher, recipe = teacher_of(bench), going_on(bench)
    return Outcome((bench.train("noisy-continued", recipe, bench.pseudo_labels(teacher, recipe), teacher),))


def oracle(bench: Workbench) -> Outcome:
    """The ceiling: the teacher goes on with the pool's truth."""
    return Outcome((bench.train_oracle("oracle", going_on(bench), teacher=teacher_of(bench)),))


def audited(bench: Workbench, name: str, order: Order, gated: bool, budget: float, kind: Kind = "perfect") -> Outcome:
    """The teacher labels the pool, ``budget`` percent of it are read, and the rest teaches as far as a gate lets it."""
    teacher, recipe = teacher_of(bench), going_on(bench)
    films = bench.labels(teacher)
    reads = read_pool(films, _reader(bench, kind), budget, order, gated, bench.seed)
    gate = judge(films, reads) if gated else None
    items = bench.taught(teach(bench.sets.pool, films, reads, gate), recipe)
    student = bench.train(name, recipe, items, teacher, read=_names(bench, reads))
    return Outcome((student,), about=_told(bench, films, reads, gate, items))


def same_labels(bench: Workbench, name: str, budget: float, again: bool = False) -> Outcome:
    """The control: the same reads beside the labelled films, nobody's pseudo label, for the same steps. ``again``: one
    training more on them."""
    network, recipe = teacher_of(bench), going_on(bench)
    films = bench.labels(network)
    reads = read_pool(films, _reader(bench), budget, "risk", True, bench.seed)
    items = bench.taught(teach(bench.sets.pool, films, reads, None, pseudo=False), recipe)
    for part in (f"{name}-half", name) if again else (name,):
        network = bench.train(part, recipe, items, network, read=_names(bench, reads))
    return Outcome((network,), about={"reads": len(reads)})


def refreshed(bench: Workbench, name: str, budget: float) -> Outcome:
    """Audit, teach the teacher what was repaired, label anew, gate by what was measured, then the student: the network
    that labels has never met a read that judges it."""
    first, recipe = teacher_of(bench), going_on(bench)
    films = bench.labels(first)
    reads = read_pool(films, _reader(bench), budget, "risk", True, bench.seed)
    repaired = {unit: read for unit, read in reads.items() if read.stream == "FIX"}
    known = bench.taught(teach(bench.sets.pool, films, repaired, None, pseudo=False), recipe)
    again = bench.train(f"{name}-teacher", recipe, known, first, read=_names(bench, repaired))
    films = bench.labels(again)
    gate = judge(films, reads)
    items = bench.taught(teach(bench.sets.pool, films, reads, gate), recipe)
    student = bench.train(name, recipe, items, again, read=_names(bench, reads))
    return Outcome((student,), about=_told(bench, films, reads, gate, items))


def consistent(bench: Workbench, name: str, method: PoolMethod, budget: float = 0) -> Outcome:
    """Mean Teacher or UniMatch on the pool: the teacher goes on with the labelled films and ``budget`` percent of
    reads, the very ones of the gate's arm."""
    teacher, recipe = teacher_of(bench), going_on(bench)
    films = bench.labels(teacher)
    reads = read_pool(films, _reader(bench), budget, "risk", True, bench.seed)
    items = bench.taught(teach(bench.sets.pool, films, reads, None, pseudo=False), recipe)
    network = bench.train(name, study.on_pool(recipe, method), items, teacher, read=_names(bench, reads))
    return Outcome((network,), about={"reads": len(reads)})


def going_on(bench: Workbench) -> Recipe:
    """The recipe of what begins at its teacher's weights."""
    return replace(bench.recipe(1), from_teacher=True)


def supervised(bench: Workbench) -> Outcome:
    """The teacher; and what audits of its labels would have said of them."""
    outcome = study.supervised(bench)
    truth = _reader(bench)
    return replace(outcome, about=count_audits(bench.labels(outcome.members[0]), truth, bench.seed))


def teacher_of(bench: Workbench) -> Trained:
    return study.supervised(bench).members[0]


def _reader(bench: Workbench, kind: Kind = "perfect") -> Reader:
    return Reader(kind, bench.folder, bench.seed)


def _names(bench: Workbench, reads: Reads) -> frozenset[tuple[str, str]]:
    return frozenset((bench.sets.pool[row].image.name, finding) for row, finding in reads)


def _told(bench: Workbench, films: list[FilmLabels], reads: Reads, gate: Gate | None, items: Items) -> dict[str, Any]:
    """What the run's line says beside its scores. The scorer's part opens the truth: how wrong what taught was."""
    truth = _reader(bench)
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
    arms: dict[str, Arm] = {"supervised": supervised, "longer": longer, "noisy-student": study.noisy_student}
    arms |= {"noisy-continued": continued, "oracle": oracle}
    if task == "easy":  # asks one thing: does a student gain where its teacher is right?
        return arms
    top = MAIN if tier == "smoke" else 8
    for budget in (MAIN,) if tier == "smoke" else (8, 4, 16, 2, 1):  # what the promises ask comes first
        arms |= _arm(audited, f"risk-gate@{budget}", order="risk", gated=True, budget=budget)
        arms |= _arm(same_labels, f"same-labels@{budget}", budget=budget)
        if budget == top:
            arms |= _arm(refreshed, f"refresh-gate@{budget}", budget=budget)
            arms |= _arm(same_labels, f"same-labels-longer@{budget}", budget=budget, again=True)
    for order in ("random", "uncertainty", "risk"):
        arms |= _arm(audited, f"{order}@{MAIN}", order=order, gated=False, budget=MAIN)
    arms |= _arm(audited, f"random-gate@{MAIN}", order="random", gated=True, budget=MAIN)
    for kind in ("noisy", "anchored"):
        arms |= _arm(audited, f"risk@{MAIN}-{kind}", order="risk", gated=False, budget=MAIN, kind=kind)
        arms |= _arm(audited, f"risk-gate@{MAIN}-{kind}", order="risk", gated=True, budget=MAIN, kind=kind)
    # UniMatch takes five passes a step: for a GPU.
    methods: tuple[PoolMethod, ...] = ("mean_teacher", "unimatch") if tier == "large" else ("mean_teacher",)
    for method in methods:
        name = method.replace("_", "-")
        arms |= _arm(consistent, name, method=method)
        arms |= _arm(consistent, f"{name}-labels@{MAIN}", method=method, budget=MAIN)
    return arms


def _arm(function: Any, name: str, **settings: Any) -> dict[str, Arm]:
    return {name: partial(function, name=name, **settings)}
