"""Phantom films on disk, as the product stores them, for the benchmarks to read."""

from pathlib import Path

import numpy as np

from benchmarks.films import store_film
from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.services.films import projects
from overread.storage import BlobStore
from overread_worker.ml.dataset import TrainingItem

FINDINGS = list(projects.FINDINGS)


def phantom_items(folder: Path, count: int, size: int) -> list[TrainingItem]:
    """``count`` films of size × size with the masks of all findings, written to ``folder``."""
    films, items = BlobStore(folder), []
    for index in range(count):
        light, masks = make_film(Phantom(size=size, seed=0), index)
        items.append(store_film(films, np.rint(light * 255).astype(np.uint8), masks, f"p{index}"))
    return items
