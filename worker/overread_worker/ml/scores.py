"""What scores need of one map, at the speed of a pass over it; the domain's ``metrics`` says what they are."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from overread.domain.imaging.metrics import LEVELS, FindingScores, dice_curve

Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]


def histograms(probability: Bytes, reference: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """``imaging.metrics.histograms``, 3 to 8 times faster: counts (256,) inside and outside the reference.

    Maps are mostly 0 where a network is sure, and a run of equal values is the slowest thing to count: eight zeros at
    once are left out first, and the zeros are what is missing in the end.
    """
    inside = _counted(probability[reference])
    flat = np.ascontiguousarray(probability).ravel()
    if flat.size % 8 == 0:
        words = flat.view(np.uint64)
        lit = words != 0
        if 4 * np.count_nonzero(lit) < 3 * words.size:
            flat = words[lit].view(np.uint8)
    whole = _counted(flat)
    whole[0] += probability.size - flat.size
    return inside, whole - inside


def _counted(values: Bytes) -> Counts:
    """By Pillow, which takes a third of the time that OpenCV and numpy take, and leaves the interpreter free."""
    if not values.size:
        return np.zeros(LEVELS, np.int64)
    return np.array(Image.fromarray(values[None]).histogram(), np.int64)


def measure(probability: Bytes, reference: NDArray[np.bool_] | None) -> NDArray[np.float64] | int:
    """All that scores need of one map (S, S): its Dice curve (256,) with a lesion's reference, else its maximum."""
    if reference is None or not reference.any():
        return int(probability.max())
    return dice_curve(*histograms(probability, reference))


def keep(
    scores: FindingScores, measured: NDArray[np.float64] | int, presence: float, patient: str, source: str = ""
) -> None:
    """Take in what ``measure`` gave."""
    if isinstance(measured, int):
        scores.add_negative(measured, presence, patient, source)
    else:
        scores.add_positive(measured, presence, patient, source)
