"""The arms (definitions: section 8), each a flat sequence of three trainings: a teacher, and what comes after it twice.

Every student but those of ``unread-anew`` goes on from the weights before it, the controls too: arms differ in what the
second and third training are taught on, and in nothing else. ``unread-anew`` begins anew each time, as the study's did.
``reads`` is the control that nobody prints: the very reads of ``overread``, and no machine's label.
"""

from functools import partial
from typing import Any

from benchmarks.bias.coverage import count_audits
from benchmarks.bias.loop import Course, drawn_films, loop, reads_alone
from benchmarks.bias.plan import BUDGETS, PEOPLE
from benchmarks.bias.readers import Reader
from benchmarks.bias.teachers import going_on, teacher_of
from benchmarks.study import arms as study
from benchmarks.study.workbench import Arm, Outcome, Workbench

MAIN = 4  # percent, where arms are compared at one budget


def supervised(bench: Workbench) -> Outcome:
    """The teacher; and what audits of its labels would have said of them."""
    outcome = study.supervised(bench)
    truth = Reader("perfect", bench.folder, bench.seed)
    return Outcome(outcome.members, about=count_audits(bench.labels(outcome.members[0]), truth, bench.seed))


def longer(bench: Workbench) -> Outcome:
    """The control without reads: the teacher goes on with the labelled films alone."""
    network, recipe = teacher_of(bench), going_on(bench)
    for turn in (1, 2):
        network = bench.train(f"longer-{turn}", recipe, bench.sets.labelled, network)
    return Outcome((network,))


def unread(bench: Workbench, name: str, anew: bool = False) -> Outcome:
    """Self-training: the pool as the network before labels it, unread; twice. ``anew``: from new weights."""
    network, recipe = teacher_of(bench), bench.recipe(1) if anew else going_on(bench)
    for turn in (1, 2):
        network = bench.train(f"{name}-{turn}", recipe, bench.pseudo_labels(network, recipe), network)
    return Outcome((network,))


def oracle(bench: Workbench) -> Outcome:
    """The ceiling: the teacher goes on with the pool's truth."""
    network = teacher_of(bench)
    for turn in (1, 2):
        network = bench.train_oracle(f"oracle-{turn}", going_on(bench), teacher=network)
    return Outcome((network,))


def arms_of(tier: str, task: str) -> dict[str, Arm]:
    """The arms of a tier by name; the number after @ is the budget in percent of the pool's units."""
    arms: dict[str, Arm] = {
        "supervised": study.supervised if task.startswith(PEOPLE) else supervised,
        "longer": longer,
        **_arm(unread, "unread"),
        **_arm(unread, "unread-anew", anew=True),
        "oracle": oracle,
    }
    if task == "easy":  # asks one thing: does a student gain where its teacher is right?
        return arms
    for budget in (90,) if tier == "smoke" else sorted(BUDGETS, key=lambda one: abs(one - MAIN)):
        own = f"overread@{budget}"
        arms |= _arm(loop, own, course=Course(budget))
        arms |= _arm(reads_alone, f"reads@{budget}", of=own)
        arms |= _arm(drawn_films, f"drawn@{budget}", of=own)
        if budget in (MAIN, 90):
            for kind in ("noisy", "anchored"):
                arms |= _arm(loop, f"{own}-{kind}", course=Course(budget, kind=kind))
    return arms


def _arm(function: Any, name: str, **settings: Any) -> dict[str, Arm]:
    return {name: partial(function, name=name, **settings)}
