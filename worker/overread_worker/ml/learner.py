"""What a training holds in its hands: the network, its optimiser, the averaged network, a teacher that learns too."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread_worker.ml.checkpoint import load_encoder, load_network, load_state, save_state
from overread_worker.ml.network import Network, build, count_parameters

Done = TypeVar("Done")


@dataclass
class Coach:
    """Meta Pseudo Labels' teacher: a network of its own that learns from what its labels did to the student."""

    raw: Network
    network: nn.Module
    optimizer: torch.optim.Optimizer


@dataclass
class Learner:
    """``raw`` is the network as built, ``network`` the same made ready for the device; ``pieces`` is how many parts a
    mini-batch is cut into, and grows when memory runs out."""

    raw: Network
    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: AveragedModel | None
    coach: Coach | None
    pieces: int

    @property
    def published(self) -> Network:
        """The network that labels: the averaged one where the recipe keeps one, else the last."""
        return cast(Network, self.average.module) if self.average is not None else self.raw


@dataclass
class Progress:
    """Where a training stands after an epoch, written beside its tensors so that a resume changes nothing."""

    epoch: int = -1
    seconds: float = 0.0
    best: float = -1.0
    looks_since_best: int = 0


def open_fabric(recipe: Recipe, processes: int = 1) -> Fabric:
    """One device, or as many as torchrun started processes for."""
    # Without broadcast buffers a step may look more than once (consistency): each process keeps its own statistics.
    strategy = DDPStrategy(broadcast_buffers=False) if processes > 1 else "auto"
    fabric = Fabric(accelerator="auto", devices=processes, strategy=strategy, precision=recipe.precision)
    fabric.launch()
    return fabric


def set_up(
    fabric: Fabric,
    recipe: Recipe,
    findings: list[str],
    encoder: Path | None = None,
    teacher: Path | None = None,
    teacher_parameters: int = 0,
) -> Learner:
    """Build all that the recipe asks for. Raises InvalidInput for a student smaller than its teacher, or one that is to
    go on from a teacher and is not built like it."""
    torch.manual_seed(recipe.seed)
    raw = _built(recipe, len(findings), encoder)
    if recipe.from_teacher:
        _go_on(raw, recipe, findings, teacher)
    own = count_parameters(raw)
    if own < teacher_parameters and not recipe.smaller_student_because:
        raise InvalidInput(
            f"{recipe.name} has {own:,} parameters, its largest teacher {teacher_parameters:,}. Take a network at "
            "least as large, or say in smaller_student_because why not."
        )
    network, optimizer = _ready(fabric, recipe, raw, recipe.learning_rate)
    average = None
    if recipe.average:
        average = AveragedModel(raw, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        average.requires_grad_(False)
    coach = None
    if recipe.pool.method == "meta_pseudo_labels":
        torch.manual_seed(recipe.seed + 1)
        taught = _built(recipe, len(findings), encoder)
        coach = Coach(taught, *_ready(fabric, recipe, taught, recipe.pool.teacher_rate))
    return Learner(raw, network, optimizer, average, coach, recipe.accumulate)


def _built(recipe: Recipe, findings: int, encoder: Path | None) -> Network:
    network = build(recipe, findings)
    if encoder is not None:
        load_encoder(network.encoder, recipe.network, encoder)
    return network


def _go_on(network: Network, recipe: Recipe, findings: list[str], teacher: Path | None) -> None:
    if teacher is None:
        raise InvalidInput(f"{recipe.name} goes on from its teacher, and there is none yet. Set from_teacher to false.")
    weights, _, known = load_network(teacher)
    try:
        if known != findings:
            raise RuntimeError
        network.load_state_dict(weights.state_dict(), strict=not recipe.pseudo.own_head)
    except RuntimeError as error:
        raise InvalidInput(
            f"{recipe.name} goes on from its teacher, and that network is built in another way. Take the teacher's "
            "network and width, or set from_teacher to false."
        ) from error


def _ready(fabric: Fabric, recipe: Recipe, raw: Network, rate: float) -> tuple[nn.Module, torch.optim.Optimizer]:
    raw.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network = cast(nn.Module, torch.compile(raw)) if recipe.compile else raw
    network, optimizer = fabric.setup(network, torch.optim.Adam(raw.parameters(), lr=rate))
    return network, optimizer


def in_pieces(learner: Learner, recipe: Recipe, films: int, attempt: Callable[[int], Done]) -> Done:
    """``attempt`` with the mini-batch in so many pieces; when memory runs out again, in twice as many.

    What is tried again must have changed no weight, so an attempt takes one step of one optimiser at most, as its last
    act. Raises InvalidInput when ``films`` pieces, one film in each, are too large as well.
    """
    while True:
        try:
            return attempt(min(learner.pieces, films))
        except torch.OutOfMemoryError as error:
            if learner.pieces >= films:
                raise InvalidInput(
                    f"One film of {recipe.size} px is too large for this device with {recipe.network}. Take a smaller "
                    "size or network, or 16-bit arithmetic (precision)."
                ) from error
            learner.pieces *= 2
        torch.cuda.empty_cache()  # here, where the failed attempt's tensors are gone with its traceback


def descend(fabric: Fabric, network: nn.Module, optimizer: torch.optim.Optimizer, recipe: Recipe) -> None:
    """One step of an optimiser, its gradient clipped where the recipe says so."""
    if recipe.gradient_clip:
        fabric.clip_gradients(network, optimizer, max_norm=recipe.gradient_clip)
    optimizer.step()


def rate_at(recipe: Recipe, done: float) -> float:
    """The step size once this share (0…1) of the training is done: linear warm-up, then constant or half a cosine."""
    if done < recipe.warm_up:
        return recipe.learning_rate * (done / recipe.warm_up)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    left = (done - recipe.warm_up) / max(1 - recipe.warm_up, 1e-9)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(left, 1)))


def pool_weight_at(recipe: Recipe, done: float) -> float:
    """The weight of the pool's loss: rising over the ramp as exp(−5(1−x)²) (Mean Teacher, Tarvainen, 2017)."""
    x = 1.0 if recipe.pool.ramp == 0 else min(done / recipe.pool.ramp, 1.0)
    return recipe.pool.weight * math.exp(-5 * (1 - x) ** 2)


def save(learner: Learner, progress: Progress, path: Path) -> None:
    """All that the next epoch depends on, written whole or not at all."""
    save_state(_modules(learner), _optimizers(learner), vars(progress) | {"pieces": learner.pieces}, path)


def restore(learner: Learner, path: Path) -> Progress:
    """Put back what ``save`` wrote; a training that has no state yet starts at the beginning."""
    if not path.exists():
        return Progress()
    about = load_state(_modules(learner), _optimizers(learner), path)
    learner.pieces = int(about.pop("pieces"))
    return Progress(**about)


def _modules(learner: Learner) -> dict[str, nn.Module]:
    parts: dict[str, Any] = {"network": learner.raw}
    if learner.average is not None:
        parts["average"] = learner.average
    if learner.coach is not None:
        parts["coach"] = learner.coach.raw
    return parts


def _optimizers(learner: Learner) -> dict[str, torch.optim.Optimizer]:
    parts = {"optimizer": learner.optimizer}
    if learner.coach is not None:
        parts["coach_optimizer"] = learner.coach.optimizer
    return parts
