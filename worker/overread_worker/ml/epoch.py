"""One epoch: a pass over the films, a step a mini-batch, and what it reports."""

import time
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from overread.domain.learning.networks import least_films
from overread.domain.learning.reports import EpochReport
from overread_worker.ml.ahead import Tensors, loading
from overread_worker.ml.consistency import pool_loss
from overread_worker.ml.learner import Learner
from overread_worker.ml.loader import Batch, Loader, to_batch
from overread_worker.ml.losses import Losses, mean_of, supervised
from overread_worker.ml.meta import meta_step
from overread_worker.ml.schedule import pool_weight_at, rate_at


@loading()
def train_epoch(learner: Learner, loader: Loader, epoch: int) -> EpochReport:
    """Take a step for every mini-batch of an epoch. Raises InvalidInput when a loss is no number, or when the
    fewest films that the network learns from are too large for the device; LoadingFailed when mini-batches no longer
    come."""
    recipe, fabric = learner.recipe, learner.fabric
    learner.pupil.network.train()
    # Dropout's seed hangs on the epoch alone: a resume changes nothing.
    torch.manual_seed(recipe.seed * 100_003 + epoch * 1_009 + fabric.global_rank)
    losses: list[Losses[float]] = []
    images = truths = 0
    started, waited, rate = time.monotonic(), 0.0, 0.0
    for arrays, wait in _timed(loader.epoch(epoch)):
        done = (epoch + len(losses) / loader.steps) / recipe.epochs
        rate = rate_at(recipe, done)
        learner.pupil.set_rate(rate)
        losses.append(_step(learner, arrays, done))
        images += len(arrays["films"])
        truths += int((~arrays["machine"].bool().any(dim=1)).sum())
        waited += wait
    seconds, mean = time.monotonic() - started, mean_of(losses)
    return EpochReport(
        epoch, mean.loss, mean.class_loss, mean.mask_loss, mean.pool_loss, rate,
        images * fabric.world_size / seconds, truths / images, waited / seconds,
    )  # fmt: skip


def _step(learner: Learner, arrays: Tensors, done: float) -> Losses[float]:
    """One step of the optimiser, in as many pieces as memory asks for."""
    if learner.coach is not None and done < 1 - learner.recipe.pool.finish:
        batch = to_batch(learner.fabric, arrays, len(learner.findings))
        return meta_step(learner, batch, pool_weight_at(learner.recipe, done))
    # A small U-Net's piece may have no pool film; whoever normalises over them would meet one alone.
    drawn = [len(arrays[name]) for name in ("films", "weak") if name in arrays]
    films = drawn[0] if least_films(learner.recipe.network) == 1 else min(drawn)
    return learner.in_pieces(films, partial(_step_in, learner, arrays, done))


def _step_in(learner: Learner, arrays: Tensors, done: float, pieces: int) -> Losses[float]:
    """Forward and backward of every piece of a mini-batch, then one step."""

    def losses_of(number: int) -> Losses[Tensor]:
        own = {name: _piece(name, value, number, pieces) for name, value in arrays.items()}
        return batch_losses(learner, to_batch(learner.fabric, own, len(learner.findings)), done)

    losses = learner.pupil.gather(pieces, losses_of)
    learner.pupil.descend()
    learner.follow()
    return losses


def batch_losses(learner: Learner, batch: Batch, done: float) -> Losses[Tensor]:
    """The losses of a mini-batch: of truth and pseudo labels, and of pool films where these are to be consistent."""
    recipe, network = learner.recipe, learner.pupil.network
    masks, presence = network(batch.films, batch.targets.machine if recipe.pseudo.own_head else None)
    known = supervised(recipe, masks.float(), presence.float(), batch.targets)
    if batch.pool is None or learner.coach is not None:
        return known
    pool = pool_loss(recipe, network, learner.average, batch.pool)
    return Losses(known.loss + pool_weight_at(recipe, done) * pool, known.class_loss, known.mask_loss, pool)


def _piece(name: str, value: Tensor, number: int, pieces: int) -> Tensor:
    """Every ``pieces``-th row from ``number`` on: each piece keeps its share of truth. Boxes of CutMix: axis 1."""
    return value[:, number::pieces] if name == "cut" else value[number::pieces]


def _timed(batches: Iterator[Tensors]) -> Iterator[tuple[Tensors, float]]:
    """Each batch with the seconds that were spent waiting for it."""
    while True:
        started = time.monotonic()
        arrays = next(batches, None)
        if arrays is None:
            return
        yield arrays, time.monotonic() - started
