"""Files of a source, as entries."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.datasets.decode import decode
from backend.datasets.reading import Film
from backend.domain.errors import InvalidMask, UnreadableImage


def file_sha256(path: Path) -> Callable[[], str]:
    """SHA-256 of the file's bytes, when asked."""

    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return digest


def load_file(path: Path) -> Callable[[], Film]:
    """The decoded film, when asked."""
    return lambda: decode(path.read_bytes())


def load_mask(path: Path, film: Film) -> NDArray[np.bool_]:
    """A mask file as booleans; raises InvalidMask when it is unreadable or not of the film's size."""
    try:
        mask = decode(path.read_bytes()).pixels
    except UnreadableImage as error:
        raise InvalidMask(f"{path.name}: {error.detail}") from None
    if mask.shape != film.pixels.shape:
        (height, width), (h, w) = mask.shape, film.pixels.shape
        raise InvalidMask(f"{path.name} is {width}×{height} px, its image {w}×{h}. Export it at the image's size.")
    return np.asarray(mask > 0)
