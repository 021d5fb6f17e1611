"""Scores of each network and of their ensemble, on development and external films."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from overread.domain.imaging.evaluation import EnsembleMetrics, Metrics
from overread.domain.imaging.metrics import FindingScores, best_level, summarise
from overread.domain.learning.recipe import Recipe
from overread.domain.words import ScoredSplit
from overread_worker.ml.dataset import TrainingItem, pack_masks, read_film
from overread_worker.ml.ensemble import combine, ensemble_presence, member_presence, to_bytes
from overread_worker.ml.pipeline import pipelined
from overread_worker.ml.predict import Members
from overread_worker.ml.scores import keep, measure

Scores = list[FindingScores]  # one a finding
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Evaluation:
    """By split: the metrics of the ensemble, also by source, and of each network."""

    ensemble: dict[ScoredSplit, EnsembleMetrics]
    networks: list[dict[ScoredSplit, Metrics]]


@dataclass(frozen=True)
class Predicted:
    """One film: maps uint8 (F, S, S) and presences of the members and, last, of the ensemble (K + 1, F); the reference
    masks, a bit a finding (S, S)."""

    maps: Bytes
    presence: NDArray[np.float32]
    packed: Bytes


@dataclass(frozen=True)
class Measured:
    """What scores need of one map: whose (the ensemble's number is the last), of which finding, what ``measure`` gives
    and the presence."""

    member: int
    finding: int
    found: NDArray[np.float64] | int
    presence: float


def evaluate(
    checkpoints: Sequence[Path],
    recipe: Recipe,
    splits: Mapping[ScoredSplit, Sequence[TrainingItem]],
    findings: list[str],
) -> Evaluation:
    """Score on every split; the operating point of each finding is chosen on the development images.

    A finding that no development image has gets no operating point: what needs one is None, never 0.
    """
    members = Members(checkpoints, findings, recipe)
    gathered = {name: gather(members, items) for name, items in splits.items()}
    *networks, ensemble = ({split: scores[k] for split, scores in gathered.items()} for k in range(len(members) + 1))
    return Evaluation(_with_sources(ensemble, findings), [_report(own, findings) for own in networks])


def gather(members: Members, items: Sequence[TrainingItem]) -> list[Scores]:
    """Scores of every member and, last, of the ensemble: by finding."""
    size, findings = members.recipe.size, members.findings
    gathered = [[FindingScores() for _ in findings] for _ in range(len(members) + 1)]
    films = pipelined(
        items,
        lambda item: (read_film(item.image, size), pack_masks(item, findings, size)),
        lambda batch: _predicted(members, batch),
        lambda item, film: (item, _measure_film(item, film, findings)),
    )
    for item, measured in films:
        for one in measured:
            keep(gathered[one.member][one.finding], one.found, one.presence, item.patient, item.source)
    return gathered


@torch.inference_mode()
def _predicted(members: Members, batch: list[tuple[Bytes, Bytes]]) -> list[Predicted]:
    """Films with their packed masks, asked together."""
    maps, classifier = members.predict(np.stack([film for film, _ in batch]))
    combined, _ = combine(maps, classifier, members.recipe.labelling.ensemble)
    own, together = member_presence(maps, classifier), ensemble_presence(combined, classifier)
    stored = torch.stack([*(to_bytes(one) for one in maps), to_bytes(combined)], dim=1).cpu().numpy()
    presence = torch.cat([own, together[None]]).transpose(0, 1).cpu().numpy()
    return [Predicted(stored[n], presence[n], packed) for n, (_, packed) in enumerate(batch)]


def _measure_film(item: TrainingItem, film: Predicted, findings: Sequence[str]) -> list[Measured]:
    """What scores need of one film; findings without a reference are left out."""
    found: list[Measured] = []
    for f, finding in enumerate(findings):
        if finding not in item.counts:
            continue
        reference = (film.packed >> f & 1).astype(bool) if item.counts[finding] is not None else None
        for k, maps in enumerate(film.maps):
            found.append(Measured(k, f, measure(maps[f], reference), float(film.presence[k, f])))
    return found


def _report(splits: Mapping[ScoredSplit, Scores], findings: Sequence[str]) -> dict[ScoredSplit, Metrics]:
    levels = [best_level(scores) for scores in splits["development"]]
    return {split: summarise(scores, levels, findings) for split, scores in splits.items()}


def _with_sources(splits: Mapping[ScoredSplit, Scores], findings: Sequence[str]) -> dict[ScoredSplit, EnsembleMetrics]:
    """The same with those of each source's films, at the same operating points: those of all development films."""
    levels = [best_level(scores) for scores in splits["development"]]
    found: dict[ScoredSplit, EnsembleMetrics] = {}
    for split, whole in _report(splits, findings).items():
        names = sorted({name for one in splits[split] for name in one.sources})
        sources = {name: summarise([one.of_source(name) for one in splits[split]], levels, findings) for name in names}
        found[split] = EnsembleMetrics(whole.per_finding, whole.macro, sources)
    return found
