"""The search of a design on development seeds: what may teach, who labels, which films are read, how a mask teaches.

Each variant goes on from the same teacher, after the same number of reads, for the same steps; most differ from
``refresh-contour``, or ``random-refresh-contour``, in one thing. docs/bias.md says what won, and what was not run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from benchmarks.bias.audits import Gate, Order, Read, Unit, judge, read_pool, teach
from benchmarks.bias.loop import Course, drawn_films, loop, reads_alone
from benchmarks.bias.readers import Reader
from benchmarks.bias.teachers import going_on, teacher_of
from benchmarks.study import arms as study
from benchmarks.study.films import Items
from benchmarks.study.workbench import Arm, Outcome, Trained, Workbench
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import PoolMethod, Robust
from overread.domain.words import Teaches
from overread_worker.ml.label import FilmLabels

Entry = Literal["none", "contour", "all"]
BUDGET = 8.0  # percent of the pool's units


@dataclass(frozen=True)
class Variant:
    """What a student learns of the pool: a machine's labels (``entry``), made by the first teacher or by one that was
    taught the reads (``refreshed``), let in by a certificate (``gated``) or by thresholds that adapt to the class
    (``adaptive``), weighed by how sure the contour is (``agreed``), with a ``robust`` loss; films are read in this
    ``order``; ``method`` is a consistency beside it; ``rounds``: how often the pool is labelled anew and learnt from;
    ``scratch``: from new weights."""

    entry: Entry = "contour"
    refreshed: bool = True
    gated: bool = False
    adaptive: bool = False
    agreed: bool = False
    order: Order = "risk"
    method: PoolMethod = "none"
    rounds: int = 1
    scratch: bool = False
    robust: Robust = "none"


VARIANTS: Mapping[str, Variant] = {
    "reads-longer": Variant(entry="none"),
    "refresh-all": Variant(entry="all"),
    "refresh-contour": Variant(),
    "contour": Variant(refreshed=False),
    "refresh-gate": Variant(entry="all", gated=True),
    "uncertainty-reads-longer": Variant(entry="none", order="uncertainty"),
    "uncertainty-refresh-contour": Variant(order="uncertainty"),
    "random-reads-longer": Variant(entry="none", order="random"),
    "random-refresh-contour": Variant(order="random"),
    "random-refresh-all": Variant(entry="all", order="random"),
    "random-refresh-contour-agreed": Variant(agreed=True, order="random"),
    "random-refresh-contour-adaptive": Variant(adaptive=True, order="random"),
    "random-refresh-contour-bootstrap": Variant(robust="bootstrap", order="random"),
    "random-refresh-contour-generalised": Variant(robust="generalised", order="random"),
    "random-refresh-contour-twice": Variant(rounds=2, order="random"),
    "random-refresh-contour-scratch": Variant(scratch=True, order="random"),
    "random-refresh-contour-mean-teacher": Variant(method="mean_teacher", order="random"),
    "random-reads-mean-teacher": Variant(entry="none", method="mean_teacher", order="random"),
    "random-reads-unimatch": Variant(entry="none", method="unimatch", order="random"),
}


COURSES: Mapping[str, Course] = {
    "loop-whole": Course(4),
    "loop-whole-less": Course(4, measure=(0.6, 0.2)),
}


def variants(budget: float = BUDGET) -> dict[str, Arm]:
    """The variants as arms, by name."""
    found: dict[str, Arm] = {
        f"{name}@{budget:g}": partial(search, name=name, variant=one, budget=budget) for name, one in VARIANTS.items()
    }
    for name, course in COURSES.items():
        found[f"{name}@{course.budget:g}"] = partial(loop, name=name, course=course)
        found[f"{name}-reads@{course.budget:g}"] = partial(reads_alone, name=f"{name}-reads", of=name)
        found[f"{name}-drawn@{course.budget:g}"] = partial(drawn_films, name=f"{name}-drawn", of=name)
    return found


def search(bench: Workbench, name: str, variant: Variant, budget: float) -> Outcome:
    """One variant: reads, the teacher taught by them, the pool labelled by it, the student."""
    first, recipe = teacher_of(bench), _recipe(bench, variant)
    films = bench.labels(first)
    reads = read_pool(
        films, Reader("perfect", bench.folder, bench.seed), budget, variant.order, variant.gated, bench.seed
    )
    names = frozenset((bench.sets.pool[row].image.name, finding) for row, finding in reads)
    network = first
    if variant.refreshed:
        known = bench.taught(teach(bench.sets.pool, films, reads, None, pseudo=False), going_on(bench))
        kind = f"{variant.order}{'-gated' if variant.gated else ''}"
        network = bench.train(f"{kind}-reads@{budget:g}", going_on(bench), known, first, read=names)
    for turn in range(variant.rounds):
        items = _items(bench, variant, network, reads, recipe)
        network = bench.train(f"{name}@{budget:g}-{turn}", recipe, items, network, read=names)
    return Outcome((network,), about={"reads": len(reads), "pseudo": sum(len(item.machine) for item in items)})


def _recipe(bench: Workbench, variant: Variant) -> Recipe:
    recipe = going_on(bench) if not variant.scratch else bench.recipe(1)
    teaches: Teaches = "contour" if variant.entry == "contour" else "all"
    recipe = replace(recipe, pseudo=replace(recipe.pseudo, teaches=teaches, robust=variant.robust))
    return recipe if variant.method == "none" else study.on_pool(recipe, variant.method)


def _items(bench: Workbench, variant: Variant, network: Trained, reads: Mapping[Unit, Read], recipe: Recipe) -> Items:
    films = bench.labels(network)
    if variant.adaptive:
        films = adapted(films, reads)
    if variant.agreed:
        films = [replace(film, labels=[replace(one, weight=1 - one.risk) for one in film.labels]) for film in films]
    gate: Gate | None = judge(films, reads) if variant.gated else None
    return bench.taught(teach(bench.sets.pool, films, reads, gate, pseudo=variant.entry != "none"), recipe)


def adapted(films: list[FilmLabels], reads: Mapping[Unit, Read]) -> list[FilmLabels]:
    """Thresholds by class: of a finding at least as many are positive, surest first, as its reads have a share of
    positives (FreeMatch and SoftMatch settle such thresholds by running means)."""
    out = [[*film.labels] for film in films]
    for f, finding in enumerate(label.finding for label in films[0].labels):
        own = [read.mask.any() for (_, name), read in reads.items() if name == finding]
        presence = np.array([film.labels[f].presence for film in films])
        share = float(np.mean(own)) if own else 0.0
        high = float(np.quantile(presence, 1 - share))
        for row, film in enumerate(films):
            label = film.labels[f]
            decision = "positive" if label.presence >= high and label.mask is not None else label.decision
            out[row][f] = replace(
                label, decision=decision, weight=max(label.weight, 0.5) if decision == "positive" else label.weight
            )
    return [replace(film, labels=labels) for film, labels in zip(films, out, strict=True)]
