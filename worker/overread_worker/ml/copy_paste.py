"""Simple Copy-Paste (Ghiasi et al., 2021): lesions of one training film pasted onto another.

A lesion is what people marked as one finding on one film; the bank knows only the films of the cache it is given, hence
those of one split: no lesion ever crosses a patient's split. Where a lesion is pasted its finding is set; findings that
were marked there stay marked, since findings overlap on chest films: targets are the union.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from overread.domain.learning.recipe.parts import CopyPaste
from overread_worker.ml.dataset import Cache

Bytes = NDArray[np.uint8]


class CopyPaster:
    """Pastes by a recipe's settings. The bank holds rows of the cache, not pixels: it is small whatever the films."""

    def __init__(self, settings: CopyPaste, data: Cache) -> None:
        self._settings, self._data = settings, data
        donors = data.present & ~data.machine & (data.weights > 0)
        banks = [(f, np.flatnonzero(donors[:, f])) for f in range(donors.shape[1])] if settings.probability else []
        self._banks = [(f, rows) for f, rows in banks if len(rows)]

    def __call__(self, film: Bytes, masks: Bytes, rng: Generator) -> tuple[Bytes, Bytes]:
        """Film and packed masks (S, S) uint8 with up to ``pastes`` lesions more; the inputs are never written to."""
        settings = self._settings
        if not self._banks or rng.random() >= settings.probability:
            return film, masks
        if not masks.any():
            if rng.random() >= settings.abnormal_probability:
                return film, masks
        elif settings.onto == "normal":
            return film, masks
        for _ in range(int(rng.integers(1, settings.pastes + 1))):
            finding, rows = self._banks[int(rng.integers(len(self._banks)))]
            film, masks = self._paste(film, masks, finding, int(rng.choice(rows)), rng)
        return film, masks

    def _paste(self, film: Bytes, masks: Bytes, finding: int, row: int, rng: Generator) -> tuple[Bytes, Bytes]:
        donor, lesion = self._data.films[row], self._data.masks[row] >> finding & 1
        if rng.random() < 0.5:
            donor, lesion = donor[:, ::-1], lesion[:, ::-1]
        if self._settings.jitter and lesion.any():
            donor, lesion = _scaled(donor, lesion, 1 + rng.uniform(-1, 1) * self._settings.jitter)
        alpha = lesion.astype(np.float32)
        if self._settings.blend:
            alpha = cv2.GaussianBlur(alpha, (0, 0), self._settings.blend / 2)
        mixed = film + alpha * (donor.astype(np.float32) - film)
        return np.rint(mixed).astype(np.uint8), masks | (lesion << finding).astype(np.uint8)


def _scaled(donor: Bytes, lesion: Bytes, scale: float) -> tuple[Bytes, Bytes]:
    """Donor and lesion (0 or 1) scaled about the lesion's centre (the paper's large-scale jitter)."""
    y, x = np.argwhere(lesion).mean(axis=0)
    matrix = np.array([[scale, 0, x * (1 - scale)], [0, scale, y * (1 - scale)]])
    shape = donor.shape[::-1]
    film = cv2.warpAffine(np.ascontiguousarray(donor), matrix, shape, flags=cv2.INTER_LINEAR)
    marks = cv2.warpAffine(np.ascontiguousarray(lesion), matrix, shape, flags=cv2.INTER_NEAREST)
    return film, marks  # type: ignore[return-value]
