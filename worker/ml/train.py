"""Training: one network on one frozen training set, an epoch at a time, resumable after any of them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from backend.domain.ensemble import member_presence
from backend.domain.errors import InvalidInput
from backend.domain.metrics import FindingScores, best_level, evaluate, macro
from backend.domain.recipe import Recipe
from worker.ml.augment import Augmenter
from worker.ml.checkpoint import load_state, save_network, save_state
from worker.ml.dataset import Cache, TrainingItem, build_cache, unpack
from worker.ml.network import build, count_parameters
from worker.ml.predict import to_tensor

LOOKS = 8  # development images are scored this often in a training: often enough for a curve, cheap enough for a CPU


@dataclass(frozen=True)
class EpochReport:
    """What a finished epoch says of itself; D-AUC and Dice (macro, development) only in epochs that looked."""

    epoch: int
    loss: float
    class_loss: float
    mask_loss: float
    learning_rate: float
    images_per_second: float
    truth_share: float
    d_auc: float | None
    dice: float | None


@dataclass(frozen=True)
class TrainResult:
    """The checkpoint (safetensors), its size in parameters, and the seconds that training took, resumes included."""

    checkpoint: Path
    parameters: int
    seconds: float


def train(
    recipe: Recipe,
    items: list[TrainingItem],
    development: list[TrainingItem],
    findings: list[str],
    folder: Path,
    on_epoch: Callable[[EpochReport], None],
) -> TrainResult:
    """Train the recipe's network. ``folder`` keeps the state after each epoch; a second call goes on from there.

    Raises InvalidInput without human truth to learn from, or when the loss is no longer a number.
    """
    fabric = Fabric(accelerator="auto", devices=1, precision=recipe.precision)  # type: ignore[arg-type]
    torch.manual_seed(recipe.seed)
    network = build(recipe, len(findings)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    parameters = count_parameters(network)
    network, optimizer = fabric.setup(network, torch.optim.Adam(network.parameters(), lr=recipe.learning_rate))
    data = build_cache(items, len(items), findings, recipe.size, folder / "training")
    held = build_cache(development, len(development), findings, recipe.size, folder / "development")
    state, started = folder / "state.safetensors", time.monotonic()
    first, spent = 0, 0.0
    if state.exists():
        last, spent = load_state(network, optimizer, state)
        first = last + 1
    look = max(1, recipe.epochs // LOOKS)
    for epoch in range(first, recipe.epochs):
        report = _train_epoch(fabric, network, optimizer, recipe, data, epoch)
        if (epoch + 1) % look == 0 or epoch + 1 == recipe.epochs:
            report = _look(fabric, network, held, findings, report)
        save_state(network, optimizer, epoch, spent + time.monotonic() - started, state)
        on_epoch(report)
    checkpoint = folder / "checkpoint.safetensors"
    save_network(network, recipe, findings, checkpoint)
    return TrainResult(checkpoint, parameters, spent + time.monotonic() - started)


def batches(human: NDArray[np.bool_], recipe: Recipe, epoch: int) -> Iterator[NDArray[np.int64]]:
    """Rows of each mini-batch of an epoch: one pass over human truth, its share kept, the rest pseudo-labelled."""
    rng = np.random.default_rng((recipe.seed, epoch))
    truth, pseudo = rng.permutation(np.flatnonzero(human)), np.flatnonzero(~human)
    if not len(truth):
        raise InvalidInput("The training set holds no human truth, so there is nothing to trust.")
    share = int(np.ceil(recipe.batch * recipe.truth_share)) if len(pseudo) else recipe.batch
    steps = -(-len(truth) // share)
    others = rng.permutation(np.resize(rng.permutation(pseudo), steps * (recipe.batch - share)))
    for step in range(steps):
        rows = truth[step * share : (step + 1) * share]
        extra = others[step * (recipe.batch - share) : (step + 1) * (recipe.batch - share)]
        yield np.concatenate([rows, extra])


def losses(mask_logits: Tensor, class_logits: Tensor, masks: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """(class, mask) loss; logits (N, F, H, W) and (N, F), masks like the former, weights (N, F), 0 for unknown.

    Mask: binary cross-entropy plus soft Dice over the batch, per finding. A weight scales all that its image × finding
    adds; an unknown one adds nothing, so its gradient is zero.
    """
    total = weights.sum().clamp_min(1e-6)
    present = masks.amax(dim=(2, 3))
    class_loss = (F.binary_cross_entropy_with_logits(class_logits, present, reduction="none") * weights).sum() / total
    pixel = F.binary_cross_entropy_with_logits(mask_logits, masks, reduction="none").mean(dim=(2, 3))
    spread = weights[:, :, None, None]
    p = mask_logits.sigmoid()
    overlap = (p * masks * spread).sum(dim=(0, 2, 3))
    size = ((p + masks) * spread).sum(dim=(0, 2, 3))
    dice = (1 - (2 * overlap + 1) / (size + 1)) * (weights.sum(dim=0) > 0)
    return class_loss, (pixel * weights).sum() / total + dice.sum() / (weights.sum(dim=0) > 0).sum().clamp_min(1)


def _train_epoch(
    fabric: Fabric, network: nn.Module, optimizer: torch.optim.Optimizer, recipe: Recipe, data: Cache, epoch: int
) -> EpochReport:
    network.train()
    torch.manual_seed(
        recipe.seed * 100_003 + epoch
    )  # dropout's seed hangs on the epoch alone: a resume changes nothing
    augment, started = Augmenter(recipe.augmentation, recipe.seed), time.monotonic()
    sums, images, truths, steps = np.zeros(3), 0, 0, 0
    for rows in batches(data.human, recipe, epoch):
        pairs = [augment(data.films[row], data.masks[row], epoch, int(row)) for row in rows]
        films = fabric.to_device(to_tensor(np.stack([film for film, _ in pairs]))).contiguous(
            memory_format=torch.channels_last
        )
        packed = np.stack([mask for _, mask in pairs])
        masks = fabric.to_device(torch.from_numpy(unpack(packed, data.weights.shape[1]).astype(np.float32)))
        weights = fabric.to_device(torch.from_numpy(data.weights[rows]))
        optimizer.zero_grad(set_to_none=True)
        mask_logits, class_logits = network(films)
        class_loss, mask_loss = losses(mask_logits.float(), class_logits.float(), masks, weights)
        loss = recipe.class_weight * class_loss + recipe.mask_weight * mask_loss
        if not torch.isfinite(loss):
            raise InvalidInput(f"The loss of {recipe.name} is no longer a number (epoch {epoch}). Lower learning_rate.")
        fabric.backward(loss)
        optimizer.step()
        sums += [loss.item(), class_loss.item(), mask_loss.item()]
        images, truths, steps = images + len(rows), truths + int(data.human[rows].sum()), steps + 1
    mean = [float(value) for value in sums / steps]
    rate = images / (time.monotonic() - started)
    return EpochReport(epoch, mean[0], mean[1], mean[2], recipe.learning_rate, rate, truths / images, None, None)


@torch.inference_mode()
def _look(fabric: Fabric, network: nn.Module, held: Cache, findings: list[str], report: EpochReport) -> EpochReport:
    """Add macro D-AUC and Dice on development images; None where there are none to score."""
    network.eval()
    scores = [FindingScores() for _ in findings]
    for row in range(len(held.films)):
        logits, presence = network(fabric.to_device(to_tensor(held.films[row : row + 1])))
        maps = logits.float().sigmoid().cpu().numpy()
        q = member_presence(maps, presence.float().sigmoid().cpu().numpy())[0]
        references = unpack(held.masks[row], len(findings))
        for f in np.flatnonzero(held.weights[row]):
            scores[f].add(np.rint(maps[0, f] * 255).astype(np.uint8), references[f], float(q[f]), held.patients[row])
    rng = np.random.default_rng(0)
    per_finding = {f: evaluate(s, best_level(s), rng, resamples=1) for f, s in zip(findings, scores, strict=True)}
    means = macro(per_finding)
    return EpochReport(**{**report.__dict__, "d_auc": means["d_auc"], "dice": means["dice"]})
