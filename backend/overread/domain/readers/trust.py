"""How far a reader can be trusted (definitions: section 7): planted wrong masks, anchoring, and what they correct."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from overread.domain.sampling.shares import Share, share
from overread.domain.words import TrustLight

PUBLISHED_MISS, PRIOR = 0.33, 3
FOUND, ANCHORED = 0.8, 0.3  # shares: of plants found, of masks taken over
ENOUGH = 5  # plants before a light can be green, and before they correct an error
AGREE = 0.7  # Dice below which two masks are not of one opinion


def anchoring(blind_differs: NDArray[np.bool_], took_over: NDArray[np.bool_]) -> Share:
    """A = |{m0 ≠ a, m1 = a}| / |{m0 ≠ a}|: of the blind reads that differed from the mask shown later, those that were
    then changed into it."""
    return share(int((blind_differs & took_over).sum()), int(blind_differs.sum()))


def beats_chance(detected: Share, false_alarms: Share) -> bool:
    """Whether wrong masks were called wrong more often than right ones, as counted and as drawn towards ½."""
    if not (detected.n and false_alarms.n):
        return False
    counted = detected.hits / detected.n > false_alarms.hits / false_alarms.n
    return counted and _drawn_in(detected) > _drawn_in(false_alarms)


def corrected_error(
    error: float, reads: float, detected: Share, false_alarms: Share
) -> tuple[float, float, float] | None:
    """Error, low, high (95 %) after Rogan & Gladen (1978): ê = (e + ŵ − 1)/(ŝ + ŵ − 1), cut to [0, 1].

    ``error`` e is the share that readers call wrong, worth as many independent ``reads`` (of a stratified draw: see
    ``pool_estimates.worth``). ŝ is the share of planted masks called wrong, 1 − ŵ that of right masks. The interval is
    the delta method's over counts drawn towards ½ (Lang & Reiczigel, 2014, without their shift: z²/2 to each side of
    the reads, one trial to each of ŝ and ŵ). None without planted or right masks, or when readers do no better than
    chance: then the reads tell nothing.
    """
    if not reads or not beats_chance(detected, false_alarms):
        return None
    z = float(special.ndtri(0.975))
    s, w = detected.hits / detected.n, 1 - false_alarms.hits / false_alarms.n
    found, kept = _drawn_in(detected), 1 - _drawn_in(false_alarms)
    value = min(1.0, max(0.0, (error + w - 1) / (s + w - 1)))
    trials = reads + z**2
    e = (error * reads + z**2 / 2) / trials
    centre = (e + kept - 1) / (found + kept - 1)
    variance = e * (1 - e) / trials
    variance += centre**2 * found * (1 - found) / (detected.n + 2)
    variance += (1 - centre) ** 2 * kept * (1 - kept) / (false_alarms.n + 2)
    half = z * math.sqrt(variance) / (found + kept - 1)
    return value, min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half))


def _drawn_in(counts: Share) -> float:
    return (counts.hits + 1) / (counts.n + 2)


def differ(first_unsure: bool, second_unsure: bool, dice: float | None) -> bool:
    """Whether two readers of one unit need a judge: one cannot tell and the other can, or their masks are below AGREE
    (``dice`` None: neither drew any)."""
    if first_unsure or second_unsure:
        return first_unsure != second_unsure
    return dice is not None and dice < AGREE


def median_interval(values: Sequence[float], alpha: float = 0.05) -> tuple[float | None, float | None, float | None]:
    """Median with its exact, distribution-free interval from order statistics (Thompson, 1936): low and high are the
    closest ranks j and n + 1 − j with P(Bin(n, ½) < j) ≤ α/2, None where n is too small to have one."""
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return None, None, None
    j = max((k for k in range(1, n // 2 + 1) if special.bdtr(k - 1, n, 0.5) <= alpha / 2), default=0)
    low, high = (ordered[j - 1], ordered[n - j]) if j else (None, None)
    return float(np.median(ordered)), low, high


def shrunk_miss_rate(planted: Share) -> float:
    """The share of planted errors that a reader misses, drawn towards what is published while few were met: 33 % of
    wrong masks shown by an AI were let through (six radiologists, 90 films; PMC10235827), weighing as PRIOR plants."""
    return (planted.n - planted.hits + PRIOR * PUBLISHED_MISS) / (planted.n + PRIOR)


def trust_light(detected: Share, anchored: Share) -> TrustLight:
    """Red: surely misses more than a fifth of the planted errors, or surely takes over three in ten masks that the
    blind read had otherwise. Green: five plants or more, four fifths of them found, and not so anchored. Grey: too few
    to say. Amber: between."""
    if detected.high < FOUND or anchored.low > ANCHORED:
        return "red"
    if detected.n < ENOUGH:
        return "grey"
    found = detected.value is not None and detected.value >= FOUND
    return "green" if found and (anchored.value or 0.0) <= ANCHORED else "amber"
