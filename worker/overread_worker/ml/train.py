"""Training: one network on one frozen training set, an epoch at a time, resumable after any of them.

``train`` is the whole story, ``Training`` what it is made of: who learns (``learner``), from what (``loader``), where
it stands and what is kept of it (``progress``). ``epoch`` tells of one pass over the films.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe, check_batch
from overread.domain.learning.reports import EpochReport
from overread_worker.ml.calibrate import fit_temperature
from overread_worker.ml.dataset import Cache, TrainingItem, build_cache
from overread_worker.ml.development import look
from overread_worker.ml.epoch import train_epoch
from overread_worker.ml.learner import Learner, Lineage, open_fabric, set_up
from overread_worker.ml.loader import Films, Loader
from overread_worker.ml.losses import refuse_nan_weights
from overread_worker.ml.network import count_parameters
from overread_worker.ml.pictures import draw_batch, draw_cases
from overread_worker.ml.progress import Progress, keep_best, restore, save, snapshots, take_best
from overread_worker.ml.schedule import scores_after


@dataclass(frozen=True)
class TrainingData:
    """All that a training may see: the frozen set, development films, pool films (no label), where weights start."""

    items: list[TrainingItem]
    development: list[TrainingItem]
    pool: Sequence[Path] = ()
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True)
class TrainResult:
    """The checkpoint (safetensors), earlier ones that label too (ST++), pictures by name (PNG), the network's size in
    parameters, the epochs and the seconds that training took, resumes included."""

    checkpoint: Path
    snapshots: list[Path]
    pictures: dict[str, Path]
    parameters: int
    epochs: int
    seconds: float


@dataclass(frozen=True)
class Training:
    """What a training is made of: who learns, the films it learns from, development films that it is scored on, the
    folder that keeps its state, and where it stands."""

    learner: Learner
    loader: Loader
    held: Cache
    folder: Path
    progress: Progress


def train(
    recipe: Recipe,
    data: TrainingData,
    findings: list[str],
    folder: Path,
    on_epoch: Callable[[EpochReport], None],
    processes: int = 1,
) -> TrainResult:
    """Train the recipe's network. ``folder`` keeps the state after each epoch; a second call goes on from there,
    and ``on_epoch`` may hear of an epoch twice.

    Raises InvalidInput without human truth or pool films to learn from, for a student smaller than its teacher, when
    the fewest films that the network learns from are too large for the device, or when the loss is no longer a number;
    InvalidRecipe where a process or a piece of a mini-batch has fewer. Nothing is published then.
    """
    training = prepare(recipe, data, findings, folder, processes)
    progress = training.progress
    started = time.monotonic() - progress.seconds
    for epoch in range(progress.epoch + 1, recipe.epochs):
        if recipe.early_stop and progress.looks_since_best >= recipe.early_stop:
            break  # asked before an epoch: a training that stopped and died before it was published stays stopped
        report = train_epoch(training.learner, training.loader, epoch)
        if scores_after(recipe, epoch):
            report = score(training, report)
        progress.epoch, progress.seconds = epoch, time.monotonic() - started
        on_epoch(report)  # before its state is kept: cut short in between, it comes again and tells the same
        save(training.learner, progress, folder)
    return publish(training)


def prepare(recipe: Recipe, data: TrainingData, findings: list[str], folder: Path, processes: int = 1) -> Training:
    """Build the network and the films' arrays, and put back what an earlier call left in ``folder``."""
    check_batch(recipe, processes)
    if recipe.pool.method != "none" and not data.pool:
        raise InvalidInput(f"{recipe.name} learns from pool films ({recipe.pool.method}), and there are none.")
    fabric = open_fabric(recipe, processes)
    learner = set_up(fabric, recipe, findings, data.lineage)
    films, held = (
        _cached(learner, items, folder / name)
        for name, items in (("training", data.items), ("development", data.development))
    )
    weigh(films, recipe, findings)
    loader = Loader(Films(films, data.pool, recipe), fabric.global_rank, fabric.world_size)
    return Training(learner, loader, held, folder, restore(learner, folder))


def score(training: Training, report: EpochReport) -> EpochReport:
    """The report with the scores of development films. Early stopping goes by the findings that enough of them show;
    where none is, the training takes all its epochs, its last weights are published, and the report says so."""
    learner = training.learner
    # One process decides for all: their statistics differ, and they must stop together.
    seen = learner.fabric.broadcast(look(learner.fabric, learner.published, training.held))
    keep_best(learner, training.progress, seen.judged, training.folder)
    judged = seen.judged is not None if learner.recipe.early_stop else None
    return replace(report, d_auc=seen.d_auc, dice=seen.dice, judged=judged)


def publish(training: Training) -> TrainResult:
    """Write the checkpoint, calibrated on development films, and draw what the network saw and how it did."""
    learner, held, folder = training.learner, training.held, training.folder
    recipe, fabric = learner.recipe, learner.fabric
    checkpoint, pictures = folder / "checkpoint.safetensors", {}
    if fabric.global_rank == 0:
        take_best(learner, folder)
        network = learner.published.eval()
        refuse_nan_weights(recipe, network)
        learner.write(checkpoint, fit_temperature(fabric, network, held) if recipe.labelling.temperature else 1.0)
        pictures = draw_batch(training.loader.films, folder) | draw_cases(fabric, network, held, folder)
    fabric.barrier()
    size, progress = count_parameters(learner.pupil.raw), training.progress
    return TrainResult(checkpoint, snapshots(recipe, folder), pictures, size, progress.epoch + 1, progress.seconds)


def _cached(learner: Learner, items: list[TrainingItem], folder: Path) -> Cache:
    """Films as arrays, written once and mapped by every process."""
    fabric = learner.fabric
    with fabric.rank_zero_first():
        write = fabric.global_rank == 0
        return build_cache(items, len(items), learner.findings, learner.recipe.size, folder, write=write)


def weigh(training: Cache, recipe: Recipe, findings: list[str]) -> None:
    """Scale the targets' weights by the recipe's weight of each finding, and of what a machine made."""
    training.weights[:] *= np.array([recipe.finding_weights.get(finding, 1.0) for finding in findings], np.float32)
    training.weights[training.machine] *= recipe.pseudo.weight
