"""Films of 32 px that a network of a few thousand weights learns within seconds, on one thread."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import encode
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Augment, Labelling
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.epoch import EpochReport  # type: ignore[attr-defined]
from overread_worker.ml.train import TrainingData, TrainResult, train

FINDINGS = ["bright", "dark"]
TINY = Recipe(
    "tiny",
    "small-unet",
    width=4,
    size=32,
    epochs=12,
    batch=4,
    learning_rate=1e-2,
    dropout=0.0,
    augment=Augment(operations=1, magnitude=3.0),
    labelling=Labelling(tau_pos=0.6, tau_neg=0.3),
)


def blobs(folder: Path, count: int, seed: int, machine: bool = False) -> list[TrainingItem]:
    """Grey films with a bright and a dark square, each present by a coin; ``machine``: labelled by one."""
    made_by = frozenset(FINDINGS) if machine else frozenset()
    rng = np.random.default_rng(seed)
    items = []
    for index in range(count):
        film = rng.normal(120, 6, (32, 32))
        counts: dict[str, bytes | None] = {}
        for finding, light in (("bright", 90), ("dark", -90)):
            mask = np.zeros((32, 32), bool)
            if (index + (finding == "dark")) % 2 == 0 or rng.random() < 0.3:
                top, left = rng.integers(2, 20, 2)
                mask[top : top + 9, left : left + 9] = True
                film[mask] += light
            counts[finding] = encode(mask) if mask.any() else None
        path = folder / f"{seed}-{index}"
        path.write_bytes(pack_film(np.clip(film, 0, 255).astype(np.uint8)))
        items.append(TrainingItem(path, 32, 32, f"p{index}", counts, dict.fromkeys(FINDINGS, 1.0), made_by))
    return items


def data_of(folder: Path, films: int = 12, held: int = 4, pool: int = 6) -> TrainingData:
    unlabelled = [item.image for item in blobs(folder, pool, 7)]
    return TrainingData(blobs(folder, films, 0), blobs(folder, held, 1), unlabelled)


def run(recipe: Recipe, folder: Path, data: TrainingData,
        on_epoch: Callable[[EpochReport], None] = lambda _report: None) -> TrainResult:  # fmt: skip
    return train(recipe, data, FINDINGS, folder, on_epoch)
