"""Films of a benchmark, stored as the product stores them, for training and labelling to read."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import encode
from overread.storage import BlobStore
from overread_worker.ml.dataset import TrainingItem


def store_film(
    films: BlobStore, pixels: NDArray[Any], masks: Mapping[str, NDArray[np.bool_]], patient: str
) -> TrainingItem:
    """A film (H, W) uint8 or uint16 among ``films``, with bool masks (H, W) by finding, empty for "no lesion"."""
    path = films.path(films.put(pack_film(pixels)))
    counts = {finding: encode(mask) if mask.any() else None for finding, mask in masks.items()}
    height, width = pixels.shape
    return TrainingItem(path, height, width, patient, counts, dict.fromkeys(counts, 1.0))
