"""Phantom films on disk, as the product stores them, for the benchmarks to read."""

from pathlib import Path

import numpy as np

from backend.datasets.phantom import Phantom, make_film
from backend.domain.films import pack_film
from backend.domain.masks import encode
from worker.ml.dataset import TrainingItem

FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]


def phantom_items(folder: Path, count: int, size: int) -> list[TrainingItem]:
    """``count`` films of size × size with the masks of all findings, written to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for index in range(count):
        light, masks = make_film(Phantom(size=size, seed=0), index)
        path = folder / str(index)
        path.write_bytes(pack_film(np.rint(light * 255).astype(np.uint8)))
        counts = {finding: encode(masks[finding]) if masks[finding].any() else None for finding in FINDINGS}
        items.append(TrainingItem(path, size, size, f"p{index}", counts, dict.fromkeys(FINDINGS, 1.0)))
    return items
