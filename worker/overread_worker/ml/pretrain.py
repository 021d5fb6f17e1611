"""Self-supervised start: an encoder taught on pool films alone, by telling two views of a film from all other films.

``contrastive`` has the methods, SimCLR and MoCo. Both throw the projection head away; the encoder's checkpoint is what
a recipe names. Adam, the step size, its schedule and the precision are the recipe's; the papers take LARS and SGD.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import StartReport
from overread_worker.ml.ahead import Ahead, Arrays, Tensors, loading
from overread_worker.ml.augment import Augmenter
from overread_worker.ml.checkpoint import load_state, save_encoder, save_state
from overread_worker.ml.contrastive import Memory, Projected, info_nce, nt_xent
from overread_worker.ml.dataset import centred, read_film
from overread_worker.ml.learner import Pupil, open_fabric, ready
from overread_worker.ml.losses import refuse_nan, refuse_nan_weights
from overread_worker.ml.network import build
from overread_worker.ml.operations import Bytes, resized_crop
from overread_worker.ml.schedule import rate_at

START_STREAM = 2  # tells these random numbers from those of a training's films (0) and pool (1)
Rows = tuple[int, NDArray[np.int64]]


@dataclass(frozen=True)
class StartResult:
    """The encoder's checkpoint (safetensors), its size in parameters, and the seconds it took, resumes included."""

    checkpoint: Path
    parameters: int
    seconds: float


@dataclass(frozen=True)
class Starter:
    """Who learns: the encoder under its projection head, and MoCo's memory beside it."""

    pupil: Pupil[Projected]
    memory: Memory | None

    @property
    def recipe(self) -> Recipe:
        return self.pupil.recipe

    @property
    def modules(self) -> dict[str, nn.Module]:
        """All weights, by the names under which the state keeps them."""
        return {"network": self.pupil.raw} | ({"memory": self.memory} if self.memory is not None else {})

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """All optimisers, likewise."""
        return {"optimizer": self.pupil.optimizer}


def pretrain(
    recipe: Recipe, films: Sequence[Path], folder: Path, on_epoch: Callable[[StartReport], None]
) -> StartResult:
    """Teach the recipe's encoder by ``recipe.start``. ``folder`` keeps the state after each epoch; a second call goes
    on from there, bit for bit on a CPU; ``on_epoch`` may hear of an epoch twice. ImageNet weights are where it starts
    when ``encoder_weights`` says so.

    Raises InvalidInput for fewer films than a mini-batch, for a recipe without a method, for a mini-batch that the
    device cannot hold, and when the loss is no longer a number; no checkpoint is written then.
    """
    start, state = recipe.start, folder / "state.safetensors"
    if start.method == "none":
        raise InvalidInput(f"{recipe.name} names no self-supervised method; set start.method to simclr or moco.")
    if len(films) < start.batch:
        raise InvalidInput(f"The pool has {len(films)} films, a mini-batch of {recipe.name} {start.batch}.")
    starter = _set_up(open_fabric(recipe), recipe, len(films))
    loader = _Loader(films, recipe)
    about = load_state(starter.modules, starter.optimizers, state) if state.exists() else {"epoch": -1, "seconds": 0.0}
    started = time.monotonic() - about["seconds"]
    for epoch in range(int(about["epoch"]) + 1, start.epochs):
        with _fitting(recipe):
            report = _train_epoch(starter, loader, epoch)
        about = {"epoch": epoch, "seconds": time.monotonic() - started}
        on_epoch(report)  # before its state is kept: cut short in between, it comes again and tells the same
        save_state(starter.modules, starter.optimizers, about, state)
    encoder, checkpoint = starter.pupil.raw.encoder, folder / "encoder.safetensors"
    refuse_nan_weights(recipe, encoder)
    save_encoder(encoder, recipe.network, checkpoint)
    return StartResult(checkpoint, sum(p.numel() for p in encoder.parameters()), about["seconds"])


def _set_up(fabric: Fabric, recipe: Recipe, films: int) -> Starter:
    torch.manual_seed(recipe.seed)
    encoder = build(recipe, findings=1).encoder
    with torch.no_grad():
        features = encoder.eval()(torch.zeros(1, 1, recipe.size, recipe.size))[-1].shape[1]
    raw = Projected(encoder, features).train()
    # Half the pool at most: a queue as long as the pool always holds a film's own last key, as a negative.
    queue = min(recipe.start.queue, films // 2)
    memory = None
    if recipe.start.method == "moco":
        memory = Memory(raw, queue).to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Starter(ready(fabric, recipe, raw, recipe.learning_rate), memory)


@loading()
def _train_epoch(starter: Starter, loader: "_Loader", epoch: int) -> StartReport:
    recipe, device = starter.recipe, starter.pupil.fabric
    torch.manual_seed(recipe.seed * 100_003 + epoch * 1_009)  # noise hangs on the epoch alone: a resume changes nothing
    loss_sum = first_sum = rate = 0.0
    started = time.monotonic()
    for step, views in enumerate(loader.epoch(epoch)):
        rate = rate_at(recipe, (epoch + step / loader.steps) / recipe.start.epochs)
        starter.pupil.set_rate(rate)
        loss, first = _step(starter, [centred(device.to_device(views[name])) for name in ("one", "other")])
        loss_sum, first_sum = loss_sum + loss, first_sum + first
    images = loader.steps * recipe.start.batch
    speed = images / (time.monotonic() - started)
    return StartReport(epoch, loss_sum / loader.steps, first_sum / loader.steps, rate, speed)


def _step(starter: Starter, views: list[Tensor]) -> tuple[float, float]:
    """One step of the optimiser; MoCo's key encoder follows and its keys are remembered after it (algorithm 1)."""
    pupil, memory, start = starter.pupil, starter.memory, starter.recipe.start
    pupil.optimizer.zero_grad(set_to_none=True)
    if memory is None:
        one, other = pupil.network(torch.cat(views)).chunk(2)
        loss, first = nt_xent(one, other, start.temperature)
    else:
        with pupil.fabric.autocast():
            keys = memory.keys(views[1])
        loss, first = info_nce(pupil.network(views[0]), keys, memory.vectors, start.temperature)
    refuse_nan(starter.recipe, loss)
    pupil.fabric.backward(loss)
    pupil.descend()
    if memory is not None:
        memory.follow(pupil.raw, start.momentum)
        memory.push(keys)
    return loss.item(), first.item()


@contextmanager
def _fitting(recipe: Recipe) -> Iterator[None]:
    """Say what to do where a mini-batch does not fit on the device: a loss over all of it cannot be cut into pieces."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InvalidInput(
            f"{recipe.start.batch} films of {recipe.size} px, each seen twice, are too many for this device with "
            f"{recipe.network}. Lower start.batch (moco needs it least) or size, or take 16-bit arithmetic."
        ) from error


class Views(Dataset[Arrays]):
    """Makes a mini-batch: two views (N, S, S) uint8 of the films in some rows, read when they are needed."""

    def __init__(self, films: Sequence[Path], recipe: Recipe) -> None:
        self._films, self._recipe = films, recipe
        self._augment = Augmenter(recipe.augment)

    def __getitem__(self, key: Rows) -> Arrays:
        """``one`` and ``other`` view of each film in the rows, by (epoch, rows)."""
        epoch, rows = key
        made = [self._views(epoch, int(row)) for row in rows]
        return {"one": np.stack([one for one, _ in made]), "other": np.stack([other for _, other in made])}

    def _views(self, epoch: int, row: int) -> tuple[Bytes, Bytes]:
        film = read_film(self._films[row], self._recipe.size)
        rng = np.random.default_rng((self._recipe.seed, epoch, START_STREAM, row))
        return self._view(film, rng), self._view(film, rng)

    def _view(self, film: Bytes, rng: np.random.Generator) -> Bytes:
        weak, _ = self._augment.weak(resized_crop(film, rng), np.zeros_like(film), rng)
        return self._augment.strong(weak, rng)


class _Loader:
    """The mini-batches of an epoch: a pass over the pool in random order, without what fills no mini-batch."""

    def __init__(self, films: Sequence[Path], recipe: Recipe) -> None:
        self._count, self._recipe = len(films), recipe
        self._rows: list[Rows] = []
        self.steps = self._count // recipe.start.batch
        self._batches = Ahead(Views(films, recipe), self._rows)

    def epoch(self, epoch: int) -> Iterator[Tensors]:
        """Two views of each film, (N, S, S) uint8."""
        order = np.random.default_rng((self._recipe.seed, epoch, START_STREAM)).permutation(self._count)
        batch = self._recipe.start.batch
        self._rows[:] = [(epoch, order[step * batch : (step + 1) * batch]) for step in range(self.steps)]
        yield from self._batches
