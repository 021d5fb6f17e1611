"""Estimates of the whole pool from a stratified draw, helped by predictions (definitions: section 5)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GATHERED = 2.0  # errors that are thought to gather in films, beside those that were seen


@dataclass(frozen=True)
class Estimate:
    """A pool mean with its variance and 95 % interval; ``tuning`` is the λ used, 0 for the stratified mean."""

    value: float
    variance: float
    low: float
    high: float
    reads: int
    tuning: float


def difference_estimate(
    loss: Floats, predicted: Floats, stratum: Ints, sizes: Ints, pool_means: Floats, film: Ints | None = None
) -> Estimate | None:
    """θ̂ = Σ W_h [λ M_h + mean over reads of (z − λm)], V̂ = Σ W_h² (1 − n_h/N_h) s_h²(z − λm)/n_h.

    ``loss`` z, its prediction ``predicted`` m and ``stratum`` are of the reads (n,); ``sizes`` N_h and ``pool_means``
    M_h of the strata (H,). Where the reads are of several findings, ``film`` (n,) says which were made on one film:
    what is wrong together adds to V̂ (``_together``), and there are no more degrees of freedom than films less one.
    λ = Cov/Var within strata, weighted as the variance is, clipped to [0, 1]: a useless
    prediction costs nothing (prediction-powered inference; Angelopoulos et al., 2023). A stratum with one read borrows
    the pooled spread. The interval is Student's with Satterthwaite's degrees of freedom; of a share (losses of 0 and 1)
    it is no narrower than ``at_least_exact``, of no more reads than ``most_worth``. None unless every stratum has one.
    """
    count = np.bincount(stratum, minlength=len(sizes))
    if not len(loss) or (count == 0).any():
        return None
    weight = sizes / sizes.sum()
    factor = weight**2 * (1 - count / sizes) / count
    joint, own = _spread(loss, predicted, stratum, count), _spread(predicted, predicted, stratum, count)
    varied = float(factor @ own)
    tuning = min(1.0, max(0.0, float(factor @ joint) / varied)) if varied > 0 else 0.0
    rest = loss - tuning * predicted
    value = float(weight @ (tuning * pool_means + np.bincount(stratum, rest, len(sizes)) / count))
    parts = factor * _spread(rest, rest, stratum, count)
    variance = float(parts.sum())
    freedom = variance**2 / float((parts**2 / np.maximum(count - 1, 1)).sum()) if variance > 0 else 1.0
    films = len(loss) if film is None else len(np.unique(film))
    if film is not None:
        variance += _together(rest, stratum, count, factor, film)
        freedom = min(freedom, films - 1)
    half = float(special.stdtrit(max(freedom, 1.0), 0.975)) * math.sqrt(variance)
    low, high = value - half, value + half
    if ((loss == 0) | (loss == 1)).all():
        low, high = at_least_exact(value, variance, most_worth(loss, films), low, high)
    return Estimate(value, variance, low, high, len(loss), tuning)


def most_worth(loss: Floats, films: int) -> float:
    """At most so many independent reads are these of 0 and 1 on so many films: as many as films until losses are seen
    to come apart, and as many as reads in the end. How much errors gather in films cannot be told from a few of them;
    ``GATHERED`` stand for what was not seen (simulated audits: docs/gate.md)."""
    seen = min(float(loss.sum()), len(loss) - float(loss.sum()))
    return len(loss) * (seen + GATHERED) / (seen + GATHERED * len(loss) / films)


def at_least_exact(value: float, variance: float, count: float, low: float, high: float) -> tuple[float, float]:
    """An interval of a share, widened to Clopper and Pearson's of as many reads as its variance is worth (Korn &
    Graubard, 1998), at most the ``count`` that were made: an audit in which errors happened to be few has a small
    variance too, and would claim more reads than it has. Where errors are rare, a sample with few of them has a small
    value and a small variance at once, and a symmetric interval about it misses too often."""
    share = min(1.0, max(0.0, value))
    if variance <= 0:
        return low, high
    reads = min(count, share * (1 - share) / variance)
    hits = share * reads
    least = float(special.betaincinv(hits, reads - hits + 1, 0.025)) if hits > 0 else 0.0
    most = float(special.betaincinv(hits + 1, reads - hits, 0.975)) if hits < reads else 1.0
    return min(low, least), max(high, most)


def worth(loss: Floats, stratum: Ints, sizes: Ints, film: Ints | None = None) -> tuple[float, float] | None:
    """The stratified share of a loss of 0 or 1, and how many independent reads it is worth: e(1 − e)/V̂ (Korn &
    Graubard, 1998), at most Kish's 1/Σ(W_h²/n_h); of reads on one ``film`` V̂ as in ``difference_estimate``, and Kish's
    times ``most_worth`` ÷ reads. None unless every stratum has a read.

    V̂ has no finite-population correction: reading the same pool again, readers would slip elsewhere, so a pool that is
    read whole is still in doubt.
    """
    count = np.bincount(stratum, minlength=len(sizes))
    if not len(loss) or (count == 0).any():
        return None
    factor = (sizes / sizes.sum()) ** 2 / count
    value = float(sizes / sizes.sum() @ (np.bincount(stratum, loss, len(sizes)) / count))
    variance = float(factor @ _spread(loss, loss, stratum, count))
    kish = 1 / float(factor.sum())
    if film is not None:
        variance += _together(loss, stratum, count, factor, film)
        kish *= most_worth(loss, len(np.unique(film))) / len(loss)
    return value, min(kish, value * (1 - value) / variance) if variance > 0 else kish


def reads_for(half_width: float, spreads: Floats, sizes: Ints, shares: Floats) -> int:
    """Reads in all that give ± ``half_width`` at 95 %, shared among the strata as ``shares`` say (sum 1, each > 0):
    n = A / (x²/z² + B), A = Σ W_h² S_h² / share_h, B = Σ W_h² S_h² / N_h (Cochran, 1977)."""
    if half_width <= 0:
        return int(sizes.sum())
    own = (sizes / sizes.sum()) ** 2 * spreads**2
    wanted = (half_width / float(special.ndtri(0.975))) ** 2 + float((own / sizes).sum())
    return min(int(sizes.sum()), math.ceil(float((own / shares).sum()) / wanted - 1e-9))


def _together(rest: Floats, stratum: Ints, count: Ints, factor: Floats, film: Ints) -> float:
    """What reads on one film add to the variance, by the totals of films as clusters (Cochran, 1977): the sum over
    pairs of reads on one film of the products d_i·d_j, d = √(factor/(n_h − 1))·(rest − its stratum's mean), at least 0.
    ``factor`` is what each stratum's spread counts for. Alone on its film a read adds nothing; alone in its stratum it
    is not known to differ from it, and adds nothing either."""
    apart = rest - (np.bincount(stratum, rest, len(count)) / count)[stratum]
    scaled = np.sqrt(factor / np.maximum(count - 1, 1))[stratum] * apart
    _, place = np.unique(film, return_inverse=True)
    return max(0.0, float((np.bincount(place, scaled) ** 2).sum() - (scaled**2).sum()))


def _spread(a: Floats, b: Floats, stratum: Ints, count: Ints) -> Floats:
    """Covariance within each stratum, divisor n_h − 1; the pooled one where there is a single read."""
    apart = a - (np.bincount(stratum, a, len(count)) / count)[stratum]
    other = b - (np.bincount(stratum, b, len(count)) / count)[stratum]
    sums = np.bincount(stratum, apart * other, len(count))
    pooled = float(sums.sum()) / max(int((count - 1).sum()), 1)
    return np.where(count > 1, sums / np.maximum(count - 1, 1), pooled)
