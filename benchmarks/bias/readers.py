"""Simulated readers: beside the scorer and the oracle, the only ones who open the pool's hidden truth.

*perfect* draws the truth. *noisy* draws its border a pixel off and overlooks one lesion in fifty. *anchored* is noisy,
and takes a wrong mask that it is shown for right one time in four (six radiologists did so in 18 to 30 % of films, PMC
10235827).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.study.films import hidden_truth
from overread.domain.imaging.masks import decode, dice

Pixels = NDArray[np.bool_]
Kind = Literal["perfect", "noisy", "anchored"]
OVERLOOKED, ANCHORED = 0.02, 0.25
SAME = 0.8  # Dice from which a reader sees no reason to draw anew


@dataclass(frozen=True)
class Reader:
    """One of the three, over the pool of one seed."""

    kind: Kind
    folder: Path
    seed: int

    def read(self, film: int, finding: str, shown: Pixels) -> Pixels:
        """The mask (H, W) this reader leaves on a pool film, empty for "no lesion"; the same whenever asked."""
        truth = _truth(self.folder, self.seed)[film][finding]
        lesion = np.zeros_like(shown) if truth is None else decode(truth, *shown.shape)
        if self.kind == "perfect":
            return lesion
        rng = np.random.default_rng([self.seed, film, *finding.encode()])
        if self.kind == "anchored" and not _alike(shown, lesion) and rng.random() < ANCHORED:
            return shown
        if _alike(shown, lesion):
            return shown
        return np.zeros_like(lesion) if rng.random() < OVERLOOKED else _unsteady(lesion, rng)


@lru_cache(maxsize=1)
def _truth(folder: Path, seed: int) -> list[Any]:
    return [item.counts for item in hidden_truth(folder, seed, "pool")]


def _alike(shown: Pixels, lesion: Pixels) -> bool:
    alike = dice(shown, lesion)
    return alike is None or alike >= SAME


def _unsteady(lesion: Pixels, rng: np.random.Generator) -> Pixels:
    """A border one pixel out or in, unless that leaves nothing."""
    move = cv2.dilate if rng.random() < 0.5 else cv2.erode
    drawn = np.asarray(move(lesion.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
    return drawn if drawn.any() else lesion
