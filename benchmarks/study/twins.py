"""Near twins: one film under two names, re-encoded, resized or with another contrast, which no hash of pixels finds.

Chest films are all alike, so what they share is taken away first: of each its small frame (``SIDE``²) less a blurred
one, which leaves ribs and edges, and two of these are compared by their correlation. docs/study.md has what was
measured: copies lie above .98, films of different people below ``ALIKE``.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SIDE = 64
ALIKE = 0.9
BLOCK = 1024  # films compared at a time: memory grows with the films, never with their pairs


def fingerprint(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Floats:
    """A film (H, W) as (SIDE²,) float32 of mean 0 and length 1; all 0 for one without any detail."""
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (small - cv2.GaussianBlur(small, (0, 0), SIDE / 16)).ravel()
    detail -= detail.mean()
    length = float(np.linalg.norm(detail))
    return np.asarray(detail / length if length > 1e-3 * SIDE else np.zeros_like(detail), np.float32)


def twins(prints: Sequence[Floats], alike: float = ALIKE) -> Iterator[tuple[int, int]]:
    """Pairs of rows (i < j) whose films are near twins."""
    if not prints:
        return
    films = np.stack(prints)
    for start in range(0, len(films), BLOCK):
        near = films[start : start + BLOCK] @ films[start:].T >= alike
        for row, other in np.argwhere(near).tolist():
            if row < other:
                yield start + row, start + other


def together(patients: Sequence[str], pairs: Iterator[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]]]:
    """The patient of each film once patients of near twins are one, the first by name; and the pairs that two patients
    shared."""
    first = {one: one for one in patients}

    def find(one: str) -> str:
        while first[one] != one:
            one = first[one]
        return one

    shared = [(i, j) for i, j in pairs if patients[i] != patients[j]]
    for i, j in shared:
        low, high = sorted((find(patients[i]), find(patients[j])))
        first[high] = low
    return [find(one) for one in patients], shared
