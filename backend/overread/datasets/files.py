"""Files of a source, as entries."""

import csv
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overread.datasets.decode import MAX_BYTES, decode
from overread.datasets.reading import Film
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage

# Endings of what comes beside films: tables and notes. No reader asks what they are.
BESIDE = {".csv", ".md", ".txt", ".json"}
PNG = b"\x89PNG\r\n\x1a\n"


def file_sha256(path: Path) -> Callable[[], str]:
    """SHA-256 of the file's bytes, when asked."""
    return lambda: hashlib.sha256(read_bytes(path)).hexdigest()


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises UnreadableImage for what is no file (a broken link, a pipe), too large or forbidden."""
    try:
        if not path.is_file():
            raise UnreadableImage("it is no regular file, or a link to nothing")
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableImage(f"the file has {path.stat().st_size >> 20} MiB; at most {MAX_BYTES >> 20} are read")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"it cannot be read ({error.strerror})") from None


def load_file(path: Path) -> Callable[[], Film]:
    """The decoded film, when asked."""
    return lambda: decode(read_bytes(path))


def load_mask(path: Path, film: Film) -> NDArray[np.bool_]:
    """A mask file as booleans; raises InvalidMask when it is unreadable, no PNG or not of the film's size."""
    try:
        data = read_bytes(path)
        mask = decode(data).pixels
    except UnreadableImage as error:
        raise InvalidMask(f"{path.name}: {error.detail}") from None
    if not data.startswith(PNG):  # JPEG's ripples would count as lesion, all around it
        raise InvalidMask(f"{path.name} is no PNG, and no other format keeps a mask as it was drawn. Export it as PNG.")
    if mask.shape != film.pixels.shape:
        (height, width), (h, w) = mask.shape, film.pixels.shape
        raise InvalidMask(f"{path.name} is {width}×{height} px, its image {w}×{h}. Export it at the image's size.")
    return np.asarray(mask > 0)


def read_table(path: Path) -> list[list[str]]:
    """The rows of a CSV in UTF-8, header first; raises InvalidInput for anything else."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path.name} is no CSV in UTF-8: {error}") from None


def parse_age(text: str) -> float | None:
    """Years from 62, 62.5, 062Y; None where it says something else, or nothing."""
    years = re.fullmatch(r"(\d{1,3}(\.\d+)?)[Yy]?", text.strip())
    return float(years[1]) if years else None
