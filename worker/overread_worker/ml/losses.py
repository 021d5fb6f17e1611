"""Losses of masks and presences, per image × finding: weighted, and silent where a finding is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe

BOOTSTRAP = 0.95  # β of Reed et al. (2015), eq. 7: the label's share of a soft target
Q = 0.7  # q of Zhang & Sabuncu (2018), eq. 6
Value = TypeVar("Value", Tensor, float)


@dataclass(frozen=True)
class Targets:
    """Masks (N, F, H, W) in [0, 1], presence (N, F), weights (N, F) with 0 for unknown, machine (N, F) bool: a machine
    made this target."""

    masks: Tensor
    presence: Tensor
    weights: Tensor
    machine: Tensor


@dataclass(frozen=True)
class Losses(Generic[Value]):
    """``loss`` is what a step descends, as scalars or as numbers to report; then its parts: of presences, of masks, and
    of pool films where they teach by themselves."""

    loss: Value
    class_loss: Value
    mask_loss: Value
    pool_loss: Value | None = None


def as_numbers(losses: Losses[Tensor]) -> Losses[float]:
    """The same as plain numbers."""
    pool = None if losses.pool_loss is None else losses.pool_loss.item()
    return Losses(losses.loss.item(), losses.class_loss.item(), losses.mask_loss.item(), pool)


def mean_of(losses: Sequence[Losses[float]]) -> Losses[float]:
    """The mean of each part; of pool films None where none taught, else over all, as if they taught 0 elsewhere."""
    count = len(losses)
    pool = [one.pool_loss for one in losses if one.pool_loss is not None]
    return Losses(
        sum(one.loss for one in losses) / count,
        sum(one.class_loss for one in losses) / count,
        sum(one.mask_loss for one in losses) / count,
        sum(pool) / count if pool else None,
    )


def supervised(recipe: Recipe, mask_logits: Tensor, presence_logits: Tensor, targets: Targets) -> Losses[Tensor]:
    """The loss of labelled films.

    Mask: binary cross-entropy plus soft Dice over the batch, per finding. A weight scales all that its image × finding
    adds; an unknown one adds nothing, so its gradient is zero. Where the recipe lets a machine teach the contour alone,
    its targets add nothing to the loss of presences.
    """
    total = targets.weights.sum().clamp_min(1e-6)
    told = targets.weights * ~targets.machine if recipe.pseudo.teaches == "contour" else targets.weights
    presence = _per_item(recipe, presence_logits, targets.presence, targets.machine)
    pixel = _per_item(recipe, mask_logits, targets.masks, targets.machine[:, :, None, None]).mean(dim=(2, 3))
    class_loss = (presence * told).sum() / told.sum().clamp_min(1e-6)
    mask_loss = (pixel * targets.weights).sum() / total + soft_dice(mask_logits, targets.masks, targets.weights)
    return Losses(weighted(recipe, class_loss, mask_loss), class_loss, mask_loss)


def weighted(recipe: Recipe, class_loss: Tensor, mask_loss: Tensor) -> Tensor:
    """One loss of two: the study's 0.3 : 0.7, or what the recipe says."""
    return recipe.class_weight * class_loss + recipe.mask_weight * mask_loss


def soft_dice(mask_logits: Tensor, masks: Tensor, weights: Tensor) -> Tensor:
    """1 − soft Dice over the batch, the mean of the findings that weigh anything; weights (N, F) or (N, F, H, W)."""
    spread = weights if weights.ndim == 4 else weights[:, :, None, None]
    p = mask_logits.sigmoid()
    overlap = (p * masks * spread).sum(dim=(0, 2, 3))
    size = ((p + masks) * spread).sum(dim=(0, 2, 3))
    counts = spread.sum(dim=(0, 2, 3)) > 0
    return ((1 - (2 * overlap + 1) / (size + 1)) * counts).sum() / counts.sum().clamp_min(1)


def refuse_nan(recipe: Recipe, loss: Tensor) -> None:
    """Raise InvalidInput for a loss that is no number: such a network is never published."""
    if not torch.isfinite(loss):
        raise InvalidInput(f"The loss of {recipe.name} is no longer a number. Lower learning_rate, or clip gradients.")


def refuse_nan_weights(recipe: Recipe, network: nn.Module) -> None:
    """The same for a network whose last step went astray: no loss has looked at it since."""
    if not all(bool(torch.isfinite(value).all()) for value in network.state_dict().values()):
        raise InvalidInput(f"A weight of {recipe.name} is no longer a number. Lower learning_rate, or clip gradients.")


def _per_item(recipe: Recipe, logits: Tensor, labels: Tensor, machine: Tensor) -> Tensor:
    """Cross-entropy of truth; for what a machine labelled, the recipe's robust loss."""
    plain = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    robust = recipe.pseudo.robust
    if robust == "none" or not machine.any():
        return plain
    p = logits.sigmoid()
    if robust == "bootstrap":
        soft = BOOTSTRAP * labels + (1 - BOOTSTRAP) * p.detach()
        other = F.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    else:
        likelihood = (labels * p + (1 - labels) * (1 - p)).clamp(1e-6, 1)
        other = (1 - likelihood**Q) / Q
    return torch.where(machine, other, plain)
