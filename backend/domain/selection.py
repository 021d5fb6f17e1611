"""From probability to pseudo label (definitions: section 3): presence strictly, the contour laxly."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.domain.masks import drop_small

Decision = Literal["positive", "negative", "uncertain"]


def decide(presence: float, tau_pos: float, tau_neg: float) -> Decision:
    """Positive from ``tau_pos`` up, negative from ``tau_neg`` down, else uncertain: not trained on, read first."""
    if presence >= tau_pos:
        return "positive"
    return "negative" if presence <= tau_neg else "uncertain"


def pseudo_mask(probability: NDArray[np.uint8], tau_mask: float, min_area: int) -> NDArray[np.bool_]:
    """Pixels (height, width) with value ≥ round(255·tau_mask), without components under ``min_area`` px."""
    return drop_small(probability >= round(255 * tau_mask), min_area)


def risk_of(decision: Decision, agreement: float, presence: float) -> float:
    """Stored order of the FIX stream, 0…1: the uncertain band (≥ .5) before all else, then low member agreement.

    ``agreement`` is the members' mean pairwise Dice; within the same agreement a doubtful presence comes first.
    """
    doubt = 1 - abs(2 * presence - 1)
    within = 0.8 * (1 - agreement) + 0.2 * doubt
    return 0.5 * within + (0.5 if decision == "uncertain" else 0.0)
