"""Training: one network on one frozen training set, an epoch at a time, resumable after any of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import EpochReport
from overread_worker.ml.ahead import loading
from overread_worker.ml.calibrate import fit_temperature
from overread_worker.ml.checkpoint import load_network, save_network
from overread_worker.ml.consistency import pool_loss
from overread_worker.ml.dataset import Cache, TrainingItem, build_cache
from overread_worker.ml.development import Look, look
from overread_worker.ml.learner import (
    Learner,
    Progress,
    descend,
    in_pieces,
    open_fabric,
    pool_weight_at,
    rate_at,
    restore,
    save,
    set_up,
)
from overread_worker.ml.loader import Batch, Films, Loader, to_batch
from overread_worker.ml.losses import refuse_nan, refuse_nan_weights, supervised, weighted
from overread_worker.ml.meta import meta_step
from overread_worker.ml.network import count_parameters
from overread_worker.ml.pictures import draw_batch, draw_cases

LOOKS = 8  # development films are scored this often in a training: often enough for a curve, cheap enough for a CPU


@dataclass(frozen=True)
class TrainingData:
    """All that a training may see: the frozen set, development films, pool films (no label), where weights start: an
    encoder's, or a teacher's checkpoint for a recipe that goes ``from_teacher``."""

    items: list[TrainingItem]
    development: list[TrainingItem]
    pool: Sequence[Path] = ()
    encoder: Path | None = None
    teacher: Path | None = None
    teacher_parameters: int = 0


@dataclass(frozen=True)
class TrainResult:
    """The checkpoint (safetensors), earlier ones that label too (ST++), pictures by name (PNG), the network's size in
    parameters, and the seconds that training took, resumes included."""

    checkpoint: Path
    snapshots: list[Path]
    pictures: dict[str, Path]
    parameters: int
    seconds: float


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
    one film alone is too large for the device, or when the loss is no longer a number; nothing is published then.
    """
    if recipe.pool.method != "none" and not data.pool:
        raise InvalidInput(f"{recipe.name} learns from pool films ({recipe.pool.method}), and there are none.")
    fabric = open_fabric(recipe, processes)
    learner = set_up(fabric, recipe, findings, data.encoder, data.teacher, data.teacher_parameters)
    training, held = _caches(fabric, recipe, data, findings, folder)
    films = Films(training, data.pool, recipe)
    loader = Loader(films, training, len(data.pool), recipe, fabric.global_rank, fabric.world_size)
    progress = restore(learner, folder / "state.safetensors")
    started = time.monotonic() - progress.seconds
    for epoch in range(progress.epoch + 1, recipe.epochs):
        report = train_epoch(fabric, learner, recipe, loader, findings, epoch)
        if _looks(recipe, epoch):
            # One process decides for all: their statistics differ, and they must stop together.
            seen = fabric.broadcast(look(fabric, learner.published, held, findings))
            report = replace(report, d_auc=seen.d_auc, dice=seen.dice)
            _keep_best(fabric, learner, recipe, findings, progress, seen, folder)
        progress.epoch, progress.seconds = epoch, time.monotonic() - started
        on_epoch(report)  # before its state is kept: cut short in between, it comes again and tells the same
        _save(fabric, learner, recipe, findings, progress, folder)
        if recipe.early_stop and progress.looks_since_best >= recipe.early_stop:
            break
    return _publish(fabric, learner, recipe, findings, films, held, progress, folder)


@loading()
def train_epoch(
    fabric: Fabric, learner: Learner, recipe: Recipe, loader: Loader, findings: list[str], epoch: int
) -> EpochReport:
    learner.network.train()
    # Dropout's seed hangs on the epoch alone: a resume changes nothing.
    torch.manual_seed(recipe.seed * 100_003 + epoch * 1_009 + fabric.global_rank)
    sums: dict[str, float] = {}
    images = truths = steps = 0
    started, waited, rate = time.monotonic(), 0.0, 0.0
    for arrays, wait in _timed(loader.epoch(epoch)):
        done = (epoch + steps / loader.steps) / recipe.epochs
        rate = rate_at(recipe, done)
        for group in learner.optimizer.param_groups:
            group["lr"] = rate
        losses = _step(fabric, learner, recipe, arrays, len(findings), done)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + value
        images += len(arrays["films"])
        truths += int((~arrays["machine"].bool().any(dim=1)).sum())
        steps += 1
        waited += wait
    seconds = time.monotonic() - started
    mean = {name: value / steps for name, value in sums.items()}
    speed = images * fabric.world_size / seconds
    return EpochReport(
        epoch, mean["loss"], mean["class"], mean["mask"], mean.get("pool"), rate, speed, truths / images,
        waited / seconds,
    )  # fmt: skip


def _step(
    fabric: Fabric, learner: Learner, recipe: Recipe, arrays: dict[str, Tensor], findings: int, done: float
) -> dict[str, float]:
    """One step of the optimiser, in as many pieces as memory asks for."""
    if learner.coach is not None and done < 1 - recipe.pool.finish:
        return meta_step(fabric, learner, recipe, to_batch(fabric, arrays, findings), pool_weight_at(recipe, done))
    return in_pieces(
        learner,
        recipe,
        len(arrays["films"]),
        lambda pieces: _step_in(pieces, fabric, learner, recipe, arrays, findings, done),
    )


def _step_in(
    pieces: int,
    fabric: Fabric,
    learner: Learner,
    recipe: Recipe,
    arrays: dict[str, Tensor],
    findings: int,
    done: float,
) -> dict[str, float]:
    """Forward and backward of every piece of a mini-batch, then one step."""
    learner.optimizer.zero_grad(set_to_none=True)
    sums: dict[str, float] = {}
    for number in range(pieces):
        batch = to_batch(
            fabric, {name: _piece(name, value, number, pieces) for name, value in arrays.items()}, findings
        )
        with fabric.no_backward_sync(learner.network, enabled=number + 1 < pieces):  # type: ignore[arg-type]
            losses = batch_losses(learner, recipe, batch, done)
            refuse_nan(recipe, losses["loss"])
            fabric.backward(losses["loss"] / pieces)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + value.item() / pieces
    descend(fabric, learner.network, learner.optimizer, recipe)
    if learner.average is not None:
        learner.average.update_parameters(learner.raw)
    return sums


def batch_losses(learner: Learner, recipe: Recipe, batch: Batch, done: float) -> dict[str, Tensor]:
    """The loss and its parts, by name: class and mask (truth and pseudo labels), pool (consistency)."""
    masks, presence = learner.network(batch.films, batch.targets.machine if recipe.pseudo.own_head else None)
    losses = supervised(recipe, masks.float(), presence.float(), batch.targets)
    loss = weighted(recipe, losses)
    if batch.pool is not None and learner.coach is None:
        losses["pool"] = pool_loss(recipe, learner.network, learner.average, batch.pool)
        loss = loss + pool_weight_at(recipe, done) * losses["pool"]
    return losses | {"loss": loss}


def _piece(name: str, value: Tensor, number: int, pieces: int) -> Tensor:
    """Every ``pieces``-th row from ``number`` on: each piece keeps its share of truth. Boxes of CutMix: axis 1."""
    return value[:, number::pieces] if name == "cut" else value[number::pieces]


def _timed(batches: Iterator[dict[str, Tensor]]) -> Iterator[tuple[dict[str, Tensor], float]]:
    """Each batch with the seconds that were spent waiting for it."""
    while True:
        started = time.monotonic()
        arrays = next(batches, None)
        if arrays is None:
            return
        yield arrays, time.monotonic() - started


def _caches(
    fabric: Fabric, recipe: Recipe, data: TrainingData, findings: list[str], folder: Path
) -> tuple[Cache, Cache]:
    """The training set and the development films, written once and mapped by every process."""
    caches: list[Cache] = []
    for name, items in (("training", data.items), ("development", data.development)):
        with fabric.rank_zero_first():
            write = fabric.global_rank == 0
            caches.append(build_cache(items, len(items), findings, recipe.size, folder / name, write=write))
    weigh(caches[0], recipe, findings)
    return caches[0], caches[1]


def weigh(training: Cache, recipe: Recipe, findings: list[str]) -> None:
    """Scale the targets' weights by the recipe's weight of each finding, and of what a machine made."""
    training.weights[:] *= np.array([recipe.finding_weights.get(finding, 1.0) for finding in findings], np.float32)
    training.weights[training.machine] *= recipe.pseudo.weight


def _looks(recipe: Recipe, epoch: int) -> bool:
    return (epoch + 1) % max(1, recipe.epochs // LOOKS) == 0 or epoch + 1 == recipe.epochs


def _keep_best(
    fabric: Fabric, learner: Learner, recipe: Recipe, findings: list[str], progress: Progress, seen: Look, folder: Path
) -> None:
    """With early stopping the best look's weights are the ones to publish."""
    if not recipe.early_stop or seen.d_auc is None:
        return
    progress.looks_since_best += 1
    if seen.d_auc > progress.best:
        progress.best, progress.looks_since_best = seen.d_auc, 0
        if fabric.global_rank == 0:
            save_network(learner.published, recipe, findings, folder / "best.safetensors")


def _save(
    fabric: Fabric, learner: Learner, recipe: Recipe, findings: list[str], progress: Progress, folder: Path
) -> None:
    if fabric.global_rank == 0:
        save(learner, progress, folder / "state.safetensors")
        for number, epoch in enumerate(snapshot_epochs(recipe)):
            if epoch == progress.epoch:
                save_network(learner.published, recipe, findings, folder / f"snapshot-{number}.safetensors")
    fabric.barrier()


def snapshot_epochs(recipe: Recipe) -> list[int]:
    """The epochs after which earlier checkpoints are kept: evenly over the training, its end apart."""
    count = recipe.labelling.stability
    return [max(0, round(recipe.epochs * (k + 1) / (count + 1)) - 1) for k in range(count)]


def _publish(
    fabric: Fabric, learner: Learner, recipe: Recipe, findings: list[str], films: Films, held: Cache,
    progress: Progress, folder: Path,
) -> TrainResult:  # fmt: skip
    """Write the checkpoint, calibrated on development films, and draw what the network saw and how it did."""
    checkpoint, pictures, best = folder / "checkpoint.safetensors", {}, folder / "best.safetensors"
    if fabric.global_rank == 0:
        if best.exists():
            learner.published.load_state_dict(load_network(best)[0].state_dict(), strict=False)
        network = learner.published.eval()
        refuse_nan_weights(recipe, network)
        temperature = fit_temperature(fabric, network, held) if recipe.labelling.temperature else 1.0
        save_network(network, recipe, findings, checkpoint, temperature)
        pictures = draw_batch(films, recipe, folder) | draw_cases(fabric, network, held, findings, folder)
    fabric.barrier()
    snapshots = [folder / f"snapshot-{number}.safetensors" for number in range(recipe.labelling.stability)]
    kept = [path for path in snapshots if path.exists()]
    return TrainResult(checkpoint, kept, pictures, count_parameters(learner.raw), progress.seconds)
