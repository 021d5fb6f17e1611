"""Thresholds with a guarantee, by Learn-then-Test, and weights below them (definitions: section 5).

Thresholds are tried from strict to lax. Each asks whether the error among what it accepts could exceed α: with k bad of
n reads inside, p = P(Bin(n, α) ≤ k). The walk stops at the first p > δ; the last that passed is certified, and
P(error among accepted ≤ α) ≥ 1 − δ (Angelopoulos et al., 2021: fixed sequence testing). Where the walk starts is
settled by counts alone: at the strictest region with enough reads to pass if all were clean.

Reads of a stratified draw do not stand for equally many units. Each read is kept with probability π_min/π, π_min the
least inside the region, by one random number that all regions share: every unit inside is then equally likely to be
among the n, the strata stand in proportion, and k varies no more than a binomial count would (Hoeffding, 1956). This
throws reads away, and ``thinned`` says how many.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from backend.domain.errors import InvalidInput
from backend.domain.estimates import clean_reads_needed

Floats = NDArray[np.float64]
Side = Literal["positive", "negative"]
LEAST_RISK = 1e-6  # α and δ are no nearer to 0 and 1: no audit has reads for less
STEPS = 40  # regions tried: more would only add chances to stop by bad luck
DOUBTFUL = 0.4  # predicted badness from which a label has no weight


@dataclass(frozen=True)
class Reads:
    """MEASURE reads of one finding and side, (n,) each: presence q, whether the label is bad (a wrong mask; for
    negatives a missed lesion), and the inclusion probability in (0, 1]."""

    presence: Floats
    bad: NDArray[np.bool_]
    probability: Floats


@dataclass(frozen=True)
class Step:
    """One threshold tried: reads inside after thinning, the reads thinned away, bad ones kept, and p."""

    threshold: float
    reads: int
    thinned: int
    errors: int
    p: float


@dataclass(frozen=True)
class Certificate:
    """``threshold`` None: the finding is withheld, and ``sentence`` says why. ``accepts`` counts the pool's units
    inside and ``expected_errors`` those likely bad; ``steps`` is the walk, the last may be the one that stopped it."""

    finding: str
    side: Side
    alpha: float
    delta: float
    threshold: float | None
    accepts: int
    expected_errors: float
    steps: tuple[Step, ...]
    sentence: str


def p_value(errors: int, reads: int, alpha: float) -> float:
    """P(Bin(reads, alpha) ≤ errors): small when so few errors would be odd at an error of alpha; 1 without reads."""
    return float(special.bdtr(errors, reads, alpha)) if reads else 1.0


def certify(
    finding: str, side: Side, reads: Reads, pool: Floats, alpha: float, delta: float, rng: np.random.Generator
) -> Certificate:
    """The laxest certified threshold for the pool's presences (N,): τ_pos, accepting from it up, or τ_neg, down.

    Raises InvalidInput unless 0 < α, δ < 1 and every inclusion probability is in (0, 1].
    """
    if not (0 < alpha < 1 and 0 < delta < 1):
        raise InvalidInput("The risk α and the doubt δ are between 0 and 1.")
    if not ((reads.probability > 0) & (reads.probability <= 1)).all():
        raise InvalidInput("A read that certifies needs its inclusion probability, above 0 and at most 1.")
    sign = 1.0 if side == "positive" else -1.0
    lots = rng.random(len(reads.bad))
    steps: list[Step] = []
    needed, passed = clean_reads_needed(alpha, delta), None
    for threshold in _strict_to_lax(sign * pool):
        step = _try(sign, threshold, reads, lots, alpha)
        if not steps and step.reads < needed:
            continue  # could not pass whatever was read: counts alone say so, and the walk has not begun
        steps.append(step)
        if step.p > delta:
            break
        passed = step
    inside = int((sign * pool >= sign * passed.threshold).sum()) if passed else 0
    expected = inside * passed.errors / passed.reads if passed else 0.0
    sentence = _sentence(finding, side, alpha, delta, needed, passed, steps)
    found = passed.threshold if passed else None
    return Certificate(finding, side, alpha, delta, found, inside, expected, tuple(steps), sentence)


def label_weight(p_bad: Floats) -> Floats:
    """Weight (1 − p̂_bad)·1[p̂_bad < .4] of labels that nobody read."""
    return np.where(p_bad < DOUBTFUL, 1 - p_bad, 0.0)


def read_weight(drawn: bool, blind: bool, miss_rate: float | None, p_bad: float) -> float:
    """Weight of a label that somebody read: 1 when drawn or accepted blind; accepted with the mask shown, 1 − the
    share of planted errors that this reader misses. With it unknown, the read adds nothing to the label's weight."""
    if drawn or blind:
        return 1.0
    return 1 - miss_rate if miss_rate is not None else float(label_weight(np.array(p_bad)))


def _strict_to_lax(presence: Floats) -> list[float]:
    """Thresholds at equal steps of the pool accepted, in the sign's order undone by the caller's comparison."""
    if not len(presence):
        return []
    levels = np.quantile(presence, 1 - np.arange(1, STEPS + 1) / STEPS, method="lower")
    return [float(abs(level)) for level in dict.fromkeys(levels.tolist())]


def _try(sign: float, threshold: float, reads: Reads, lots: Floats, alpha: float) -> Step:
    inside = sign * reads.presence >= sign * threshold
    least = reads.probability[inside].min(initial=1.0)
    kept = inside & (lots <= least / reads.probability)
    n, k = int(kept.sum()), int((kept & reads.bad).sum())
    return Step(threshold, n, int(inside.sum()) - n, k, p_value(k, n, alpha))


def _sentence(
    finding: str, side: Side, alpha: float, delta: float, needed: int, passed: Step | None, steps: list[Step]
) -> str:
    if passed:
        return (
            f"{finding}, {side}: {passed.errors} of {passed.reads} reads bad at τ = {passed.threshold:.3f}; "
            f"error ≤ {alpha:.0%} with {1 - delta:.0%} confidence (p = {passed.p:.3f})."
        )
    why = (
        f"{steps[0].errors} of {steps[0].reads} reads bad at the strictest threshold"
        if steps
        else f"fewer than {needed} reads after thinning"
    )
    return (
        f"{finding}, {side}: {why}; no threshold is certified at α = {alpha:.0%}, so it is withheld. Read more of it."
    )
