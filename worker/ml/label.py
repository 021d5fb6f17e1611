"""Pseudo labels for films of the pool: members → ensemble → presence, decision, mask, agreement, stability, risk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.domain.films import HEADER
from backend.domain.recipe import Recipe
from backend.domain.selection import Decision, decide, risk_of
from worker.ml.dataset import read_film
from worker.ml.ensemble import combine, dice, ensemble_presence, member_presence, pairwise_dice, to_bytes, variance
from worker.ml.pipeline import pipelined
from worker.ml.predict import Members


@dataclass(frozen=True)
class FindingLabel:
    """One finding's pseudo label; ``mask`` is bool at the film's size, None for a negative decision.

    ``agreement`` is the members' mean pairwise Dice, ``variance`` theirs at a pixel (the mean over the map),
    ``stability`` the mean Dice of earlier checkpoints' masks with the ensemble's, None without earlier checkpoints.
    """

    finding: str
    decision: Decision
    presence: float
    agreement: float
    variance: float
    stability: float | None
    risk: float
    weight: float
    mask: NDArray[np.bool_] | None


@dataclass(frozen=True)
class FilmLabels:
    """One film: maps uint8 (F, S, S); by finding each member's presence; a label a finding."""

    image_id: int
    maps: NDArray[np.uint8]
    members: dict[str, list[float]]
    labels: list[FindingLabel]


@dataclass(frozen=True)
class Opinion:
    """What the device says of one film: maps uint8 (F, S, S); presence, agreement, variance and stability (F,);
    each member's presence (K, F)."""

    maps: NDArray[np.uint8]
    presence: NDArray[np.float32]
    members: NDArray[np.float32]
    agreement: NDArray[np.float32]
    variance: NDArray[np.float32]
    stability: NDArray[np.float32] | None


def label(
    films: Iterable[tuple[int, Path]],
    checkpoints: Sequence[Path],
    recipe: Recipe,
    findings: list[str],
    snapshots: Sequence[Sequence[Path]] = (),
) -> Iterator[FilmLabels]:
    """Label films (id, path), in their order; a few batches are in memory, however many films there are.

    The recipe gives map size, ensemble form, calibration and thresholds. ``snapshots`` are each teacher's earlier
    checkpoints, teacher by teacher; they vote on stability alone, at their teacher's temperature.
    """
    teachers = Members(checkpoints, findings, recipe)
    earlier = [path for own in snapshots for path in own]
    at = [t for own, t in zip(snapshots, teachers.temperatures, strict=False) for _ in own]
    voters = Members(earlier, findings, recipe, at) if earlier else None
    return pipelined(
        films,
        lambda film: read_film(film[1], recipe.size),
        lambda batch: opinions(teachers, voters, np.stack(batch), recipe),
        lambda film, opinion: _film_labels(*film, opinion, recipe, findings),
    )


@torch.inference_mode()
def opinions(teachers: Members, voters: Members | None, films: NDArray[np.uint8], recipe: Recipe) -> list[Opinion]:
    """Films (N, S, S) uint8 → the ensemble's opinion of each. Everything stays on the device until it is 8-bit maps.

    Stability reads ST++ (Yang et al., 2022, eq. 3: the sum over earlier checkpoints of a mask's mean IoU with the last
    one's) per finding, as a mean instead of a sum so that it lies in [0, 1], in Dice, and against the ensemble: its
    mask is what would teach. Two empty masks agree.
    """
    maps, classifier = teachers.predict(films)
    tau = recipe.labelling.tau_mask
    combined, _ = combine(maps, classifier, recipe.labelling.ensemble)
    stored = to_bytes(combined).cpu().numpy()
    presence = ensemble_presence(combined, classifier).cpu().numpy()
    members = member_presence(maps, classifier).cpu().numpy()
    agreement, spread = pairwise_dice(maps >= tau).cpu().numpy(), variance(maps).cpu().numpy()
    stability = None if voters is None else _stability(voters, films, combined >= tau, tau).cpu().numpy()
    return [
        Opinion(
            stored[n],
            presence[n],
            members[:, n],
            agreement[n],
            spread[n],
            None if stability is None else stability[n],
        )
        for n in range(len(films))
    ]


def _stability(voters: Members, films: NDArray[np.uint8], final: Tensor, tau: float) -> Tensor:
    return torch.stack([dice(maps >= tau, final) for maps, _ in voters.each(films)]).mean(dim=0)


def film_mask(
    probability: NDArray[np.uint8], height: int, width: int, tau_mask: float, min_area: int
) -> NDArray[np.bool_]:
    """A stored map's mask at the film's size: the map resized bilinearly (pixel centres aligned), then cut at
    round(255·tau_mask). The reading room's slider does the same. ``min_area`` counts pixels of the map.

    The same as ``selection.pseudo_mask`` of the resized map; OpenCV's components leave other threads running.
    """
    scale = height * width / probability.size
    big = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
    cut = big >= round(255 * tau_mask)
    # Components lie in the box of what is marked: a lesion's is a tenth of a film.
    left, top, across, down = cv2.boundingRect(cut.view(np.uint8))
    marked = cut[top : top + down, left : left + across]
    if marked.size:
        _, labels, statistics, _ = cv2.connectedComponentsWithStats(marked.view(np.uint8), connectivity=8)
        keep = statistics[:, cv2.CC_STAT_AREA] >= round(min_area * scale)
        if not keep[1:].all():
            marked &= keep[labels]
    return cut


def _film_labels(image_id: int, path: Path, opinion: Opinion, recipe: Recipe, findings: list[str]) -> FilmLabels:
    shape = _film_size(path)
    labels = [_label_finding(finding, f, opinion, shape, recipe) for f, finding in enumerate(findings)]
    members = {finding: [round(float(q), 4) for q in opinion.members[:, f]] for f, finding in enumerate(findings)}
    return FilmLabels(image_id, opinion.maps, members, labels)


def _label_finding(finding: str, f: int, opinion: Opinion, shape: tuple[int, int], recipe: Recipe) -> FindingLabel:
    settings = recipe.labelling
    tau_neg, tau_pos = settings.thresholds(finding)
    presence, agreement = float(opinion.presence[f]), float(opinion.agreement[f])
    decision = decide(presence, tau_pos, tau_neg)
    mask = None
    if decision != "negative":
        mask = film_mask(opinion.maps[f], *shape, settings.tau_mask, settings.min_area)
        if decision == "positive" and not mask.any():
            decision = "uncertain"  # sure that it is there, but not where: nothing to train on
    stability = None if opinion.stability is None else float(opinion.stability[f])
    risk = risk_of(decision, agreement, presence)
    weight = abs(2 * presence - 1)
    spread = float(opinion.variance[f])
    return FindingLabel(finding, decision, presence, agreement, spread, stability, risk, weight, mask)


def _film_size(path: Path) -> tuple[int, int]:
    """Height and width from the stored film's header."""
    with path.open("rb") as file:
        _, width, height, _, _ = HEADER.unpack(file.read(HEADER.size))
    return height, width
