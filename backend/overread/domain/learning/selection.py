"""From probability to pseudo label (definitions: section 3): presence strictly, the contour laxly."""

import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.masks import drop_small
from overread.domain.words import Decision


def decide(presence: float, tau_pos: float, tau_neg: float) -> Decision:
    """Positive from ``tau_pos`` up, negative from ``tau_neg`` down, else uncertain: not trained on, read first."""
    if presence >= tau_pos:
        return "positive"
    return "negative" if presence <= tau_neg else "uncertain"


def pseudo_mask(probability: NDArray[np.uint8], tau_mask: float, min_area: int) -> NDArray[np.bool_]:
    """Pixels (height, width) with value ≥ round(255·tau_mask), without components under ``min_area`` px."""
    return drop_small(probability >= round(255 * tau_mask), min_area)


def risk_of(agreement: float, sharpness: float, presence: float) -> float:
    """How likely a label is wrong, 0…1, before anybody read it: members disagree, the map is blurred, presence is open.

    ``agreement`` is the members' mean pairwise Dice; ``sharpness`` the soft Dice of the map with its own mask (Borges
    et al., 2024: the Dice to be expected if the map is right), which tells wrong masks from right ones where there is
    a single member too (docs/bias.md).
    """
    return 0.8 * (1 - agreement * sharpness) + 0.2 * (1 - abs(2 * presence - 1))
