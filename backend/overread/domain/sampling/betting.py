"""Bounds that may be looked at after every read: betting confidence sequences for reads without replacement.

Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86 (2024). A pool of N losses
in [0, 1] is read in random order. If its mean were m, the next loss would have the mean

    μ_t(m) = (N·m − S_{t−1}) / (N − t + 1),    S_{t−1} the sum so far,

so a gambler who stakes λ_t ≥ 0, chosen before the read, on "more than μ_t" holds K_t(m) = Π (1 + λ_i (x_i − μ_i(m))):
a fair game at the true m. By Ville's inequality it ever reaches 2/α with probability ≤ α/2 there; the means at which it
did are excluded. Mirrored (1 − x) it gives the upper bound.

Over strata the capitals multiply, and a pool mean θ is excluded when the product is ≥ 2/α for *all* stratum means with
Σ W_h m_h = θ: an infimal convolution of the log-capitals. It is bounded from below by its Legendre dual,

    L = max over η ≥ 0 of  Σ_h min over m of [ W_h m + η log K_h(m) ] − η log(2/α),

valid for every η (weak duality) and cheap: a read changes one term of the sum.

Stakes that follow each stratum's own mean are best for a few strata. With many, the stratum means that hurt each game
most fit its noise, and the product pays for all of them. From FEW strata on, the stakes are common instead: no stratum
mean enters them, only the running spread of all reads, and a stratum's stake grows with what a read of it stands for.
log(1 + λ(x − m)) is concave in m, so the worst stratum means are 0 and 1, where x ∈ {0, 1} has drift λ(p − m) and
spread ½λ²·2p(1 − p): twice that of one stratum, hence the stake √(log(2/α) / (n·v̂)), v̂ the spread of weighted reads.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELLS = 300
# Edges of the cells of a stratum's mean, finer towards 0 and 1, where errors and their absence live.
EDGES: Floats = np.sin(np.linspace(0, np.pi / 2, CELLS + 1)) ** 2
PRICES: Floats = np.append(0, np.geomspace(1e-5, 10, 80))[:, None]  # η, in pool mean per nat of log-capital
CAP = 0.75  # share of the capital that a single read may lose
PRIOR = 4.0  # reads that the pool's mean counts for in a stratum's first guess
PLANNED = 200.0  # reads that stakes are made for when nobody says how many
FEW = 4  # strata up to which each has stakes of its own


@dataclass
class _Side:
    """Log-capitals against "the stratum's mean is at most m" of each stratum and cell, (H, CELLS), and the dual's terms
    (H, PRICES). A cell [a, b] bets against its right end b, which undercuts every mean in it, and counts as a."""

    sizes: Floats
    worth: Floats  # what a read of each stratum stands for, W_h·n/n_h, by the planned reads
    planned: float
    log_limit: float
    log_capital: Floats = field(init=False)
    terms: Floats = field(init=False)
    sums: Floats = field(init=False)
    squares: Floats = field(init=False)
    spread: float = 0.25
    count: int = 0

    def __post_init__(self) -> None:
        strata = len(self.sizes)
        self.log_capital = np.zeros((strata, CELLS))
        self.sums, self.squares = np.zeros(strata), np.zeros(strata)
        self.terms = np.zeros((strata, len(PRICES)))

    def read(self, stratum: int, loss: float, before: int) -> None:
        """Settle the bets on this loss, the stratum's read number ``before`` + 1."""
        size, total = self.sizes[stratum], self.sums[stratum]
        fair = np.clip((size * EDGES[1:] - total) / (size - before), 1e-12, 1.0)
        stakes = (
            self._own_stakes(stratum, before, fair) if len(self.sizes) <= FEW else self._common_stakes(stratum, fair)
        )
        self.log_capital[stratum] += np.log1p(stakes * (loss - fair))
        self.spread += float(self.worth[stratum] * (loss - (0.5 + self.sums.sum()) / (1 + self.count))) ** 2
        self.count += 1
        self.sums[stratum] += loss
        self.squares[stratum] += loss**2
        self._weigh(stratum, before + 1)

    def _common_stakes(self, stratum: int, fair: Floats) -> Floats:
        """One stake for all strata, by the spread of what was read so far, for the reads that are planned."""
        stake = math.sqrt(self.log_limit * (1 + self.count) / (self.planned * self.spread))
        stakes: Floats = np.clip(stake * self.worth[stratum], 0, CAP / fair)
        return stakes

    def _own_stakes(self, stratum: int, reads: int, fair: Floats) -> Floats:
        """Near the best growth for the mean and spread seen so far (the paper's approximate GRAPA), 0 … CAP/μ; a
        stratum that is hardly read yet borrows the mean of all reads, itself begun at ½."""
        everywhere = (0.5 + self.sums.sum()) / (1 + self.count)
        mean = (PRIOR * everywhere + self.sums[stratum]) / (PRIOR + reads)
        second = (PRIOR * (0.25 + self.squares.sum()) / (1 + self.count) + self.squares[stratum]) / (PRIOR + reads)
        edge = mean - fair
        stakes: Floats = np.clip(edge / (max(second - mean**2, 1e-4) + edge**2), 0, CAP / fair)
        return stakes

    def _weigh(self, stratum: int, reads: int) -> None:
        size, total = self.sizes[stratum], self.sums[stratum]
        least, most = total / size, (total + size - reads) / size  # what the reads left possible
        possible = (EDGES[1:] >= least - 1e-12) & (EDGES[:-1] <= most + 1e-12)
        cost = size / self.sizes.sum() * np.maximum(EDGES[:-1], least)[possible]
        self.terms[stratum] = (cost + PRICES * self.log_capital[stratum][possible]).min(axis=1)

    def bound(self, log_limit: float) -> float:
        """The least pool mean that the bets have not excluded, or a little below it."""
        return float((self.terms.sum(axis=0) - PRICES[:, 0] * log_limit).max())


class ConfidenceSequence:
    """Interval for the pool's mean loss at confidence 1 − alpha, valid at every moment at once.

    ``sizes`` are the units N_h of each stratum (one for a simple random sample), ``planned`` the reads n_h that the
    design gives it (in proportion to size when not said): they settle stakes, never validity. Within a stratum reads
    come in random order; which stratum is read next may depend on anything already seen.
    """

    def __init__(self, sizes: NDArray[np.int64], alpha: float = 0.05, planned: NDArray[np.int64] | None = None) -> None:
        self.sizes = np.asarray(sizes, dtype=np.float64)
        self.reads = np.zeros(len(self.sizes), np.int64)
        self.low, self.high = 0.0, 1.0
        self._log_limit = math.log(2 / alpha)
        each = PLANNED * self.sizes / self.sizes.sum() if planned is None else np.maximum(planned, 1.0)
        worth = self.sizes / self.sizes.sum() * each.sum() / each
        self._over, self._under = (_Side(self.sizes, worth, float(each.sum()), self._log_limit) for _ in range(2))

    def add(self, stratum: int, loss: float) -> tuple[float, float]:
        """Take in one read with its loss in [0, 1]; the interval after it, never wider than before.

        Raises ValueError for another loss, or when the stratum was read to its end.
        """
        if not 0 <= loss <= 1 or self.reads[stratum] >= self.sizes[stratum]:
            raise ValueError("A loss is in [0, 1], and a stratum has no more reads than units.")
        before = int(self.reads[stratum])
        self._over.read(stratum, loss, before)
        self._under.read(stratum, 1 - loss, before)
        self.reads[stratum] += 1
        self.low = max(self.low, self._over.bound(self._log_limit))
        self.high = min(self.high, 1 - self._under.bound(self._log_limit))
        return self.low, self.high


class JointSequence:
    """Interval for the mean loss of several populations together, valid at every moment at once whatever their reads
    have in common: a film's findings are read at one look, and are often wrong together. Each ``part`` has a sequence
    of its own at alpha ÷ their number (Bonferroni), and their bounds add up by size.

    ``sizes`` and ``planned`` are of the strata (H,), as in ``ConfidenceSequence``; ``part`` (H,) names the population
    that each is of. Of one part it is that part's own sequence.
    """

    def __init__(
        self, sizes: NDArray[np.int64], part: NDArray[np.int64], planned: NDArray[np.int64], alpha: float = 0.05
    ) -> None:
        self.sizes = np.asarray(sizes, dtype=np.float64)
        self.reads = np.zeros(len(self.sizes), np.int64)
        self.low, self.high = 0.0, 1.0
        parts = [np.flatnonzero(part == one) for one in np.unique(part)]
        self._own = [ConfidenceSequence(sizes[rows], alpha / len(parts), planned[rows]) for rows in parts]
        self._place = {int(row): (i, at) for i, rows in enumerate(parts) for at, row in enumerate(rows)}
        self._share = np.array([self.sizes[rows].sum() for rows in parts]) / self.sizes.sum()

    def add(self, stratum: int, loss: float) -> tuple[float, float]:
        """Take in one read, as ``ConfidenceSequence.add`` does and with its errors; the interval after it."""
        own, at = self._place[stratum]
        self._own[own].add(at, loss)
        self.reads[stratum] += 1
        self.low = float(self._share @ [one.low for one in self._own])
        self.high = float(self._share @ [one.high for one in self._own])
        return self.low, self.high


def hedged_interval(losses: Floats, population: int, alpha: float = 0.05, steps: int = 1000) -> tuple[float, float]:
    """The paper's own hedged capital process for one stratum, ended at the last read, intersected over all reads.

    λ_t = √(2 log(2/α) / (σ̂²_{t−1} t log(1+t))) by the predictable plug-in, cut at ½/μ_t and ½/(1−μ_t); a value m of
    {0, 1/steps, …, 1} falls when max(½K⁺, ½K⁻) ≥ 1/α or m became impossible. Losses (n,) in reading order.
    """
    grid = np.linspace(0, 1, steps + 1)
    up, down, alive = np.zeros_like(grid), np.zeros_like(grid), np.ones(len(grid), bool)
    total, centre, squares = 0.0, 0.5, 0.25
    for t, loss in enumerate(losses, 1):
        fair = (population * grid - total) / (population - t + 1)
        alive &= (fair >= -1e-12) & (fair <= 1 + 1e-12)
        fair = np.clip(fair, 1e-12, 1 - 1e-12)
        stake = math.sqrt(2 * math.log(2 / alpha) / (squares * math.log1p(t)))
        up += np.log1p(np.minimum(stake, 0.5 / fair) * (loss - fair))
        down += np.log1p(-np.minimum(stake, 0.5 / (1 - fair)) * (loss - fair))
        alive &= np.maximum(up, down) < math.log(2 / alpha)
        total += loss
        centre = (0.5 + total) / (t + 1)
        squares += (loss - centre) ** 2  # = t·σ̂²
    left = grid[alive]
    if not len(left):
        return centre, centre
    return max(0.0, float(left[0]) - 1 / steps), min(1.0, float(left[-1]) + 1 / steps)  # what the grid steps over
