"""The weighted-soft ensemble on the device. ``learning.ensemble`` says what it is; tests hold this to it.

K members, any leading shape (films, findings), then height, width; float32 in and out.
"""

from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from overread.domain.learning.ensemble import EPS, FLOOR, Form


def member_presence(maps: Tensor, classifier: Tensor) -> Tensor:
    """q = ½·classifier + ½·max P per member: maps (K, …, H, W) in [0, 1], classifier (K, …)."""
    return (classifier + maps.amax(dim=(-2, -1))) / 2


def combine(maps: Tensor, classifier: Tensor, form: Form) -> tuple[Tensor, Tensor]:
    """The ensemble's map (…, H, W) and the members' normalised weights (K, …): definitions, section 2.

    Members are taken in one after the other, so that beside the maps themselves only two of a member's size live.
    """
    q = member_presence(maps, classifier)
    if form == "soft":
        return maps.mean(dim=0), torch.full_like(q, 1 / len(q))
    confidence = (2 * q - 1).abs() if form == "symmetric" else q
    raw = confidence + FLOOR if form == "symmetric" else q + EPS
    weights = raw / raw.sum(dim=0)
    power = torch.exp2(2 * confidence - 1)
    together = torch.zeros_like(maps[0])
    for own, share, a in zip(maps, weights, power, strict=True):
        # pᵃ / (pᵃ + (1−p)ᵃ) = σ(a · logit p): one power less, and exact near 0 and 1
        sharp = own.clamp(EPS, 1 - EPS).logit_().mul_(a[..., None, None]).sigmoid_()
        together += sharp.mul_(share[..., None, None])
    return together, weights


def ensemble_presence(combined: Tensor, classifier: Tensor) -> Tensor:
    """q̄ = ½·mean classifier + ½·max P̄ (definitions: section 3)."""
    return (classifier.mean(dim=0) + combined.amax(dim=(-2, -1))) / 2


def dice(a: Tensor, b: Tensor) -> Tensor:
    """Dice of masks (…, H, W) bool, image by image; two empty ones agree, hence 1."""
    both = (a & b).sum(dim=(-2, -1))
    total = a.sum(dim=(-2, -1)) + b.sum(dim=(-2, -1))
    return torch.where(total > 0, 2 * both / total.clamp_min(1), 1.0)


def marked(maps: Tensor, tau: float) -> Tensor:
    """Where maps (…, H, W) reach ``tau``: float32, 1 and 0. Whatever is counted of masks is counted in floats, exact up
    to 2²⁴ pixels: to make booleans takes four times as long, to multiply or add them up ten times."""
    return torch.ge(maps, tau, out=torch.empty_like(maps))


def sharpness(maps: Tensor, masks: Tensor) -> Tensor:
    """Soft Dice confidence (Borges et al., 2024) of maps (…, H, W) with their own masks, 0…1; 1 without a mask."""
    both = (maps * masks).sum(dim=(-2, -1))
    area = masks.sum(dim=(-2, -1))
    return torch.where(area > 0, 2 * both / (maps.sum(dim=(-2, -1)) + area).clamp_min(1), 1.0)


def pairwise_dice(masks: Tensor) -> Tensor:
    """Mean Dice over pairs of members' masks (K, …, H, W); a single member agrees with itself. Floats as ``marked``
    gives them are quickest."""
    if len(masks) == 1:
        return torch.ones(masks.shape[1:-2], device=masks.device)
    flat = masks.flatten(-2).float()
    area, found = flat.sum(dim=-1), []
    for one, other in combinations(range(len(masks)), 2):
        both, total = (flat[one] * flat[other]).sum(dim=-1), area[one] + area[other]
        found.append(torch.where(total > 0, 2 * both / total.clamp_min(1), 1.0))
    return torch.stack(found, dim=-1).mean(dim=-1)


def variance(maps: Tensor) -> Tensor:
    """The members' variance at a pixel, the mean over the pixels of a map; 0 for a single member.

    Member by member: torch's own variance over the first of many dimensions takes as long as a small network.
    """
    mean = maps.mean(dim=0)
    return torch.stack([(own - mean).square_().mean(dim=(-2, -1)) for own in maps]).mean(dim=0)


def to_bytes(maps: Tensor) -> Tensor:
    """Probabilities in [0, 1] as stored: uint8, 0…255."""
    levels = (maps * 255).round_()
    if levels.device.type == "cpu":  # NumPy's cast takes a quarter of the time of PyTorch's
        return torch.from_numpy(levels.numpy().astype(np.uint8))
    return levels.to(torch.uint8)
