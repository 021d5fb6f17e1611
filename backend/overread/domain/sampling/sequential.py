"""May so many labels be wrong? A test that may be looked at after every read, for units read in a drawn order.

H0: of N units at least M₀ = ⌊αN⌋ + 1 are wrong. Units are read without replacement, so that k wrong of the first n have
the likelihood L(M; n, k) = M!/(M−k)! · (N−M)!/(N−M−n+k)! · (N−n)!/N! where M of them are wrong. The evidence against H0
is a mixture of likelihood ratios,

    E(n, k) = mean over j of L(M_j; n, k) / L(M₀; n, k),    M_j = ⌊f_j·αN⌋,  f_j of FRACTIONS,

a martingale that begins at 1 where exactly M₀ are wrong: it ever reaches 1/δ with probability at most δ (Ville, 1939;
Robbins, 1970, for mixtures; Waudby-Smith and Ramdas, 2020, for sampling without replacement). With more than M₀ wrong
it is smaller still, read by read: E falls with k, and the wrong units of H0's edge are among them. A unit that is drawn
and not read counts as wrong, for the same reason: so it does not matter who reads what when, or when anybody looks.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from overread.domain.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
# Errors, as shares of α, at which the test is made strong: few and far apart cost the least (docs/gate.md).
FRACTIONS: Floats = np.array([0.0, 0.2, 0.4, 0.6])
FORESIGHT = 3000  # further reads that are looked ahead at most
SURE = 0.9  # chance at which a number of further reads is named
PRIOR = (0.5, 4.5)  # wrong and right units that the true error is thought to rest on before anything is read
GUESSES = (np.arange(24) + 0.5) / 24  # where the true error may lie, as levels of what the reads say


@dataclass(frozen=True)
class Question:
    """Is the share of wrong units among ``population`` at most ``alpha``, at doubt ``delta``?

    Raises InvalidInput unless α and δ are above 0 and below 1, and there is a unit.
    """

    population: int
    alpha: float
    delta: float

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 0 < self.delta < 1 and self.population > 0):
            raise InvalidInput("The risk α and the doubt δ are between 0 and 1, and there is a unit to ask about.")

    @property
    def edge(self) -> int:
        """The fewest wrong units that are too many."""
        return min(int(np.floor(self.alpha * self.population + 1e-9)) + 1, self.population)

    @property
    def log_limit(self) -> float:
        """The log-evidence that refutes H0."""
        return -math.log(self.delta)


def log_evidence(question: Question, reads: Ints, errors: Ints) -> Floats:
    """log E(n, k) for counts (…) of reads n and wrong ones k; infinite where so few wrong ones cannot be under H0."""
    n, k = np.broadcast_arrays(np.asarray(reads, float), np.asarray(errors, float))
    size, edge = question.population, question.edge
    others = np.minimum(np.floor(FRACTIONS * question.alpha * size + 1e-9), edge - 1).reshape(-1, *[1] * n.ndim)
    likely = _log_falling(others, k) + _log_falling(size - others, n - k)
    with np.errstate(invalid="ignore"):
        ratio = np.logaddexp.reduce(likely, axis=0) - np.log(len(FRACTIONS))
        ratio = ratio - _log_falling(np.array(float(edge)), k) - _log_falling(np.array(float(size - edge)), n - k)
    # Impossible under both: more wrong ones than H0's edge has speak for it; more right ones speak against it.
    return np.where(k > edge, -np.inf, np.where(n - k > size - edge, np.inf, ratio))


def refuted(question: Question, wrong: Bools) -> bool:
    """Whether H0 fell at some prefix of the drawn units, (n,) in the drawn order; what nobody read is wrong. Where so
    many were found wrong that it is plainly true, it has not."""
    if not len(wrong) or int(np.sum(wrong)) >= question.edge:
        return False
    counts = np.arange(1, len(wrong) + 1)
    return bool((log_evidence(question, counts, np.cumsum(wrong)) >= question.log_limit).any())


def upper_share(population: int, delta: float, wrong: Bools) -> float:
    """The least share that the reads refute, (n,) in the drawn order: an upper bound at confidence 1 − δ, whenever one
    looks. 1 before anything is refuted."""
    low, high = 0, population  # H0 with ``high`` or more wrong units is refuted, or nothing is
    while low < high:
        middle = (low + high) // 2
        if middle < population and refuted(Question(population, _share(middle, population), delta), wrong):
            high = middle
        else:
            low = middle + 1
    return high / population


def most_errors(question: Question, reads: int) -> Ints:
    """The most wrong ones among the first 1 … ``reads`` units with which H0 falls there, (reads,); −1 where none."""
    n = np.arange(1, reads + 1)
    low, high = np.full(reads, -1), np.minimum(n, question.edge)
    while (low < high).any():
        middle = (low + high + 1) // 2
        falls = log_evidence(question, n, middle) >= question.log_limit
        low, high = np.where(falls, middle, low), np.where(falls, high, middle - 1)
    return low


def chances_to_open(question: Question, reads: int, shares: Floats, wrong: Bools | None = None) -> Floats:
    """The chance that H0 falls by the n-th further read, (S, reads), where the units not yet read are wrong in these
    ``shares`` (S,); exact, over all orders. ``wrong`` are the units read already, (n₀,), none when not given."""
    seen = np.zeros(0, bool) if wrong is None else wrong
    done, k0 = len(seen), int(seen.sum())
    reads = min(reads, question.population - done)
    limits = most_errors(question, done + reads)[done:]
    width = int(limits.max(initial=-1)) - k0 + 2
    if width < 2:
        return np.zeros((len(shares), reads))
    left = question.population - done
    bad = np.round(np.asarray(shares) * left)[:, None]
    more = np.arange(width)  # further wrong ones; the last cell holds all that can never open by the last read
    state = np.zeros((len(shares), width))
    state[:, 0] = 1.0
    opened = np.zeros((len(shares), reads))
    for step in range(reads):
        chance = np.clip((bad - more) / (left - step), 0, 1)
        chance[:, -1] = 0.0
        moved = state * chance
        state = state - moved
        state[:, 1:] += moved[:, :-1]
        falls = more + k0 <= limits[step]
        opened[:, step] = state[:, falls].sum(axis=1)
        state[:, falls] = 0.0
    return np.cumsum(opened, axis=1)


def further_reads(question: Question, wrong: Bools, most: int = FORESIGHT) -> int | None:
    """How many more units to draw so that H0 falls with a chance of SURE, given what was read, (n,) in drawn order.

    The true error is taken to be as the reads say (a beta posterior from PRIOR). None where no number up to ``most``
    will do: the labels are likely too wrong, or hardly better than α.
    """
    if refuted(question, wrong):
        return 0
    reads = min(most, question.population - len(wrong))
    if reads <= 0:
        return None
    k = int(np.sum(wrong))
    guesses = special.betaincinv(k + PRIOR[0], len(wrong) - k + PRIOR[1], GUESSES)
    chance = chances_to_open(question, reads, guesses, wrong).mean(axis=0)
    enough = np.flatnonzero(chance >= SURE)
    return int(enough[0]) + 1 if len(enough) else None


def reads_to_open(question: Question, error: float, chance: float = 0.9, most: int = FORESIGHT) -> int | None:
    """The fewest reads that open with this ``chance`` where the share ``error`` is wrong; None beyond ``most``."""
    found = chances_to_open(question, most, np.array([error]))[0]
    enough = np.flatnonzero(found >= chance)
    return int(enough[0]) + 1 if len(enough) else None


def _share(edge: int, population: int) -> float:
    """An α whose edge is edge + 1 wrong units, so that what is refuted is "more than edge"."""
    return (edge + 0.5) / population


def _log_falling(many: Floats, times: Floats) -> Floats:
    """log of many·(many − 1)···, ``times`` factors; −∞ where there are not so many."""
    able = times <= many
    return np.where(able, special.gammaln(many + 1) - special.gammaln(np.where(able, many - times, 0.0) + 1), -np.inf)
