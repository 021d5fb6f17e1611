"""The arms (definitions: 8, those without a reader), each a flat sequence over recipes.

All arms of a seed see the same labelled, development and pool films. *Compute-matched*: every arm of the last table
but the teacher itself takes as many optimiser steps in all, of mini-batches with as many labelled films, as the noisy
student **and its teacher** took together. A consistency arm sees pool films on top of that; the tables count them.
"""

from dataclasses import replace

from benchmarks.study.workbench import Arm, Outcome, Trained, Workbench
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import PoolMethod

AVERAGE = 0.99  # Mean Teacher's decay (Tarvainen, 2017, while it ramps up)
FINISH = 0.25  # Meta Pseudo Labels' student meets the labelled films in the last quarter


def _paste(recipe: Recipe, probability: float) -> Recipe:
    return replace(recipe, copy_paste=replace(recipe.copy_paste, probability=probability))


def _no_classifier(recipe: Recipe) -> Recipe:
    return replace(recipe, class_weight=0.0, mask_weight=1.0)


def on_pool(recipe: Recipe, method: PoolMethod) -> Recipe:
    """The recipe with a method of consistency on the pool."""
    average = AVERAGE if method == "mean_teacher" else recipe.average
    finish = FINISH if method == "meta_pseudo_labels" else 0.0
    return replace(recipe, average=average, pool=replace(recipe.pool, method=method, finish=finish))


def _on_truth(bench: Workbench, name: str, recipe: Recipe) -> Trained:
    return bench.train(name, recipe, bench.sets.labelled)


def _teacher(bench: Workbench) -> Trained:
    return _on_truth(bench, "supervised", _paste(bench.recipe(0), 0.5))


def _student(bench: Workbench) -> Trained:
    teacher, recipe = _teacher(bench), bench.recipe(1)
    return bench.train("noisy-student", recipe, bench.pseudo_labels(teacher, recipe), teacher)


def supervised(bench: Workbench) -> Outcome:
    """Iteration 0, the reference: human truth alone, auxiliary classifier on, copy-paste 50 %."""
    return Outcome((_teacher(bench),))


def paste_0(bench: Workbench) -> Outcome:
    """Auxiliary classifier on, copy-paste off."""
    return Outcome((_on_truth(bench, "paste-0", _paste(bench.recipe(0), 0.0)),))


def paste_75(bench: Workbench) -> Outcome:
    """Auxiliary classifier on, copy-paste 75 %."""
    return Outcome((_on_truth(bench, "paste-75", _paste(bench.recipe(0), 0.75)),))


def no_classifier(bench: Workbench) -> Outcome:
    """Auxiliary classifier off, copy-paste 50 %."""
    return Outcome((_on_truth(bench, "no-classifier", _no_classifier(_paste(bench.recipe(0), 0.5))),))


def no_classifier_paste_0(bench: Workbench) -> Outcome:
    """Auxiliary classifier off, copy-paste off."""
    return Outcome((_on_truth(bench, "no-classifier-paste-0", _no_classifier(_paste(bench.recipe(0), 0.0))),))


def _members(bench: Workbench) -> tuple[Trained, ...]:
    """The three networks of the copy-paste table: no training more."""
    return tuple(network for arm in (paste_0, supervised, paste_75) for network in arm(bench).members)


def single(bench: Workbench) -> Outcome:
    """Each of the three teachers alone; the mean of their scores."""
    return Outcome(_members(bench))


def soft(bench: Workbench) -> Outcome:
    """The plain mean of the three teachers' maps."""
    return Outcome(_members(bench), "soft")


def literal(bench: Workbench) -> Outcome:
    """The study's weighted-soft ensemble, weighted by q."""
    return Outcome(_members(bench), "literal")


def symmetric(bench: Workbench) -> Outcome:
    """The weighted-soft ensemble by |2q − 1|."""
    return Outcome(_members(bench), "symmetric")


def noisy_student(bench: Workbench) -> Outcome:
    """Iteration 1: a larger network on human truth and on the pool as the teacher labels it; nobody reads a label."""
    return Outcome((_student(bench),))


def iteration_2(bench: Workbench) -> Outcome:
    """Iteration 2: a larger network again, the pool labelled anew by iteration 1's."""
    teacher, recipe = _student(bench), bench.recipe(2)
    return Outcome((bench.train("iteration-2", recipe, bench.pseudo_labels(teacher, recipe), teacher),))


def longer(bench: Workbench) -> Outcome:
    """The control: the student's network on human truth alone, for the steps of student and teacher together."""
    steps = _student(bench).steps
    return Outcome((bench.train("longer", bench.recipe(1), bench.sets.labelled, steps=steps),))


def _consistent(bench: Workbench, method: PoolMethod) -> Outcome:
    recipe, steps = on_pool(bench.recipe(1), method), _student(bench).steps
    return Outcome((bench.train(method, recipe, bench.sets.labelled, steps=steps),))


def mean_teacher(bench: Workbench) -> Outcome:
    """Mean Teacher on the pool from the first step, without pseudo labels."""
    return _consistent(bench, "mean_teacher")


def uda(bench: Workbench) -> Outcome:
    """UDA on the pool from the first step, without pseudo labels."""
    return _consistent(bench, "uda")


def unimatch(bench: Workbench) -> Outcome:
    """UniMatch's consistency on the pool from the first step, without pseudo labels."""
    return _consistent(bench, "unimatch")


def meta_pseudo_labels(bench: Workbench) -> Outcome:
    """Meta Pseudo Labels: the teacher learns from what its labels did to the student."""
    return _consistent(bench, "meta_pseudo_labels")


def oracle(bench: Workbench) -> Outcome:
    """The ceiling: the student's network on the whole pool with its truth, for the same steps."""
    return Outcome((bench.train_oracle("oracle", bench.recipe(1), _student(bench).steps),))


ARMS: dict[str, Arm] = {
    "supervised": supervised,
    "paste-0": paste_0,
    "paste-75": paste_75,
    "no-classifier": no_classifier,
    "no-classifier-paste-0": no_classifier_paste_0,
    "single": single,
    "soft": soft,
    "literal": literal,
    "symmetric": symmetric,
    "noisy-student": noisy_student,
    "iteration-2": iteration_2,
    "longer": longer,
    "mean-teacher": mean_teacher,
    "uda": uda,
    "unimatch": unimatch,
    "meta-pseudo-labels": meta_pseudo_labels,
    "oracle": oracle,
}
