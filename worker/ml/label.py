"""Pseudo labels for films of the pool: members → ensemble → presence, decision, mask, agreement, risk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.domain.ensemble import combine, ensemble_presence, member_presence, pairwise_dice
from backend.domain.films import HEADER
from backend.domain.recipe import Recipe
from backend.domain.selection import Decision, decide, pseudo_mask, risk_of
from worker.ml.dataset import read_film
from worker.ml.evaluate import to_bytes
from worker.ml.predict import Members

BATCH = 16
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FindingLabel:
    """One finding's pseudo label; ``mask`` is bool at the film's size, None for a negative decision."""

    finding: str
    decision: Decision
    presence: float
    agreement: float
    risk: float
    weight: float
    mask: NDArray[np.bool_] | None


@dataclass(frozen=True)
class FilmLabels:
    """One film: maps uint8 (F, S, S), each member's presence by finding, a label a finding."""

    image_id: int
    maps: NDArray[np.uint8]
    members: dict[str, list[float]]
    labels: list[FindingLabel]


def label(
    films: Iterable[tuple[int, Path]], checkpoints: list[Path], recipe: Recipe, findings: list[str]
) -> Iterator[FilmLabels]:
    """Label films (id, path) a batch at a time. The recipe gives map size, ensemble form and thresholds."""
    members = Members(checkpoints, findings)
    rest = iter(films)
    while batch := list(islice(rest, BATCH)):
        maps, classifier = members.predict(np.stack([read_film(path, recipe.size) for _, path in batch]))
        combined, _ = combine(maps, classifier, recipe.labelling.ensemble)
        presence = ensemble_presence(combined, classifier)
        own = member_presence(maps, classifier)
        for n, (image_id, path) in enumerate(batch):
            stored = to_bytes(combined[n])
            labels = [
                _label_finding(finding, stored[f], float(presence[n, f]), maps[:, n, f], _film_size(path), recipe)
                for f, finding in enumerate(findings)
            ]
            by_member = {finding: [round(float(q), 4) for q in own[:, n, f]] for f, finding in enumerate(findings)}
            yield FilmLabels(image_id, stored, by_member, labels)


def film_mask(
    probability: NDArray[np.uint8], height: int, width: int, tau_mask: float, min_area: int
) -> NDArray[np.bool_]:
    """A stored map's mask at the film's size: the map resized bilinearly (pixel centres aligned), then cut at
    round(255·tau_mask). The reading room's slider does the same. ``min_area`` counts pixels of the map."""
    scale = height * width / probability.size
    big = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
    return pseudo_mask(big.astype(np.uint8), tau_mask, round(min_area * scale))


def _label_finding(
    finding: str, stored: NDArray[np.uint8], presence: float, maps: Floats, shape: tuple[int, int], recipe: Recipe
) -> FindingLabel:
    tau_neg, tau_pos = recipe.labelling.thresholds(finding)
    decision = decide(presence, tau_pos, tau_neg)
    agreement = pairwise_dice(maps >= recipe.labelling.tau_mask)
    mask = (
        film_mask(stored, *shape, recipe.labelling.tau_mask, recipe.labelling.min_area)
        if decision != "negative"
        else None
    )
    if decision == "positive" and mask is not None and not mask.any():
        decision = "uncertain"  # sure that it is there, but not where: nothing to train on
    risk = risk_of(decision, agreement, presence)
    return FindingLabel(finding, decision, presence, agreement, risk, abs(2 * presence - 1), mask)


def _film_size(path: Path) -> tuple[int, int]:
    """Height and width from the stored film's header."""
    with path.open("rb") as file:
        _, width, height, _, _ = HEADER.unpack(file.read(HEADER.size))
    return height, width
