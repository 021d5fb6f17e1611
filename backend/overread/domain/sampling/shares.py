"""A share of trials with its exact interval (Clopper & Pearson, 1934)."""

from dataclasses import dataclass

from scipy import special


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` with the exact 95 % interval (Clopper & Pearson, 1934); ``value`` None when n is 0."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


def share(hits: int, n: int, alpha: float = 0.05) -> Share:
    """The share with its two-sided interval; [0, 1] without a trial."""
    low = float(special.betaincinv(hits, n - hits + 1, alpha / 2)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, n - hits, 1 - alpha / 2)) if hits < n else 1.0
    return Share(hits, n, hits / n if n else None, low, high)


def lower_limit(found: Share, doubt: float) -> float:
    """The exact one-sided lower limit of the share at confidence 1 − doubt; 0 without a hit."""
    return float(special.betaincinv(found.hits, found.n - found.hits + 1, doubt)) if found.hits else 0.0
