"""Who learns: a network with its device and its optimiser; beside it the average of its weights, and a coach."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from overread.domain.errors import InvalidInput
from overread.domain.learning.networks import least_films
from overread.domain.learning.recipe import Recipe
from overread_worker.ml.checkpoint import load_encoder, load_network, save_network
from overread_worker.ml.losses import Losses, as_numbers, mean_of, refuse_nan
from overread_worker.ml.network import Network, build, count_parameters

Done = TypeVar("Done")
Net = TypeVar("Net", bound=nn.Module)


@dataclass
class Pupil(Generic[Net]):
    """A network that learns by a recipe: ``raw`` as it was built, ``network`` the same made ready for the device."""

    recipe: Recipe
    fabric: Fabric
    raw: Net
    network: nn.Module
    optimizer: torch.optim.Optimizer

    def set_rate(self, rate: float) -> None:
        """The step size from here on."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def gather(self, pieces: int, losses_of: Callable[[int], Losses[Tensor]]) -> Losses[float]:
        """The gradient of a mini-batch, a piece after the other; returns the mean of the pieces' losses.

        Raises InvalidInput for a loss that is no number.
        """
        self.optimizer.zero_grad(set_to_none=True)
        found: list[Losses[float]] = []
        for number in range(pieces):
            with self.fabric.no_backward_sync(self.network, enabled=number + 1 < pieces):  # type: ignore[arg-type]
                losses = losses_of(number)
                refuse_nan(self.recipe, losses.loss)
                self.fabric.backward(losses.loss / pieces)
            found.append(as_numbers(losses))
        return mean_of(found)

    def descend(self) -> None:
        """One step of the optimiser, its gradient clipped where the recipe says so."""
        if self.recipe.gradient_clip:
            self.fabric.clip_gradients(self.network, self.optimizer, max_norm=self.recipe.gradient_clip)
        self.optimizer.step()


@dataclass
class Learner:
    """The network that a training is about, told of ``findings``, and what the recipe asks for beside it: the average
    of its weights; a coach, Meta Pseudo Labels' teacher, that learns from what its labels did to the pupil.

    ``pieces`` is how many parts a mini-batch is cut into, and grows when memory runs out.
    """

    findings: list[str]
    pupil: Pupil[Network]
    average: AveragedModel | None
    coach: Pupil[Network] | None
    pieces: int

    @property
    def recipe(self) -> Recipe:
        return self.pupil.recipe

    @property
    def fabric(self) -> Fabric:
        return self.pupil.fabric

    @property
    def published(self) -> Network:
        """The network that labels: the averaged one where the recipe keeps one, else the last."""
        return cast(Network, self.average.module) if self.average is not None else self.pupil.raw

    @property
    def modules(self) -> dict[str, nn.Module]:
        """All weights, by the names under which a training's state keeps them."""
        parts: dict[str, nn.Module] = {"network": self.pupil.raw}
        if self.average is not None:
            parts["average"] = self.average
        if self.coach is not None:
            parts["coach"] = self.coach.raw
        return parts

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """All optimisers, likewise."""
        parts = {"optimizer": self.pupil.optimizer}
        if self.coach is not None:
            parts["coach_optimizer"] = self.coach.optimizer
        return parts

    def follow(self) -> None:
        """Let the average follow the step that was taken."""
        if self.average is not None:
            self.average.update_parameters(self.pupil.raw)

    def in_pieces(self, films: int, attempt: Callable[[int], Done]) -> Done:
        """``attempt`` with the mini-batch in so many pieces; when memory runs out again, in twice as many.

        What is tried again must have changed no weight, so an attempt takes one step of one optimiser at most, as its
        last act. No piece has fewer films than the network learns from at a time (``least_films``). Raises InvalidInput
        when that many are too large as well.
        """
        least = least_films(self.recipe.network)
        most = max(films // least, 1)
        while True:
            try:
                return attempt(min(self.pieces, most))
            except torch.OutOfMemoryError as error:
                if self.pieces >= most:
                    together = "One film" if least == 1 else "A mini-batch of two films"
                    raise InvalidInput(
                        f"{together} of {self.recipe.size} px is too large for this device with {self.recipe.network}. "
                        "Take a smaller size or network, or 16-bit arithmetic (precision)."
                    ) from error
                self.pieces *= 2
            torch.cuda.empty_cache()  # here, where the failed attempt's tensors are gone with its traceback

    def write(self, path: Path, temperature: float = 1.0) -> None:
        """The published network as a checkpoint."""
        save_network(self.published, self.recipe, self.findings, path, temperature)


@dataclass(frozen=True)
class Lineage:
    """Where weights start, an encoder's file or a teacher's for a recipe that goes ``from_teacher``, and the size of
    the largest teacher in parameters, below which no student goes."""

    encoder: Path | None = None
    teacher: Path | None = None
    teacher_parameters: int = 0


def open_fabric(recipe: Recipe, processes: int = 1) -> Fabric:
    """One device, or as many as torchrun started processes for."""
    # Without broadcast buffers a step may look more than once (consistency): each process keeps its own statistics.
    strategy = DDPStrategy(broadcast_buffers=False) if processes > 1 else "auto"
    fabric = Fabric(accelerator="auto", devices=processes, strategy=strategy, precision=recipe.precision)
    fabric.launch()
    return fabric


def set_up(fabric: Fabric, recipe: Recipe, findings: list[str], lineage: Lineage | None = None) -> Learner:
    """Build all that the recipe asks for. Raises InvalidInput for a student smaller than its teacher, or one that is to
    go on from a teacher and is not built like it."""
    lineage = lineage or Lineage()
    torch.manual_seed(recipe.seed)
    raw = _built(recipe, findings, lineage)
    if recipe.from_teacher:
        _go_on(raw, recipe, findings, lineage.teacher)
    _refuse_smaller(raw, recipe, lineage)
    pupil = ready(fabric, recipe, raw, recipe.learning_rate)
    average = None
    if recipe.average:
        average = AveragedModel(raw, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        average.requires_grad_(False)
    coach = None
    if recipe.pool.method == "meta_pseudo_labels":
        torch.manual_seed(recipe.seed + 1)
        coach = ready(fabric, recipe, _built(recipe, findings, lineage), recipe.pool.teacher_rate)
    return Learner(findings, pupil, average, coach, recipe.accumulate)


def ready(fabric: Fabric, recipe: Recipe, raw: Net, rate: float) -> Pupil[Net]:
    """A network on its device, compiled where the recipe says so, with its optimiser (Adam)."""
    raw.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network = cast(nn.Module, torch.compile(raw)) if recipe.compile else raw
    return Pupil(recipe, fabric, raw, *fabric.setup(network, torch.optim.Adam(raw.parameters(), lr=rate)))


def _built(recipe: Recipe, findings: list[str], lineage: Lineage) -> Network:
    network = build(recipe, len(findings))
    if lineage.encoder is not None:
        load_encoder(network.encoder, recipe.network, lineage.encoder)
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


def _refuse_smaller(network: Network, recipe: Recipe, lineage: Lineage) -> None:
    own = count_parameters(network)
    if own < lineage.teacher_parameters and not recipe.smaller_student_because:
        raise InvalidInput(
            f"{recipe.name} has {own:,} parameters, its largest teacher {lineage.teacher_parameters:,}. Take a network "
            "at least as large, or say in smaller_student_because why not."
        )
