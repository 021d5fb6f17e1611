"""Scores of each network and of their ensemble, on development and external films."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.domain.ensemble import combine, ensemble_presence, member_presence
from backend.domain.metrics import FindingScores, best_level, macro
from backend.domain.metrics import evaluate as score
from backend.domain.recipe import Recipe
from worker.ml.dataset import TrainingItem, pack_masks, read_film, unpack
from worker.ml.predict import Members

BATCH = 16
Scores = list[FindingScores]  # one a finding


@dataclass(frozen=True)
class Evaluation:
    """By split: per finding and macro, for the ensemble and for each network."""

    ensemble: dict[str, Any]
    networks: list[dict[str, Any]]


def evaluate(
    checkpoints: list[Path], recipe: Recipe, splits: Mapping[str, Sequence[TrainingItem]], findings: list[str]
) -> Evaluation:
    """Score on every split; the operating point of each finding is chosen on the development images."""
    members = Members(checkpoints, findings)
    gathered = {name: _gather(members, recipe, items, findings) for name, items in splits.items()}
    reports = [
        _report({split: scores[k] for split, scores in gathered.items()}, findings) for k in range(len(members) + 1)
    ]
    return Evaluation(ensemble=reports[-1], networks=reports[:-1])


def add_scores(
    scores: Scores,
    maps: NDArray[np.floating[Any]],
    presence: NDArray[np.floating[Any]],
    packed: NDArray[np.uint8],
    item: TrainingItem,
    findings: Sequence[str],
) -> None:
    """Take in one film: maps (F, S, S) in [0, 1], presence (F,); findings without a reference are left out."""
    references = unpack(packed, len(findings))
    for f, finding in enumerate(findings):
        if finding in item.counts:
            scores[f].add(to_bytes(maps[f]), references[f], float(presence[f]), item.patient)


def to_bytes(maps: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Probabilities in [0, 1] as stored: 0…255."""
    return np.asarray(np.rint(maps * 255), dtype=np.uint8)


def summarise(scores: Scores, levels: Sequence[int | None], findings: Sequence[str]) -> dict[str, Any]:
    """Per finding with intervals, and the macro mean. The seed of the bootstrap is fixed: same films, same interval."""
    rng = np.random.default_rng(0)
    per_finding = {
        finding: score(own, level, rng) for finding, own, level in zip(findings, scores, levels, strict=True)
    }
    return {"per_finding": per_finding, "macro": macro(per_finding)}


def _gather(members: Members, recipe: Recipe, items: Sequence[TrainingItem], findings: list[str]) -> list[Scores]:
    """Scores of every member and, last, of the ensemble."""
    gathered = [[FindingScores() for _ in findings] for _ in range(len(members) + 1)]
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        maps, classifier = members.predict(np.stack([read_film(item.image, recipe.size) for item in batch]))
        presence = member_presence(maps, classifier)
        combined, _ = combine(maps, classifier, recipe.labelling.ensemble)
        together = ensemble_presence(combined, classifier)
        for n, item in enumerate(batch):
            packed = pack_masks(item, findings, recipe.size)
            for k in range(len(members)):
                add_scores(gathered[k], maps[k, n], presence[k, n], packed, item, findings)
            add_scores(gathered[-1], combined[n], together[n], packed, item, findings)
    return gathered


def _report(splits: dict[str, Scores], findings: list[str]) -> dict[str, Any]:
    levels = [best_level(scores) for scores in splits["development"]]
    return {split: summarise(scores, levels, findings) for split, scores in splits.items()}
