"""How a training goes on after a stop: what is kept of it after every epoch, in its folder, and put back.

A file is written whole or not at all, so that whenever it stops, the folder holds an epoch's end.
"""

from dataclasses import dataclass
from pathlib import Path

from overread.domain.learning.recipe import Recipe
from overread_worker.ml.checkpoint import load_network, load_state, save_state
from overread_worker.ml.learner import Learner
from overread_worker.ml.schedule import snapshot_epochs

STATE, BEST = "state.safetensors", "best.safetensors"


@dataclass
class Progress:
    """Where a training stands after an epoch, written beside its tensors so that a resume changes nothing."""

    epoch: int = -1
    seconds: float = 0.0
    best: float = -1.0  # D-AUC of development films
    looks_since_best: int = 0


def restore(learner: Learner, folder: Path) -> Progress:
    """Put back what ``save`` wrote; a training that has no state yet starts at the beginning."""
    if not (folder / STATE).exists():
        return Progress()
    about = load_state(learner.modules, learner.optimizers, folder / STATE)
    learner.pieces = int(about["pieces"])
    return Progress(int(about["epoch"]), about["seconds"], about["best"], int(about["looks_since_best"]))


def save(learner: Learner, progress: Progress, folder: Path) -> None:
    """All that the next epoch depends on; and the checkpoint of an epoch that the recipe keeps one of."""
    if learner.fabric.global_rank == 0:
        about = vars(progress) | {"pieces": learner.pieces}
        save_state(learner.modules, learner.optimizers, about, folder / STATE)
        for path, epoch in zip(_snapshots(learner.recipe, folder), snapshot_epochs(learner.recipe), strict=True):
            if epoch == progress.epoch:
                learner.write(path)
    learner.fabric.barrier()


def keep_best(learner: Learner, progress: Progress, judged: float | None, folder: Path) -> None:
    """With early stopping, the weights that development films like best are the ones to publish; None where these are
    too few to tell, and then the last are."""
    if not learner.recipe.early_stop or judged is None:
        return
    progress.looks_since_best += 1
    if judged > progress.best:
        progress.best, progress.looks_since_best = judged, 0
        if learner.fabric.global_rank == 0:
            learner.write(folder / BEST)


def take_best(learner: Learner, folder: Path) -> None:
    """Publish the weights that ``keep_best`` kept, where it kept any."""
    if (folder / BEST).exists():
        learner.published.load_state_dict(load_network(folder / BEST)[0].state_dict(), strict=False)


def snapshots(recipe: Recipe, folder: Path) -> list[Path]:
    """The earlier checkpoints that were kept, which label too (ST++)."""
    return [path for path in _snapshots(recipe, folder) if path.exists()]


def _snapshots(recipe: Recipe, folder: Path) -> list[Path]:
    return [folder / f"snapshot-{number}.safetensors" for number in range(recipe.labelling.stability)]
