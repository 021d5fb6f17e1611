"""Training steps through the real loader ÷ the same steps on batches that are in memory already."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from lightning_fabric import Fabric

from benchmarks.goals import Goal
from benchmarks.speed.films import FINDINGS, phantom_items
from benchmarks.speed.measure import Measurement, counted, in_turns, peak_memory, ratio
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Augment, CopyPaste
from overread_worker.ml.dataset import build_cache
from overread_worker.ml.epoch import batch_losses, train_epoch
from overread_worker.ml.learner import open_fabric, set_up
from overread_worker.ml.loader import Batch, Films, Loader, to_batch

GOAL = 0.9


@dataclass(frozen=True)
class Setting:
    """A network, the side of its films, films of a mini-batch, steps of an epoch; batches kept in memory."""

    network: str
    size: int
    batch: int
    steps: int
    precision: str = "32-true"
    kept: int = 4

    @property
    def name(self) -> str:
        return f"{self.network} at {self.size} px"

    @property
    def recipe(self) -> Recipe:
        """The study's augmentation and copy-paste, which cost as much as any recipe's."""
        return Recipe(
            self.name, self.network, width=12, size=self.size, batch=self.batch, precision=self.precision,  # type: ignore[arg-type]
            augment=Augment("study", 2, 5.0), copy_paste=CopyPaste(0.5),
        )  # fmt: skip


CPU = (
    Setting("small-unet", 96, 12, 30),
    Setting("small-unet", 256, 8, 8),
    Setting("efficientnet-b0", 256, 8, 8),
)
CUDA = tuple(Setting(f"efficientnet-{size}", 512, 16, 60, "bf16-mixed") for size in ("b5", "b6", "b7"))


def measure(folder: Path, settings: tuple[Setting, ...], repeats: int = 3) -> Iterator[Measurement]:
    """One measurement a setting."""
    for number, setting in enumerate(settings):
        yield _measure(folder / str(number), setting, repeats)


def _measure(folder: Path, setting: Setting, repeats: int) -> Measurement:
    recipe, images = setting.recipe, setting.steps * setting.batch
    items = phantom_items(folder / "films", min(images, 8 * setting.batch), setting.size)
    learner = set_up(open_fabric(recipe), recipe, FINDINGS)

    def open_loader(rows: int) -> Loader:
        many = [items[row % len(items)] for row in range(rows)]
        data = build_cache(many, len(many), FINDINGS, setting.size, folder / f"cache-{rows}")
        return Loader(Films(data, (), recipe))

    loader = open_loader(images)
    batches, waited = _batches_in_memory(loader.films, learner.fabric, setting.kept), [0.0]

    def through_the_loader(loader: Loader = loader) -> None:
        waited.append(train_epoch(learner, loader, len(waited)).waited)

    def bare(descend: Callable[[], None] = learner.pupil.descend) -> None:
        for step in range(setting.steps):
            learner.pupil.optimizer.zero_grad(set_to_none=True)
            learner.fabric.backward(batch_losses(learner, batches[step % len(batches)], 0.5).loss)
            descend()

    steps = {"bare": bare, "backward": lambda: bare(lambda: None), "loader": through_the_loader}
    spent: dict[str, list[float]] = {name: [] for name in steps}
    seconds = in_turns({name: counted(step, spent[name]) for name, step in steps.items()}, repeats)
    share = ratio(seconds["bare"], seconds["loader"])
    numbers = {
        "images/s": images / median(seconds["loader"]),
        "bare images/s": images / median(seconds["bare"]),
        "share of bare": share,
        "share of bare, by processor time": ratio(spent["bare"][1:], spent["loader"][1:]),
        "share of forward and backward": ratio(seconds["backward"], seconds["loader"]),
        "loader-bound share": median(waited[2:]),
        "augmentation CPU ms/image": 1e3 * _augmentation_seconds(loader.films),
    }
    memory = peak_memory(f"{images} films", through_the_loader)
    del loader, through_the_loader  # its processes end with it
    large = open_loader(4 * images)
    memory |= peak_memory(f"{4 * images} films", lambda: train_epoch(learner, large, 0))
    return Measurement(f"training {setting.name}", numbers, [Goal(f"training {setting.name}", share, GOAL)], memory)


def _batches_in_memory(films: Films, fabric: Fabric, kept: int) -> list[Batch]:
    made = [
        {name: torch.from_numpy(np.asarray(value)) for name, value in films[plan].items()}
        for plan in films.plans(0)[:kept]
    ]
    return [to_batch(fabric, arrays, len(FINDINGS)) for arrays in made]


def _augmentation_seconds(films: Films) -> float:
    """Processor seconds that an image takes to be read, pasted onto and augmented, in this process."""
    plans = films.plans(0)
    started = time.process_time()
    for plan in plans:
        _ = films[plan]
    return (time.process_time() - started) / (len(plans) * films.recipe.batch)
