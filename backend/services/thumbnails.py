"""Small pictures of films, kept in a folder once made. Nothing is lost with it: delete it, and they are made again."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from backend.disk import make_private
from backend.domain.films import unpack_film
from backend.storage import BlobStore

STEP = 32  # sizes that are kept: few, whatever is asked for


def thumbnail(folder: Path, blobs: BlobStore, sha256: str, size: int) -> bytes:
    """A PNG of the film's pixels, windowed to the 1st-99th percentile, its longer side at least ``size`` px."""
    size = -(-size // STEP) * STEP
    kept = folder / sha256[:2] / f"{sha256}-{size}.png"
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        pass
    png = _draw(blobs.get(sha256), size)
    # A full disk, a folder that may not be written: it is shown all the same, and made anew the next time.
    with suppress(OSError):
        _keep(kept, png)
    return png


def _draw(film: bytes, size: int) -> bytes:
    pixels = unpack_film(film)
    scale = size / max(pixels.shape)
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = np.percentile(small, (1, 99))
    grey = np.clip((small - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)
    _, png = cv2.imencode(".png", grey)
    return png.tobytes()


def _keep(path: Path, png: bytes) -> None:
    """Written beside and renamed: a reader never gets half a picture."""
    make_private(path.parent)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        file.write(png)
    os.replace(file.name, path)
