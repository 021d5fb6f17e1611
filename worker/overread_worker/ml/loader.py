"""Mini-batches: which rows, in which order, and how they get from disk to the device while it computes.

Every random choice hangs on (seed, epoch, row or step), never on which process makes it or on what ran before: the
same training resumed after any epoch meets the same films.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from overread.domain.errors import InvalidInput
from overread.domain.learning.networks import least_films
from overread.domain.learning.recipe import Recipe
from overread_worker.ml.ahead import Ahead, Arrays, Tensors
from overread_worker.ml.augment import Augmenter
from overread_worker.ml.copy_paste import CopyPaster
from overread_worker.ml.dataset import Cache, centred, read_film
from overread_worker.ml.losses import Targets

POOL_STREAM = 1  # tells the pool's random numbers from the labelled films'
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Plan:
    """One step: rows of the training cache, pool films, and the key of its random numbers."""

    epoch: int
    step: int
    rows: NDArray[np.int64]
    pool: NDArray[np.int64]


@dataclass(frozen=True)
class PoolBatch:
    """Pool films (M, 1, S, S), centred: seen weakly, and twice strongly (same geometry); cut (2, M, S, S) bool are
    the boxes in which a film is replaced by the next one of the batch (CutMix)."""

    weak: Tensor
    strong: tuple[Tensor, Tensor]
    cut: Tensor


@dataclass(frozen=True)
class Batch:
    """What a step learns from: films (N, 1, S, S), their targets, and what it sees of the pool."""

    films: Tensor
    targets: Targets
    pool: PoolBatch | None


def epoch_plans(data: Cache, pool_films: int, recipe: Recipe, epoch: int) -> list[Plan]:
    """The steps of an epoch: one pass over human truth, its share kept, the rest pseudo-labelled.

    A film on which people told of one finding is met as much less often than one that they told all of: every target
    of theirs teaches as often as any other, or a small audit would drive the labelled films out of the mini-batches.
    Pseudo-labelled films that tell little take as much less room, or findings that a gate withholds would starve.
    The last step meets what truth is left, and as much fewer pseudo labels; a film that would be left alone is met with
    the pass's first one where the network normalises over them. Without pool films there is nothing to draw from them.
    Raises InvalidInput without human truth.
    """
    rng = np.random.default_rng((recipe.seed, epoch))
    truth, pseudo = _truth_order(data, recipe, rng), np.flatnonzero(~data.human)
    steps, share = steps_of_epoch(data.told[data.human], data.known[pseudo], recipe)
    others = rng.permutation(np.resize(rng.permutation(pseudo), steps * (recipe.batch - share)))
    unlabelled = recipe.pool.batch if recipe.pool.method != "none" and pool_films else 0
    pool = np.random.default_rng((recipe.seed, epoch, POOL_STREAM)).integers(0, max(pool_films, 1), (steps, unlabelled))
    plans = []
    for step, beside in enumerate(others.reshape(steps, -1)):
        own = truth[step * share : (step + 1) * share]
        rows = np.concatenate([own, beside[: len(own) * len(beside) // share]])
        if 0 < len(rows) < least_films(recipe.network):
            rows = np.append(rows, truth[0])
        plans.append(Plan(epoch, step, rows, pool[step]))
    return plans


def steps_of_epoch(told: NDArray[np.int64], known: NDArray[np.int64], recipe: Recipe) -> tuple[int, int]:
    """Steps of one pass over films that people alone labelled, and how many of them a step meets. ``told`` (N,):
    findings that they told of on each; ``known`` (M,): findings with a label on each of the others."""
    share = recipe.batch
    if len(known):
        fullness = min(float(known.mean()) / max(told.max(initial=0), 1), 1.0)
        share = int(np.ceil(recipe.batch * (1 - (1 - recipe.pseudo.truth_share) * fullness) - 1e-9))
        share = min(share, max(recipe.batch - 1, 1))  # what was let in is met
    return -(-films_of_pass(told) // share), share


def films_of_pass(told: NDArray[np.int64]) -> int:
    """Films that a pass meets: each as often as findings are ``told`` (N,) of on it, the fullest about once."""
    return int(told.sum() // max(told.max(initial=0), 1))


def _truth_order(data: Cache, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.int64]:
    """One pass over human truth in random order; ``rare`` draws films with rare findings more often instead."""
    truth = np.flatnonzero(data.human)
    told = data.told[truth]
    if not told.any():
        raise InvalidInput("The training set holds no human truth, so there is nothing to trust.")
    films = films_of_pass(told)
    if not recipe.rare:  # systematic sampling: a film's chance is what it tells (Madow, 1949), and none comes twice
        order = rng.permutation(len(truth))
        reached = (np.cumsum(told[order]) * films + rng.integers(told.sum())) // told.sum()
        return truth[order[np.diff(reached, prepend=0) > 0]]
    present = data.present[truth]
    frequency = np.maximum(present.mean(axis=0), 1 / len(truth))
    often = told * np.where(present, (1 / frequency) ** recipe.rare, 1.0).max(axis=1)
    return rng.choice(truth, films, p=often / often.sum())


class Films(Dataset[Arrays]):
    """The films of a training: makes the batch of a plan, augmented and pasted films, packed masks, weights; all uint8
    but the weights."""

    def __init__(self, data: Cache, pool: Sequence[Path], recipe: Recipe) -> None:
        self.data, self.pool, self.recipe = data, pool, recipe
        self._augment = Augmenter(recipe.augment)
        self._paste = CopyPaster(recipe.copy_paste, data)

    def plans(self, epoch: int) -> list[Plan]:
        """The steps of an epoch."""
        return epoch_plans(self.data, len(self.pool), self.recipe, epoch)

    def __getitem__(self, plan: Plan) -> Arrays:
        """Arrays of one step, by name."""
        made = [self._labelled(int(row), plan) for row in plan.rows]
        films, masks, weights = (np.stack(part) for part in zip(*made, strict=True))
        batch = {"films": films, "masks": masks, "weights": weights, "machine": self.data.machine[plan.rows]}
        if len(plan.pool):
            seen = [self._unlabelled(int(row), plan) for row in plan.pool]
            views = (np.stack(part) for part in zip(*seen, strict=True))
            batch |= dict(zip(("weak", "strong_1", "strong_2"), views, strict=True))
            batch["cut"] = cut_boxes(len(plan.pool), self.recipe.size, self._rng(plan, POOL_STREAM, -1))
        return batch

    def _labelled(self, row: int, plan: Plan) -> tuple[Bytes, Bytes, NDArray[np.float32]]:
        rng = self._rng(plan, 0, row)
        film, masks = self._paste(self.data.films[row], self.data.masks[row], rng)
        return *self._augment(film, masks, rng), self.data.weights[row]

    def _unlabelled(self, row: int, plan: Plan) -> tuple[Bytes, Bytes, Bytes]:
        rng = self._rng(plan, POOL_STREAM, row)
        film = read_film(self.pool[row], self.recipe.size)
        weak, _ = self._augment.weak(film, np.zeros_like(film), rng)
        return weak, self._augment.strong(weak, rng), self._augment.strong(weak, rng)

    def _rng(self, plan: Plan, stream: int, row: int) -> np.random.Generator:
        return np.random.default_rng((self.recipe.seed, plan.epoch, plan.step, stream, row + 1))


def cut_boxes(count: int, size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """CutMix boxes (2, count, size, size), each with probability ½, 2–40 % of the film's area, sides 0.3–1/0.3."""
    boxes = np.zeros((2, count, size, size), bool)
    for which in np.ndindex(2, count):
        if rng.random() < 0.5:
            area, ratio = size * size * rng.uniform(0.02, 0.4), rng.uniform(0.3, 1 / 0.3)
            height, width = (min(size, max(1, round(side))) for side in ((area * ratio) ** 0.5, (area / ratio) ** 0.5))
            top, left = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
            boxes[which][top : top + height, left : left + width] = True
    return boxes


class Loader:
    """The batches of an epoch, made ahead; each of ``world`` processes gets its rows of each of them."""

    def __init__(self, films: Films, rank: int = 0, world: int = 1) -> None:
        self.films, self._rank, self._world = films, rank, world
        self._least = least_films(films.recipe.network)
        self.steps = len(films.plans(0))  # of any epoch: it hangs on counts alone
        self._plans: list[Plan] = []
        self._batches = Ahead(films, self._plans)

    def epoch(self, epoch: int) -> Iterator[Tensors]:
        """The arrays of every step."""
        self._plans[:] = [
            replace(one, rows=self._part(one.rows), pool=self._part(one.pool)) for one in self.films.plans(epoch)
        ]
        yield from self._batches

    def _part(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return part_of(rows, self._rank, self._world, self._least)


def part_of(rows: NDArray[np.int64], rank: int, world: int, least: int = 1) -> NDArray[np.int64]:
    """This process's share of a step's rows, filled up to ``least`` from the others' where a step has too few for all
    processes."""
    own = rows[rank::world]
    return own if len(own) >= least else np.concatenate([own, rows[~np.isin(rows, own)]])[:least]


def to_batch(fabric: Fabric, arrays: Tensors, findings: int) -> Batch:
    """Arrays of a step, on the device and as numbers: masks unpacked there, since bits travel eight times lighter."""
    there = {name: fabric.to_device(value) for name, value in arrays.items()}
    bits = torch.arange(findings, device=there["masks"].device, dtype=torch.uint8)[:, None, None]
    masks = (there["masks"][:, None] >> bits & 1).float()
    machine = there["machine"].bool()
    targets = Targets(masks, masks.amax(dim=(2, 3)), there["weights"], machine)
    pool = None
    if "weak" in there:
        strong = (centred(there["strong_1"]), centred(there["strong_2"]))
        pool = PoolBatch(centred(there["weak"]), strong, there["cut"].bool())
    return Batch(centred(there["films"]), targets, pool)
