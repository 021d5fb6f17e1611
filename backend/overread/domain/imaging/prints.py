"""Near twins: one film under two names, re-encoded, resized or exposed otherwise, which no hash of pixels finds.

A fingerprint is what a small frame of the film (``SIDE``²) shows when what all chest films share is taken away. Ranks
stand for grey values, so that no window, gamma or equalised histogram changes them; of their cosine transform the
middle frequencies are kept, the finer the weightier. Two films are near twins when their fingerprints correlate,
as they stand, mirrored or as negatives, by ``ALIKE``: docs/operate.md has what was measured.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn
from scipy.sparse import csr_array
from scipy.stats import rankdata

Floats = NDArray[np.float32]
SIDE = 64
COARSE, FINE = 4, 32  # frequencies that are kept: half waves along the frame
WEIGHT = 1.5  # of a frequency, by its power
ALIKE = 0.87
HEAD = 64  # coarsest values, by which most films are told apart at a glance
BLOCK = 8192  # films whose whole fingerprints are compared at a time
_DOWN, _ACROSS = np.indices((SIDE, SIDE)).reshape(2, -1)
_FREQUENCY = np.hypot(_DOWN, _ACROSS)
_ORDER = np.argsort(_FREQUENCY, kind="stable")
_KEPT = _ORDER[(_FREQUENCY[_ORDER] >= COARSE) & (_FREQUENCY[_ORDER] < FINE)]
_WEIGHTS = np.asarray(_FREQUENCY[_KEPT] ** WEIGHT, np.float32)
_MIRROR = np.where(_ACROSS[_KEPT] % 2, -1, 1).astype(np.float32)
LENGTH = len(_KEPT)


def fingerprint(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Of a film (height, width): ``LENGTH`` values of int8, the coarsest first; none for a film without any detail."""
    height, width = pixels.shape
    small = (_boxes(width) @ (_boxes(height) @ pixels.astype(np.float32)).T).T
    # Sums differ in their last digits where a film is of one grey: there ranks would be noise.
    greys = np.round(small * (255 / max(float(pixels.max()), 1)), 2)
    ranks = rankdata(greys).reshape(SIDE, SIDE) / greys.size
    detail = dctn(ranks, norm="ortho").ravel()[_KEPT] * _WEIGHTS
    most = float(np.abs(detail).max())
    return np.rint(detail * (127 / most)).astype(np.int8).tobytes() if most > 1e-2 else b""


class Prints:
    """Fingerprints of many films, by the order they came in: half a million are 540 MB."""

    def __init__(self) -> None:
        self._count = 0
        self._heads = np.zeros((0, HEAD), np.float32)
        self._wholes = np.zeros((0, LENGTH), np.int8)

    def add(self, fingerprints: Sequence[bytes]) -> None:
        """Further films; one without detail is alike to none."""
        end = self._count + len(fingerprints)
        if end > len(self._wholes):
            more = max(end, 2 * len(self._wholes)) - len(self._wholes)
            self._heads = np.concatenate([self._heads, np.zeros((more, HEAD), np.float32)])
            self._wholes = np.concatenate([self._wholes, np.zeros((more, LENGTH), np.int8)])
        new = np.frombuffer(b"".join(one or bytes(LENGTH) for one in fingerprints), np.int8).reshape(-1, LENGTH)
        self._wholes[self._count : end] = new
        self._heads[self._count : end] = _unit(new[:, :HEAD])
        self._count = end

    def cut(self, count: int) -> None:
        """Forget all films but the first ``count``."""
        self._count = count

    def like(self, fingerprint: bytes) -> list[int]:
        """The films that are near twins of one, by their numbers, the most alike first."""
        if not fingerprint:
            return []
        own = np.frombuffer(fingerprint, np.int8) * np.stack([np.ones_like(_MIRROR), _MIRROR])
        coarsely = np.abs(self._heads[: self._count] @ _unit(own[:, :HEAD]).T).max(axis=1)
        near = np.flatnonzero(coarsely >= ALIKE)
        parts = np.array_split(near, len(near) // BLOCK + 1)
        alike = np.concatenate([np.abs(_unit(self._wholes[part]) @ _unit(own).T).max(axis=1) for part in parts])
        order = np.argsort(-alike, kind="stable")
        found: list[int] = near[order[alike[order] >= ALIKE]].tolist()
        return found


@lru_cache(maxsize=64)  # films have few sizes
def _boxes(count: int) -> csr_array:
    """What each of so many pixels adds to the mean of each of ``SIDE`` boxes of equal width: (SIDE, count), sparse. A
    dense product takes as many threads as there are cores, and longer than it takes when they are busy."""
    edge, pixel = np.linspace(0, count, SIDE + 1)[:, None], np.arange(count)
    shared = np.clip(np.minimum(edge[1:], pixel + 1) - np.maximum(edge[:-1], pixel), 0, None)
    return csr_array((shared * (SIDE / count)).astype(np.float32))


def _unit(rows: NDArray[np.generic]) -> Floats:
    """Rows of length 1; those of nothing but 0 stay so."""
    values = rows.astype(np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6), np.float32)
