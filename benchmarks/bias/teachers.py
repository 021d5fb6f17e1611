"""Where every arm begins: the teacher, and the recipe of what goes on from it."""

from dataclasses import replace

from benchmarks.study import arms as study
from benchmarks.study.workbench import Trained, Workbench
from overread.domain.learning.recipe import Recipe


def teacher_of(bench: Workbench) -> Trained:
    """The network taught by the labelled films alone."""
    return study.supervised(bench).members[0]


def going_on(bench: Workbench) -> Recipe:
    """The recipe of what begins at its teacher's weights."""
    return replace(bench.recipe(1), from_teacher=True, encoder_weights="none")
