"""What a sample says of the pool (definitions: section 5)."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special


def upper_bound(errors: int, reads: int, delta: float) -> float:
    """Exact one-sided upper bound of an error share at confidence 1 − delta (Clopper & Pearson, 1934)."""
    return 1.0 if errors >= reads else float(special.betaincinv(errors + 1, reads - errors, 1 - delta))


def stratified_upper_bound(strata: Sequence[tuple[int, int, int]], delta: float) -> float:
    """Upper bound at confidence 1 − delta of the pool's error share, from (size N_h, reads n_h, errors k_h) of a draw
    with any shares π_h = n_h/N_h.

    The errors found are a sum of independent hypergeometric counts, so of independent trials (Vatutin & Mikhailov,
    1982): at a mean of n·u, u the exact bound of the pooled counts, so few have a probability of at most delta
    (Hoeffding, 1956). The worst pool spends this mean where a unit is least likely to be read, and in no stratum has
    more errors than its clean reads left possible.
    """
    total, reads = sum(size for size, _, _ in strata), sum(n for _, n, _ in strata)
    errors = sum(k for _, _, k in strata)
    left = reads * upper_bound(errors, reads, delta) if reads else 0.0
    worst = 0.0
    for size, n, k in sorted(strata, key=lambda s: s[1] / s[0]):
        most = size - n + k
        bad = min(most, left * size / n) if n else most
        worst += bad
        left -= bad * n / size
    return worst / total if reads else 1.0


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
