"""What every arm has at hand: the films of its seed, training and labelling by the product's own code, each done once.

A training that was finished is found again by its name; one that was cut short goes on after its last epoch.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.study.films import Items, Sets, hidden_truth, refuse_leak
from benchmarks.study.plan import StudyPlan
from overread.domain.learning.ensemble import Form
from overread.domain.learning.recipe import Recipe
from overread.services.loop.training_sets import ManifestItem, teaching_items
from overread_worker.ml import loader
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.label import FilmLabels, label
from overread_worker.ml.learner import Lineage
from overread_worker.ml.train import TrainingData, train


@dataclass(frozen=True)
class Trained:
    """A network with what it cost, its teachers included: optimiser steps, films drawn (pool films too), seconds."""

    checkpoint: Path
    recipe: Recipe
    parameters: int
    steps: int
    films: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What an arm came to: networks and how they answer together; without, each alone: the mean of their scores.
    ``about`` goes into the run's line as it is."""

    members: tuple[Trained, ...]
    together: Form | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workbench:
    """One seed's."""

    plan: StudyPlan
    seed: int
    folder: Path
    sets: Sets
    _labelled: dict[Path, list[FilmLabels]] = field(default_factory=dict)  # by checkpoint

    def recipe(self, iteration: int) -> Recipe:
        """The recipe of an iteration, with this seed; the last one serves all later ones."""
        recipes = self.plan.recipes
        return replace(recipes[min(iteration, len(recipes) - 1)], seed=10 * self.seed + iteration)

    def train(
        self,
        name: str,
        recipe: Recipe,
        items: Items,
        teacher: Trained | None = None,
        steps: int | None = None,
        read: frozenset[tuple[str, str]] = frozenset(),
    ) -> Trained:
        """Train on labelled films, a machine's labels and what a simulated reader has ``read`` (film, finding); raises
        Leak for a target from anywhere else."""
        data = self._data(recipe, items, teacher)
        refuse_leak(data, self.sets, read)
        return self._train(name, recipe, data, teacher, steps)

    def train_oracle(
        self, name: str, recipe: Recipe, steps: int | None = None, teacher: Trained | None = None
    ) -> Trained:
        """Train on labelled films and on the pool with its hidden truth: the ceiling."""
        truth = [item for item in hidden_truth(self.folder, self.seed, "pool") if item.counts]
        data = self._data(recipe, self.sets.labelled + truth, teacher)
        return self._train(name, recipe, data, teacher, steps)

    def labels(self, teacher: Trained) -> list[FilmLabels]:
        """The pool as ``teacher`` labels it, a film an entry; ``image_id`` is the row in the pool."""
        if teacher.checkpoint not in self._labelled:
            films = ((row, item.image) for row, item in enumerate(self.sets.pool))
            found = label(films, [teacher.checkpoint], teacher.recipe, list(self.plan.findings))
            self._labelled[teacher.checkpoint] = list(found)
        return self._labelled[teacher.checkpoint]

    def pseudo_labels(self, teacher: Trained, student: Recipe) -> Items:
        """Labelled films, and the pool as ``teacher`` labels it, as far as the student's recipe lets it teach."""
        return self.taught([told(self.sets.pool[film.image_id], film) for film in self.labels(teacher)], student)

    def taught(self, pool: list[ManifestItem], student: Recipe) -> Items:
        """Labelled films and these pool films, as far as the student's recipe lets them teach."""
        manifest = [_human(item) for item in self.sets.labelled] + [one for one in pool if one.counts]
        return [self._item(one) for one in teaching_items(manifest, student.pseudo)]

    def _data(self, recipe: Recipe, items: Items, teacher: Trained | None) -> TrainingData:
        pool = [item.image for item in self.sets.pool] if recipe.pool.method != "none" else []
        return TrainingData(
            items=items,
            development=self.sets.development,
            pool=pool,
            lineage=Lineage(
                encoder=None if recipe.encoder_file is None else Path(recipe.encoder_file),
                teacher=teacher.checkpoint if teacher else None,
                teacher_parameters=teacher.parameters if teacher else 0,
            ),
        )

    def _train(
        self, name: str, recipe: Recipe, data: TrainingData, teacher: Trained | None, steps: int | None
    ) -> Trained:
        folder = self.folder / "runs" / str(self.seed) / name
        per_epoch, wanted = steps_of_epoch(recipe, data.items), steps or self.plan.steps
        recipe = replace(recipe, epochs=max(1, round(wanted / per_epoch)) if wanted else recipe.epochs)
        done = folder / "done.json"
        if not done.exists():
            result = train(recipe, data, list(self.plan.findings), folder, lambda _report: None)
            _clear(folder)
            told = {"parameters": result.parameters, "epochs": result.epochs, "seconds": round(result.seconds, 2)}
            done.write_text(json.dumps(told))
        about = json.loads(done.read_text())
        own = about["epochs"] * per_epoch
        unlabelled = recipe.pool.batch if recipe.pool.method != "none" else 0
        return Trained(
            folder / "checkpoint.safetensors",
            recipe,
            about["parameters"],
            own + (teacher.steps if teacher else 0),
            own * (recipe.batch + unlabelled) + (teacher.films if teacher else 0),
            about["seconds"] + (teacher.seconds if teacher else 0.0),
        )

    def _item(self, one: ManifestItem) -> TrainingItem:
        image = self.sets.films.path(one.image_sha256)
        return TrainingItem(image, one.height, one.width, one.patient, one.counts, one.weights, one.machine)


Arm = Callable[[Workbench], Outcome]


def steps_of_epoch(recipe: Recipe, items: Items) -> int:
    """Optimiser steps of one pass over human truth, as the loader plans them."""
    told, known = (
        np.array([len(item.counts) for item in items if bool(item.machine) == by_machine], np.int64)
        for by_machine in (False, True)
    )
    return loader.steps_of_epoch(told, known, recipe)[0]


def cost_of(outcome: Outcome) -> dict[str, float]:
    """Parameters of the largest network; steps, films and seconds of all."""
    values = [asdict(one) for one in outcome.members]
    summed = {key: sum(value[key] for value in values) for key in ("steps", "films", "seconds")}
    return {"parameters": max(value["parameters"] for value in values), **summed}


def _human(item: TrainingItem) -> ManifestItem:
    return ManifestItem(
        item.image.name, item.height, item.width, item.patient, dict(item.counts), dict(item.weights), frozenset()
    )


def told(item: TrainingItem, film: FilmLabels) -> ManifestItem:
    """What the product writes into a training set: decided findings, weighted by how sure the teacher is."""
    decided = [one for one in film.labels if one.decision != "uncertain"]
    counts = {one.finding: None if one.mask is None else one.mask.counts.encode() for one in decided}
    weights = {one.finding: round(one.weight, 6) for one in decided}
    return ManifestItem(item.image.name, item.height, item.width, item.patient, counts, weights, frozenset(counts))


def _clear(folder: Path) -> None:
    """Drop what only a training in progress needs."""
    for name in ("training", "development"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in folder.glob("state*"):
        path.unlink(missing_ok=True)
