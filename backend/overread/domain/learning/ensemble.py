"""The weighted-soft ensemble (definitions: section 2) on arrays; K members, any leading shape, then height, width."""

from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.masks import dice

Floats = NDArray[np.floating]
Form = Literal["soft", "literal", "symmetric"]
FORMS: tuple[Form, ...] = ("soft", "literal", "symmetric")
FLOOR = 0.05  # the weight that a member in full doubt keeps
EPS = 1e-6


def member_presence(maps: Floats, classifier: Floats) -> Floats:
    """q = ½·classifier + ½·max P per member: maps (K, …, H, W) in [0, 1], classifier (K, …)."""
    return np.asarray((classifier + maps.max(axis=(-2, -1))) / 2)


def sharpen(maps: Floats, power: Floats) -> Floats:
    """σ(a · logit P) = pᵃ / (pᵃ + (1−p)ᵃ), with ``power`` a broadcast against the maps."""
    p = np.clip(maps, EPS, 1 - EPS)
    up, down = p**power, (1 - p) ** power
    return up / (up + down)


def combine(maps: Floats, classifier: Floats, form: Form) -> tuple[Floats, Floats]:
    """The ensemble's map (…, H, W) and the members' normalised weights (K, …).

    soft: the plain mean. symmetric: sure members (d = |2q−1|) sharper and heavier. literal: the study's, d = q, which
    favours members that say yes. A linear pool: in a logit pool one blind member could veto.
    """
    q = member_presence(maps, classifier)
    if form == "soft":
        weights = np.full_like(q, 1 / len(q))
        return maps.mean(axis=0), weights
    confidence = np.abs(2 * q - 1) if form == "symmetric" else q
    raw = confidence + FLOOR if form == "symmetric" else q + EPS
    weights = raw / raw.sum(axis=0)
    power = 2.0 ** (2 * confidence - 1)
    sharp = sharpen(maps, power[..., None, None])
    return (weights[..., None, None] * sharp).sum(axis=0), weights


def ensemble_presence(combined: Floats, classifier: Floats) -> Floats:
    """q̄ = ½·mean classifier + ½·max P̄ (definitions: section 3)."""
    return np.asarray((classifier.mean(axis=0) + combined.max(axis=(-2, -1))) / 2)


def pairwise_dice(masks: NDArray[np.bool_]) -> float:
    """Mean Dice over pairs of members' masks (K, H, W): the best cheap predictor of a bad mask.

    Two empty masks agree, hence count 1; a single member agrees with itself.
    """
    values = [dice(masks[i], masks[j]) for i, j in combinations(range(len(masks)), 2)]
    return float(np.mean([1.0 if value is None else value for value in values])) if values else 1.0


def variance(maps: Floats) -> Floats:
    """The members' variance at a pixel (K, …, H, W), the mean over the pixels of a map; 0 for a single member."""
    return np.asarray(maps.var(axis=0).mean(axis=(-2, -1)))
