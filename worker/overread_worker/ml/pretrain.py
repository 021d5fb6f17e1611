"""Self-supervised start: an encoder taught on pool films alone, by telling two views of a film from all other films.

SimCLR (Chen et al., 2020) finds the negatives in the mini-batch, MoCo (He et al., 2020) in a queue that a slowly
following key encoder fills. Both throw the projection head away; the encoder's checkpoint is what a recipe names.
Adam, the step size, its schedule and the precision are the recipe's, where the papers take LARS and SGD.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread_worker.ml.ahead import Ahead, loading
from overread_worker.ml.augment import Augmenter
from overread_worker.ml.checkpoint import load_state, save_encoder, save_state
from overread_worker.ml.dataset import centred, read_film
from overread_worker.ml.learner import descend, open_fabric, rate_at
from overread_worker.ml.losses import refuse_nan, refuse_nan_weights
from overread_worker.ml.network import build
from overread_worker.ml.operations import Bytes, resized_crop

PROJECTED = 128  # numbers in a projected vector, in both papers
START_STREAM = 2  # tells these random numbers from those of a training's films (0) and pool (1)
Rows = tuple[int, NDArray[np.int64]]


@dataclass(frozen=True)
class StartReport:
    """What a finished epoch says of itself; ``first`` is the share of films whose other view was ranked before all
    negatives (contrastive accuracy)."""

    epoch: int
    loss: float
    first: float
    learning_rate: float
    images_per_second: float


@dataclass(frozen=True)
class StartResult:
    """The encoder's checkpoint (safetensors), its size in parameters, and the seconds it took, resumes included."""

    checkpoint: Path
    parameters: int
    seconds: float


def pretrain(
    recipe: Recipe, films: Sequence[Path], folder: Path, on_epoch: Callable[[StartReport], None]
) -> StartResult:
    """Teach the recipe's encoder by ``recipe.start``. ``folder`` keeps the state after each epoch; a second call goes
    on from there, bit for bit on a CPU; ``on_epoch`` may hear of an epoch twice. ImageNet weights are where it starts
    when ``encoder_weights`` says so.

    Raises InvalidInput for fewer films than a mini-batch, for a recipe without a method, for a mini-batch that the
    device cannot hold, and when the loss is no longer a number; no checkpoint is written then.
    """
    start = recipe.start
    if start.method == "none":
        raise InvalidInput(f"{recipe.name} names no self-supervised method; set start.method to simclr or moco.")
    if len(films) < start.batch:
        raise InvalidInput(f"The pool has {len(films)} films, a mini-batch of {recipe.name} {start.batch}.")
    fabric = open_fabric(recipe)
    learner = _set_up(fabric, recipe, len(films))
    loader = _Loader(films, recipe)
    state = folder / "state.safetensors"
    about = load_state(learner.modules, learner.optimizers, state) if state.exists() else {"epoch": -1, "seconds": 0.0}
    started = time.monotonic() - about["seconds"]
    for epoch in range(int(about["epoch"]) + 1, start.epochs):
        try:
            report = _train_epoch(fabric, learner, recipe, loader, epoch)
        except torch.OutOfMemoryError as error:
            raise InvalidInput(
                f"{start.batch} films of {recipe.size} px, each seen twice, are too many for this device with "
                f"{recipe.network}. Lower start.batch (moco needs it least) or size, or take 16-bit arithmetic."
            ) from error
        about = {"epoch": epoch, "seconds": time.monotonic() - started}
        on_epoch(report)  # before its state is kept: cut short in between, it comes again and tells the same
        save_state(learner.modules, learner.optimizers, about, state)
    encoder, checkpoint = learner.raw.encoder, folder / "encoder.safetensors"
    refuse_nan_weights(recipe, encoder)
    save_encoder(encoder, recipe.network, checkpoint)
    return StartResult(checkpoint, sum(p.numel() for p in encoder.parameters()), about["seconds"])


class Projected(nn.Module):
    """Films (N, 1, S, S) → unit vectors (N, 128): the encoder's last features, averaged, through a projection head of
    one hidden layer (Chen et al., 2020, section 2.1)."""

    def __init__(self, encoder: nn.Module, features: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, PROJECTED))

    def forward(self, films: Tensor) -> Tensor:
        return F.normalize(self.head(self.encoder(films)[-1].mean(dim=(2, 3))).float(), dim=1)


class Memory(nn.Module):
    """MoCo's key encoder and its queue of ``vectors`` (K, 128), the oldest of which makes room at ``place``."""

    vectors: Tensor
    place: Tensor

    def __init__(self, network: Projected, length: int) -> None:
        super().__init__()
        self.key = deepcopy(network).requires_grad_(False)
        self.register_buffer("vectors", F.normalize(torch.randn(length, PROJECTED), dim=1))
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def keys(self, films: Tensor) -> Tensor:
        """Keys (N, 128) of films. They pass in two shuffled halves, so that BatchNorm's statistics do not tell a query
        which batch its key is from (He et al., section 3.3, on one device)."""
        order = torch.randperm(len(films))
        halves = order.chunk(2 if len(films) >= 4 else 1)
        return torch.cat([self.key(films[half.to(films.device)]) for half in halves])[order.argsort().to(films.device)]

    @torch.no_grad()
    def follow(self, network: Projected, momentum: float) -> None:
        """Move the key encoder towards the query's (eq. 2)."""
        for own, new in zip(self.key.parameters(), network.parameters(), strict=True):
            own.lerp_(new, 1 - momentum)

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Put keys (N, 128) in the place of the oldest; of more than the queue holds, the last ones stay."""
        length = len(self.vectors)
        kept = keys[-length:]
        rows = (self.place + torch.arange(len(kept), device=kept.device)) % length
        self.vectors[rows] = kept.to(self.vectors.dtype)
        self.place.copy_((self.place + len(kept)) % length)


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """NT-Xent of unit vectors (N, D) of two views (Chen et al., 2020, eq. 1, the mean over all 2N): its scalar loss,
    and the share of views to which their other view is nearer than all else (a tie, as of vectors that have become one,
    is not nearer)."""
    both = torch.cat([first, second])
    alike = (both @ both.T / temperature).fill_diagonal_(-torch.inf)
    other = torch.arange(len(both), device=both.device).roll(len(first))
    return F.cross_entropy(alike, other), _ranked_first(alike, other)


def info_nce(queries: Tensor, keys: Tensor, negatives: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE of unit vectors: queries and their keys (N, D), negatives (K, D) (He et al., 2020, eq. 1): its scalar
    loss, and the share of queries that are nearer to their key than to any negative."""
    own = (queries * keys).sum(dim=1, keepdim=True)
    alike = torch.cat([own, queries @ negatives.T], dim=1) / temperature
    first = torch.zeros(len(alike), dtype=torch.int64, device=alike.device)
    return F.cross_entropy(alike, first), _ranked_first(alike, first)


def _ranked_first(alike: Tensor, right: Tensor) -> Tensor:
    """The share of rows whose right column beats every other one."""
    best = alike.gather(1, right[:, None])
    return (alike.scatter(1, right[:, None], -torch.inf) < best).all(dim=1).float().mean()


@dataclass(frozen=True)
class _Learner:
    raw: Projected
    network: nn.Module
    optimizer: torch.optim.Optimizer
    memory: Memory | None

    @property
    def modules(self) -> dict[str, nn.Module]:
        return {"network": self.raw} | ({"memory": self.memory} if self.memory is not None else {})

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"optimizer": self.optimizer}


def _set_up(fabric: Fabric, recipe: Recipe, films: int) -> _Learner:
    torch.manual_seed(recipe.seed)
    encoder = build(recipe, findings=1).encoder
    with torch.no_grad():
        features = encoder.eval()(torch.zeros(1, 1, recipe.size, recipe.size))[-1].shape[1]
    raw = Projected(encoder, features).train()
    raw.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # Half the pool at most: a queue as long as the pool always holds a film's own last key, as a negative.
    queue = min(recipe.start.queue, films // 2)
    memory = Memory(raw, queue).to(fabric.device) if recipe.start.method == "moco" else None
    compiled: Any = torch.compile(raw) if recipe.compile else raw
    network, optimizer = fabric.setup(compiled, torch.optim.Adam(raw.parameters(), lr=recipe.learning_rate))
    return _Learner(raw, network, optimizer, memory)


@loading()
def _train_epoch(fabric: Fabric, learner: _Learner, recipe: Recipe, loader: "_Loader", epoch: int) -> StartReport:
    torch.manual_seed(recipe.seed * 100_003 + epoch * 1_009)  # noise hangs on the epoch alone: a resume changes nothing
    loss_sum = first_sum = rate = 0.0
    started = time.monotonic()
    for step, views in enumerate(loader.epoch(epoch)):
        rate = rate_at(recipe, (epoch + step / loader.steps) / recipe.start.epochs)
        for group in learner.optimizer.param_groups:
            group["lr"] = rate
        loss, first = _step(fabric, learner, recipe, [centred(fabric.to_device(view)) for view in views])
        loss_sum, first_sum = loss_sum + loss, first_sum + first
    images = loader.steps * recipe.start.batch
    speed = images / (time.monotonic() - started)
    return StartReport(epoch, loss_sum / loader.steps, first_sum / loader.steps, rate, speed)


def _step(fabric: Fabric, learner: _Learner, recipe: Recipe, views: list[Tensor]) -> tuple[float, float]:
    """One step of the optimiser; MoCo's key encoder follows and its keys are remembered after it (algorithm 1)."""
    memory, temperature = learner.memory, recipe.start.temperature
    learner.optimizer.zero_grad(set_to_none=True)
    if memory is None:
        one, other = learner.network(torch.cat(views)).chunk(2)
        loss, first = nt_xent(one, other, temperature)
    else:
        with fabric.autocast():
            keys = memory.keys(views[1])
        loss, first = info_nce(learner.network(views[0]), keys, memory.vectors, temperature)
    refuse_nan(recipe, loss)
    fabric.backward(loss)
    descend(fabric, learner.network, learner.optimizer, recipe)
    if memory is not None:
        memory.follow(learner.raw, recipe.start.momentum)
        memory.push(keys)
    return loss.item(), first.item()


class Views(Dataset[tuple[Bytes, Bytes]]):
    """Makes a mini-batch: two views (N, S, S) uint8 of the films in some rows, read when they are needed."""

    def __init__(self, films: Sequence[Path], recipe: Recipe) -> None:
        self._films, self._recipe = films, recipe
        self._augment = Augmenter(recipe.augment)

    def __getitem__(self, key: Rows) -> tuple[Bytes, Bytes]:
        """The two views of each film in the rows, by (epoch, rows)."""
        epoch, rows = key
        made = [self._views(epoch, int(row)) for row in rows]
        return np.stack([one for one, _ in made]), np.stack([other for _, other in made])

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
        self._loader = Ahead(Views(films, recipe), self._rows)

    def epoch(self, epoch: int) -> Iterator[list[Tensor]]:
        """Two views of each film, (N, S, S) uint8."""
        order = np.random.default_rng((self._recipe.seed, epoch, START_STREAM)).permutation(self._count)
        batch = self._recipe.start.batch
        self._rows[:] = [(epoch, order[step * batch : (step + 1) * batch]) for step in range(self.steps)]
        yield from self._loader
