"""What a network in training says of the development films, and its scores, case by case."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from overread.domain.imaging.metrics import FindingScores, best_level, macro, summarise
from overread.domain.learning.ensemble import member_presence
from overread_worker.ml.dataset import Cache, unpack
from overread_worker.ml.network import as_it_labels
from overread_worker.ml.predict import to_tensor
from overread_worker.ml.scores import keep, measure

BATCH = 16
FEWEST = 5  # patients with a finding, and without: of fewer, one film moves D-AUC by a tenth and more
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """Macro D-AUC and Dice*, None without films to score; ``judged`` is the mean of D-AUC over the findings that
    ``FEWEST`` patients or more have and as many have not, None without such a finding; ``cases`` is each film's mean
    Dice at t* over the findings it has, NaN for a film without any."""

    d_auc: float | None
    dice: float | None
    judged: float | None
    cases: list[float]


@torch.inference_mode()
def answers(fabric: Fabric, network: nn.Module, films: Bytes) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """What a network in training says of films (N, S, S) uint8, in batches: their rows, mask and presence logits,
    float32."""
    with as_it_labels(network):
        for start in range(0, len(films), BATCH):
            rows = slice(start, start + BATCH)
            with fabric.autocast():
                masks, presence = network(fabric.to_device(to_tensor(films[rows])))
            yield rows, masks.float(), presence.float()


def look(fabric: Fabric, network: nn.Module, held: Cache) -> Look:
    """Score ``network`` (as it would be published) on every development film."""
    scores = [FindingScores() for _ in range(held.findings)]
    of_film: list[list[tuple[int, int]]] = [[] for _ in held.films]
    for rows, masks, presence in answers(fabric, network, held.films):
        maps = masks.sigmoid().cpu().numpy()
        q = member_presence(maps, presence.sigmoid().cpu().numpy())
        stored, references = np.rint(maps * 255).astype(np.uint8), unpack(held.masks[rows], held.findings)
        for n, f in np.argwhere(held.weights[rows] > 0):
            own, film = scores[f], rows.start + n
            if references[n, f].any():
                of_film[film].append((int(f), len(own.curves)))
            keep(own, measure(stored[n, f], references[n, f]), float(q[n, f]), held.patients[film])
    levels = [best_level(own) for own in scores]
    found = summarise(scores, levels, [str(f) for f in range(held.findings)], resamples=1)
    judged = macro({f: found.per_finding[f] for f, own in zip(found.per_finding, scores, strict=True) if _enough(own)})
    cases = [[scores[f].curves[k][levels[f]] for f, k in has] for has in of_film]
    means = [float(np.mean(one)) if one else float("nan") for one in cases]
    return Look(found.macro.d_auc, found.macro.dice, judged.d_auc, means)


def _enough(scores: FindingScores) -> bool:
    """Whether a finding's films are enough to tell an epoch from another by."""
    return min(len(set(scores.positive_patients)), len(set(scores.negative_patients))) >= FEWEST
