"""Small pictures of films."""

from pathlib import Path

import cv2
import numpy as np

from overread.domain.imaging.films import unpack_film
from overread.services.films.cache import kept
from overread.storage import BlobStore

STEP = 32  # sizes that are kept: few, whatever is asked for


def size_of(size: int) -> int:
    """The size that is kept for one that is asked for."""
    return -(-size // STEP) * STEP


def thumbnail(folder: Path, blobs: BlobStore, sha256: str, size: int) -> bytes:
    """A PNG of the film's pixels, windowed to the 1st-99th percentile, its longer side at least ``size`` px; made once
    for a film and ``size_of(size)``."""
    size = size_of(size)
    path = folder / sha256[:2] / f"{sha256}-{size}.png"
    return kept(path, lambda: _draw(blobs.get(sha256), size), blobs.reserve)


def _draw(film: bytes, size: int) -> bytes:
    pixels = unpack_film(film)
    scale = size / max(pixels.shape)
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = np.percentile(small, (1, 99))
    grey = np.clip((small - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)
    _, png = cv2.imencode(".png", grey)
    return png.tobytes()
