"""Thresholds with a guarantee, by Learn-then-Test from several starts, and weights below them (definitions: section 5).

Each threshold asks whether the error among what it accepts could exceed α, by the sequential test of ``sequential``:
among the labels inside, those that were drawn come in random order. Thresholds are tried from strict to lax; a walk
goes on while H0 falls, so that the first threshold of a walk that is truly too lax is accepted with a probability of at
most the walk's doubt (Angelopoulos et al., 2021: fixed sequence testing). STARTS walks begin at a strict, a middle and
the laxest region, with δ/STARTS each: an early error that stops the strictest then withholds nothing. Where they begin
is settled by the counts of the draw, and stays there when more is read: so one may ask again. The laxest threshold that
some walk accepted is certified.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.sampling.sequential import Question, most_errors, refuted
from overread.domain.words import Side

Floats = NDArray[np.float64]
STEPS = 40  # regions tried: more would only add chances to stop by bad luck
STARTS = 3
DOUBTFUL = 0.4  # predicted badness from which a label has no weight


@dataclass(frozen=True)
class Reads:
    """MEASURE labels of one finding and side in the drawn order, (n,) each: presence q, and whether the label is bad (a
    wrong mask; for negatives a missed lesion), could not be told, or was not read: each counts as bad. The first
    ``drawn`` of them came with the audit's draw (None: all), the others were asked for later."""

    presence: Floats
    bad: NDArray[np.bool_]
    drawn: int | None = None


@dataclass(frozen=True)
class Step:
    """One threshold tried in the walk number ``start``: drawn labels inside, bad ones, and whether H0 fell."""

    threshold: float
    reads: int
    errors: int
    passed: bool
    start: int


@dataclass(frozen=True)
class Certificate:
    """``threshold`` None: the finding is withheld, and ``sentence`` says why. ``accepts`` counts the labels inside that
    nobody had read, and ``expected_errors`` those likely bad; ``steps`` are the walks."""

    finding: str
    side: Side
    alpha: float
    delta: float
    threshold: float | None
    accepts: int
    expected_errors: float
    steps: tuple[Step, ...]
    sentence: str


@dataclass(frozen=True)
class Accepted:
    """What a threshold lets in: labels, pixels of their masks, and labels by source."""

    labels: int
    pixels: int
    sources: dict[str, int]


@dataclass(frozen=True)
class Proposed:
    """A certificate as it would be, and what it would accept of the pool; ``decided`` labels are there by hand."""

    certificate: Certificate
    accepted: Accepted
    decided: int


@dataclass(frozen=True)
class Evidence(Proposed):
    """What a confirmed certificate rests on: of which iteration's labels, and whether α and δ are the declared ones."""

    iteration: int
    labelling: int | None
    declared: bool


def certify(finding: str, side: Side, reads: Reads, pool: Floats, alpha: float, delta: float) -> Certificate:
    """The laxest certified threshold for the presences (N,) of labels that nobody had read: τ_pos, accepting from it
    up, or τ_neg, down. Raises InvalidInput unless 0 < α, δ < 1."""
    if not (0 < alpha < 1 and 0 < delta < 1):
        raise InvalidInput("The risk α and the doubt δ are between 0 and 1.")
    sign = 1.0 if side == "positive" else -1.0
    thresholds = _strict_to_lax(sign * pool)
    regions = [sign * reads.presence >= sign * threshold for threshold in thresholds]
    sizes = [int((sign * pool >= sign * threshold).sum()) for threshold in thresholds]
    steps: list[Step] = []
    for number, first in enumerate(_starts([inside[: reads.drawn] for inside in regions], sizes, alpha, delta)):
        for at in range(first, len(thresholds)):
            wrong = reads.bad[regions[at]]
            passed = refuted(Question(sizes[at], alpha, delta / STARTS), wrong)
            steps.append(Step(thresholds[at], len(wrong), int(wrong.sum()), passed, number))
            if not passed:
                break
    accepted = [step for step in steps if step.passed]
    laxest = max(accepted, key=lambda step: thresholds.index(step.threshold)) if accepted else None
    inside = sizes[thresholds.index(laxest.threshold)] if laxest else 0
    expected = inside * laxest.errors / laxest.reads if laxest else 0.0
    sentence = _sentence(finding, side, alpha, delta, laxest, steps)
    found = laxest.threshold if laxest else None
    return Certificate(finding, side, alpha, delta, found, inside, expected, tuple(steps), sentence)


def _starts(regions: list[NDArray[np.bool_]], sizes: list[int], alpha: float, delta: float) -> list[int]:
    """Where the walks begin: the strictest region that could pass if all its reads were clean, the laxest, and half
    way; told by counts alone. Empty where not even the laxest could."""
    able = [
        at
        for at, (inside, size) in enumerate(zip(regions, sizes, strict=True))
        if (most_errors(Question(size, alpha, delta / STARTS), int(inside.sum())) >= 0).any()
    ]
    if not able:
        return []
    last = len(regions) - 1
    return list(dict.fromkeys((able[0], (able[0] + last) // 2, last)))


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


def _sentence(finding: str, side: Side, alpha: float, delta: float, laxest: Step | None, steps: list[Step]) -> str:
    if laxest:
        return (
            f"{finding}, {side}: {laxest.errors} of {laxest.reads} reads called wrong, mask shown, at "
            f"τ = {laxest.threshold:.3f}; error ≤ {alpha:.0%} with {1 - delta:.0%} confidence, for this finding, side "
            "and audit."
        )
    best = min(steps, key=lambda step: step.errors / max(step.reads, 1)) if steps else None
    why = f"{best.errors} of {best.reads} reads called wrong where it went best" if best else "too few reads"
    return (
        f"{finding}, {side}: {why}; no threshold is certified at α = {alpha:.0%}, so it is withheld. Read more of it."
    )
