"""CheXlocalize: what radiologists drew on films of CheXpert, in JSON by film and class.

As segmentations each of its ten classes has a compressed RLE, an empty one where they saw none; as annotations those
that were drawn have contours, beside ``img_size``, and nothing is said of others. They lie on CheXpert's original
films.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.datasets.collections.polygons import fill
from overread.datasets.files.files import nfc
from overread.datasets.files.names import FindingOf
from overread.datasets.reading import Film, Masks
from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle

MAX_BYTES = 32 << 20
MOST_COUNTS = 4 << 20  # letters of an RLE; real ones have some thousands
MOST_CONTOURS = 1000
SIZE = "img_size"


def read_segmentations(path: Path) -> dict[str, Any]:
    """What is drawn, by film as ``patient/study/view``. Raises InvalidInput for anything else."""
    try:
        if not path.is_file():
            raise InvalidInput(f"There is no file {path.name}.")
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(f"{path.name} has more than {MAX_BYTES >> 20} MiB.")
        films = json.loads(path.read_bytes(), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}") from None
    if not isinstance(films, dict) or not all(isinstance(drawn, dict) for drawn in films.values()):
        raise InvalidInput(f"{path.name} is not JSON of films with their classes.")
    return {nfc("/".join(film.split("_", 2))): drawn for film, drawn in films.items()}


class Segmentation:
    """The masks of one film, drawn when asked; of findings that it does not speak of nothing is known."""

    def __init__(self, drawn: Mapping[str, Any], finding_of: FindingOf) -> None:
        self._drawn, self._finding_of = drawn, finding_of

    def __call__(self, film: Film) -> Masks:
        masks: dict[str, NDArray[np.bool_]] = {}
        for name, shape in self._drawn.items():
            if name == SIZE or (finding := self._finding_of(name)) is None:
                continue
            mask = self._contours(name, shape, film) if SIZE in self._drawn else _rle(name, shape, film)
            masks[finding] = masks[finding] | mask if finding in masks else mask
        return masks

    def _contours(self, name: str, contours: Any, film: Film) -> NDArray[np.bool_]:
        _check_size(name, self._drawn[SIZE], film)
        if not isinstance(contours, list) or not 0 < len(contours) <= MOST_CONTOURS:
            raise InvalidMask(f"its {name} is no list of one to {MOST_CONTOURS:,} contours")
        height, width = film.pixels.shape
        mask = np.zeros((height, width), bool)
        for contour in contours:
            mask |= fill(contour, (height, width), (height, width))
        return mask


def _rle(name: str, told: Any, film: Film) -> NDArray[np.bool_]:
    if not isinstance(told, dict) or not isinstance(told.get("counts"), str):
        raise InvalidMask(f"its {name} is no compressed RLE with size and counts")
    if len(told["counts"]) > MOST_COUNTS:
        raise InvalidMask(f"its {name} has an RLE longer than any mask's")
    _check_size(name, told.get("size"), film)
    height, width = film.pixels.shape
    return Rle((height, width), told["counts"]).pixels


def _check_size(name: str, size: Any, film: Film) -> None:
    height, width = film.pixels.shape
    if size != [height, width]:
        drawn = f"{size[1]}×{size[0]}" if isinstance(size, list) and [*map(type, size)] == [int, int] else "unknown"
        raise InvalidMask(
            f"its {name} is drawn on a film of {drawn} px, and this one has {width}×{height}: CheXlocalize's masks lie "
            "on CheXpert's original films, not on those of CheXpert-v1.0-small"
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as a dict; raises InvalidInput for a key that it has twice, of which JSON would keep the last."""
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("an object has a key twice")
    return told
