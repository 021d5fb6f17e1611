"""What a sample says of the pool (definitions: section 5)."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special


def upper_bound(errors: int, reads: int, delta: float) -> float:
    """Exact one-sided upper bound of an error share at confidence 1 − delta (Clopper & Pearson, 1934)."""
    return 1.0 if errors >= reads else float(special.betaincinv(errors + 1, reads - errors, 1 - delta))


def clean_reads_needed(alpha: float, delta: float) -> int:
    """Reads without an error that certify a share ≤ alpha: 29, 59, 149 for 10, 5, 2 % at delta = .05."""
    return math.ceil(math.log(delta) / math.log1p(-alpha))


def further_clean_reads(errors: int, reads: int, alpha: float, delta: float) -> int:
    """How many more reads, all clean, would bring the upper bound to alpha or below."""
    low, high = 0, 1
    while upper_bound(errors, reads + high, delta) > alpha:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if upper_bound(errors, reads + middle, delta) <= alpha:
            high = middle
        else:
            low = middle + 1
    return high


def stratified_mean(losses: Sequence[NDArray[np.float64]], sizes: Sequence[int]) -> tuple[float, float]:
    """θ̂ = Σ W_h z̄_h and V̂ = Σ W_h² (1 − n_h/N_h) s_h²/n_h; each stratum needs at least two reads for a variance."""
    total = sum(sizes)
    mean = variance = 0.0
    for z, size in zip(losses, sizes, strict=True):
        weight, n = size / total, len(z)
        mean += weight * float(z.mean())
        spread = float(z.var(ddof=1)) if n > 1 else 0.0
        variance += weight**2 * (1 - n / size) * spread / n
    return mean, variance
