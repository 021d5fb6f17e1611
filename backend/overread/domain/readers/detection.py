"""Whether an audit's readers find planted errors often enough for their word to be worth something.

H0: they miss a third of them or more. It is refuted in either of two ways, which share the doubt between them, so that
readers who miss a third are let by in one audit of ten at most, however often one asks and however many plants follow:

- by the plants that were drawn with the audit, an exact test of so many; what is not read yet counts as missed;
- by all that were met so far, a bet that may be looked at after every read (Ville, 1939; Robbins, 1970).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from overread.domain.sampling.shares import Share

MISS, DOUBT = 1 / 3, 0.1
DOUBT_AT_ONCE = 0.06  # the part of DOUBT that the exact test uses up; the bet has the rest
BETS = (0.85, 0.95)  # shares of plants found that the bet is laid on, evenly
PRIOR = (2.5, 0.5)  # plants found and missed that readers are thought of by before they read any
SURE = 0.9  # chance at which a number of further plants is named
MOST = 300  # further plants: beyond it others should read


@dataclass(frozen=True)
class Detection:
    """``found`` of the planted errors that were met; of the ``drawn`` ones, planted when the audit was drawn, readers
    found ``found_drawn``; ``planned`` are drawn and added ones together, ``unread`` those that nobody has met.
    ``least``: the smallest share that any reader found, of those who met ENOUGH to speak of."""

    found: Share
    found_drawn: int
    drawn: int
    planned: int
    unread: int
    least: float = 1.0


def finds_enough(detected: Detection) -> bool:
    """Whether it is refuted that readers, taken together, miss MISS of the planted errors, and none who met ENOUGH did
    miss more: a good reader's plants do not speak for another's reads."""
    if detected.least < 1 - MISS - 1e-9:
        return False
    at_once = detected.found_drawn >= _least_at_once(detected.drawn)
    return at_once or detected.found.hits >= _least_by_bet(detected.found.n)


def chance_of_trust(plants: int, miss: float) -> float:
    """The chance that one reader who misses this share is trusted once they have read all plants of the draw; where
    several share the films, each must find two thirds of theirs as well, which lowers it."""
    least = min(_least_at_once(plants), _least_by_bet(plants))
    return float(special.bdtrc(least - 1, plants, 1 - miss)) if 0 < least <= plants else 0.0


def further_plants(detected: Detection) -> int | None:
    """So many plants beyond the planned ones refute H0 with a chance of SURE, readers being as what they found says (a
    beta posterior from PRIOR); None where no number up to MOST will do."""
    k, n, unread = detected.found.hits, detected.found.n, detected.unread
    for more in range(1, MOST + 1):
        new = unread + more
        if _predictive(k, n, new, _least_by_bet(n + new) - k) >= SURE:
            return more
    return None


def _least_at_once(plants: int) -> int:
    """The fewest found of so many that the exact test passes; one more than there are where none would."""
    hits = np.arange(1, plants + 1)
    passing = np.flatnonzero(special.bdtrc(hits - 1, plants, 1 - MISS) <= DOUBT_AT_ONCE)
    return int(hits[passing[0]]) if len(passing) else plants + 1


def _least_by_bet(plants: int) -> int:
    """The same for the bet, Σ ½ Π q/(1 − MISS) or (1 − q)/MISS over BETS, at 1/(what is left of DOUBT)."""
    hits = np.arange(plants + 1)
    held = np.logaddexp.reduce([_log_capital(hits, plants, q) for q in BETS], axis=0) - np.log(len(BETS))
    passing = np.flatnonzero(held >= -np.log(DOUBT - DOUBT_AT_ONCE))
    return int(hits[passing[0]]) if len(passing) else plants + 1


def _log_capital(hits: NDArray[np.int64], plants: int, q: float) -> NDArray[np.float64]:
    return np.asarray(hits * np.log(q / (1 - MISS)) + (plants - hits) * np.log((1 - q) / MISS))


def _predictive(k: int, n: int, new: int, needed: int) -> float:
    """The chance that at least so many of ``new`` plants are found, after k of n: a beta-binomial's upper tail."""
    if needed > new:
        return 0.0
    x = np.arange(max(needed, 0), new + 1)
    a, b = k + PRIOR[0], n - k + PRIOR[1]
    ways = special.gammaln(new + 1) - special.gammaln(x + 1) - special.gammaln(new - x + 1)
    return float(np.exp(ways + special.betaln(x + a, new - x + b) - special.betaln(a, b)).sum())
