"""Scores of a network in training on development films, case by case."""

from dataclasses import dataclass

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from overread.domain.imaging.metrics import FindingScores, best_level, summarise
from overread.domain.learning.ensemble import member_presence
from overread_worker.ml.dataset import Cache, unpack
from overread_worker.ml.predict import to_tensor
from overread_worker.ml.scores import keep, measure

BATCH = 16


@dataclass(frozen=True)
class Look:
    """Macro D-AUC and Dice*, None without films to score; ``cases`` is each film's mean Dice at t* over the findings
    it has, NaN for a film without any."""

    d_auc: float | None
    dice: float | None
    cases: list[float]


@torch.inference_mode()
def look(fabric: Fabric, network: nn.Module, held: Cache, findings: list[str]) -> Look:
    """Score ``network`` (as it would be published) on every development film."""
    was_training = network.training
    network.eval()
    scores = [FindingScores() for _ in findings]
    of_film: list[list[tuple[int, int]]] = [[] for _ in held.films]
    for start in range(0, len(held.films), BATCH):
        rows = slice(start, start + BATCH)
        with fabric.autocast():
            logits, presence = network(fabric.to_device(to_tensor(held.films[rows])))
        maps = logits.float().sigmoid().cpu().numpy()
        q = member_presence(maps, presence.float().sigmoid().cpu().numpy())
        stored, references = np.rint(maps * 255).astype(np.uint8), unpack(held.masks[rows], len(findings))
        for n, f in np.argwhere(held.weights[rows] > 0):
            own = scores[f]
            if references[n, f].any():
                of_film[start + n].append((int(f), len(own.curves)))
            keep(own, measure(stored[n, f], references[n, f]), float(q[n, f]), held.patients[start + n])
    network.train(was_training)
    levels = [best_level(own) for own in scores]
    mean = summarise(scores, levels, findings, resamples=1).macro
    cases = [[scores[f].curves[k][levels[f]] for f, k in has] for has in of_film]
    return Look(mean.d_auc, mean.dice, [float(np.mean(one)) if one else float("nan") for one in cases])
