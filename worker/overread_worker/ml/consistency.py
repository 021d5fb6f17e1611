"""What pool films teach without a label: what is said of a weak view must hold for a strong one.

Whoever labels looks at the weak view as it would label, without noise and without a gradient; the student looks at the
strong view in training behaviour. Presence and masks weigh as in the supervised loss. Where the recipe keeps a head for
pseudo labels (DST), that head is the student's, since what the pool is told are pseudo labels too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from overread.domain.learning.recipe import Recipe
from overread_worker.ml.loader import PoolBatch
from overread_worker.ml.losses import soft_dice, weighted
from overread_worker.ml.network import as_it_labels

TEMPERATURE = 0.4  # τ by which UDA sharpens what is told of images (Xie et al., 2020)
ARITHMETIC = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


@dataclass(frozen=True)
class Told:
    """What the labelling side says of films: masks (M, F, H, W) and presence (M, F), float32 probabilities."""

    masks: Tensor
    presence: Tensor


def pool_loss(recipe: Recipe, network: nn.Module, average: AveragedModel | None, batch: PoolBatch) -> Tensor:
    """The pool's part of a step's loss by ``recipe.pool.method``, a scalar before the pool's weight.

    ``network`` learns, and labels as well unless the method is mean_teacher: then ``average`` does. A piece of a
    mini-batch that got no pool film adds 0.
    """
    if not len(batch.weak):
        return batch.weak.sum()
    teacher = average if average is not None and recipe.pool.method == "mean_teacher" else network
    return METHODS[recipe.pool.method](recipe, network, batch, tell(recipe, teacher, batch.weak))


def mean_teacher(recipe: Recipe, network: nn.Module, batch: PoolBatch, told: Told) -> Tensor:
    """Mean Teacher (Tarvainen & Valpola, 2017, section 2): the squared difference of probabilities, the mean over all
    pixels and presences; whoever is unsure teaches as well."""
    masks, presence = _student(recipe, network, batch.strong[0])
    return weighted(recipe, F.mse_loss(presence.sigmoid(), told.presence), F.mse_loss(masks.sigmoid(), told.masks))


def uda(recipe: Recipe, network: nn.Module, batch: PoolBatch, told: Told) -> Tensor:
    """UDA (Xie et al., 2020, section 2, with its sharpening and confidence masking), of pixels and presences."""
    masks, presence = _student(recipe, network, batch.strong[0])
    return told_cross_entropy(recipe, masks, presence, told)


def unimatch(recipe: Recipe, network: nn.Module, batch: PoolBatch, told: Told) -> Tensor:
    """UniMatch (Yang et al., 2023; definitions, 9): ¼ of each strong view with CutMix, ½ of the weak one with features
    dropped. The caller adds L_x with weight 1, so the proportions are those of ½[L_x + ¼L_s1 + ¼L_s2 + ½L_fp]."""
    mixed = torch.cat([cut_mix(view, box) for view, box in zip(batch.strong, batch.cut, strict=True)])
    masks, presence = (part.chunk(2) for part in _student(recipe, network, mixed))
    first = _match(recipe, masks[0], presence[0], told, batch.cut[0])
    second = _match(recipe, masks[1], presence[1], told, batch.cut[1])
    perturbed = _match(recipe, *_student(recipe, network, batch.weak, perturb=True), told, None)
    return first / 4 + second / 4 + perturbed / 2


METHODS: dict[str, Callable[[Recipe, nn.Module, PoolBatch, Told], Tensor]] = {
    "mean_teacher": mean_teacher,
    "uda": uda,
    "unimatch": unimatch,
}


def tell(recipe: Recipe, teacher: nn.Module, films: Tensor) -> Told:
    """What ``teacher`` says of films (M, 1, S, S), as it would label them."""
    masks, presence = without_noise(recipe, teacher, films)
    return Told(masks.sigmoid(), presence.sigmoid())


def without_noise(recipe: Recipe, network: nn.Module, films: Tensor) -> tuple[Tensor, Tensor]:
    """Mask and presence logits, float32, of films (M, 1, S, S): as it labels and without a gradient, so
    that BatchNorm's statistics stay as they are."""
    kind = ARITHMETIC.get(recipe.precision)  # Fabric sees to it for what it wrapped; an averaged network it did not
    cast = torch.autocast(films.device.type, dtype=kind, enabled=kind is not None)
    with as_it_labels(network), torch.no_grad(), cast:
        masks, presence = network(films)
    return masks.float(), presence.float()


def confident(probability: Tensor, level: float) -> Tensor:
    """Where max(p, 1 − p) reaches ``level``, bool."""
    return (probability >= level) | (1 - probability >= level)


def told_cross_entropy(recipe: Recipe, masks: Tensor, presence: Tensor, told: Told) -> Tensor:
    """UDA's loss of logits (M, F, H, W) and (M, F): cross-entropy against the sharpened probabilities where these are
    confident, 0 elsewhere, the mean over all: the fewer are sure, the less the pool says."""
    level = recipe.pool.confidence

    def entropy(logits: Tensor, said: Tensor) -> Tensor:
        sharpened = (said.logit(eps=1e-6) / TEMPERATURE).sigmoid()
        each = F.binary_cross_entropy_with_logits(logits, sharpened, reduction="none")
        return (each * confident(said, level)).mean()

    return weighted(recipe, entropy(presence, told.presence), entropy(masks, told.masks))


def cut_mix(values: Tensor, box: Tensor) -> Tensor:
    """``values`` (M, C, H, W) with each row's box (M, H, W) filled from the next row, the last one's from the first
    (CutMix, Yun et al., 2019; a permutation within the batch, as UniMatch mixes)."""
    return torch.where(box[:, None], values.roll(-1, 0), values)


def _match(recipe: Recipe, masks: Tensor, presence: Tensor, told: Told, box: Tensor | None) -> Tensor:
    """One stream of UniMatch against the hard pseudo label: Dice alone of confident pixels, cross-entropy of presence.

    A finding whose confident pixels are all empty is kept: its Dice, 1 − 1/(Σp + 1), is finite, and its gradient over
    all logits sums to at most Σp/(Σp + 1)² ≤ ¼, of the order of a lesion's: it holds the student back from inventing
    lesions and cannot drown them.
    A film × finding without a confident pixel weighs nothing.

    Presence of a mixed film follows what of the two films can be seen: present where a confident lesion pixel shows
    whose film is confidently positive, absent where all films that show are confidently negative, otherwise silent.
    """
    level = recipe.pool.confidence
    pixels, films = told.masks, told.presence[:, :, None, None].expand_as(told.masks)
    if box is not None:
        pixels, films = cut_mix(pixels, box), cut_mix(films, box)
    dice = soft_dice(masks, (pixels >= 0.5).float(), confident(pixels, level).float())
    present = ((films >= level) & (pixels >= level)).flatten(2).any(dim=2)
    absent = (1 - films >= level).flatten(2).all(dim=2)
    entropy = F.binary_cross_entropy_with_logits(presence, present.float(), reduction="none")
    return weighted(recipe, (entropy * (present | absent)).mean(), dice)


def _student(recipe: Recipe, network: nn.Module, films: Tensor, *, perturb: bool = False) -> tuple[Tensor, Tensor]:
    """Mask and presence logits, float32, of films in training behaviour, from the head that pseudo labels teach."""
    # One column spreads over all findings: every target of a pool film is a machine's.
    machine = torch.ones(len(films), 1, dtype=torch.bool, device=films.device) if recipe.pseudo.own_head else None
    masks, presence = network(films, machine, perturb=perturb)
    return masks.float(), presence.float()
