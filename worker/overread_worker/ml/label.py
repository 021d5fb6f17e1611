"""Pseudo labels for films of the pool: members → ensemble → presence, decision, mask, agreement, stability, risk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overread.domain.imaging.films import HEADER
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Labelling
from overread.domain.learning.selection import decide, risk_of
from overread.domain.words import Decision
from overread_worker.ml.dataset import read_film
from overread_worker.ml.ensemble import (
    combine,
    dice,
    ensemble_presence,
    member_presence,
    pairwise_dice,
    sharpness,
    to_bytes,
    variance,
)
from overread_worker.ml.pipeline import pipelined
from overread_worker.ml.predict import Members


@dataclass(frozen=True)
class FindingLabel:
    """One finding's pseudo label; ``mask`` is bool at the film's size, None for a negative decision. ``members``: each
    member's own, as the ensemble's is cut; empty where there is one member or none marks anything.

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
    members: list[NDArray[np.bool_] | None]


@dataclass(frozen=True)
class FilmLabels:
    """One film: maps uint8 (F, S, S); by finding each member's presence; a label a finding."""

    image_id: int
    maps: NDArray[np.uint8]
    members: dict[str, list[float]]
    labels: list[FindingLabel]


@dataclass(frozen=True)
class Opinion:
    """What the device says of one film: maps uint8 (F, S, S); presence, agreement, variance, sharpness and stability
    (F,); each member's presence (K, F); which members' maps reach the threshold (K, F), and those maps uint8 (L, S, S).
    """

    maps: NDArray[np.uint8]
    presence: NDArray[np.float32]
    members: NDArray[np.float32]
    agreement: NDArray[np.float32]
    variance: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    lit: NDArray[np.bool_]
    planes: NDArray[np.uint8]
    stability: NDArray[np.float32] | None


class Asked(NamedTuple):
    """The same of several films (N), on the device, beside the ensemble's masks bool (N, F, S, S); ``planes`` of one
    film follow those of another."""

    maps: Tensor
    masks: Tensor
    presence: Tensor
    members: Tensor
    agreement: Tensor
    variance: Tensor
    sharpness: Tensor
    lit: Tensor
    planes: Tensor


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
        lambda batch: opinions(teachers, voters, np.stack(batch)),
        lambda film, opinion: _film_labels(*film, opinion, teachers),
    )


@torch.inference_mode()
def opinions(teachers: Members, voters: Members | None, films: NDArray[np.uint8]) -> list[Opinion]:
    """Films (N, S, S) uint8 → the ensemble's opinion of each. Everything stays on the device until it is 8-bit maps.

    Stability reads ST++ (Yang et al., 2022, eq. 3: the sum over earlier checkpoints of a mask's mean IoU with the last
    one's) per finding, as a mean instead of a sum so that it lies in [0, 1], in Dice, and against the ensemble: its
    mask is what would teach. Two empty masks agree.
    """
    settings = teachers.recipe.labelling
    maps, classifier = teachers.predict(films)
    # One film's maps fit into a core's cache, sixteen films' do not; a GPU takes all at once.
    step = len(films) if maps.is_cuda else 1
    parts = [
        _ask_together(maps[:, n : n + step], classifier[:, n : n + step], settings) for n in range(0, len(films), step)
    ]
    asked = Asked(*(torch.cat(own) for own in zip(*parts, strict=True)))
    stability = [None] * len(films)
    if voters is not None:
        stability = list(_stability(voters, films, asked.masks, settings.tau_mask).cpu().numpy())
    arrays = {name: value.cpu().numpy() for name, value in asked._asdict().items() if name != "masks"}
    ends = np.cumsum(arrays["lit"].sum(axis=(1, 2)))
    arrays |= {"planes": np.split(arrays["planes"], ends[:-1]), "stability": stability}
    return [Opinion(**{name: values[n] for name, values in arrays.items()}) for n in range(len(films))]


def _ask_together(maps: Tensor, classifier: Tensor, settings: Labelling) -> Asked:
    """Maps (K, N, F, S, S) and presences (K, N, F) of the members → what the ensemble makes of them."""
    tau = settings.tau_mask
    combined, _ = combine(maps, classifier, settings.ensemble)
    lit = (to_bytes(maps.amax(dim=(-2, -1))) >= round(255 * tau)).movedim(0, 1) & (len(maps) > 1)
    return Asked(
        maps=to_bytes(combined),
        masks=combined >= tau,
        presence=ensemble_presence(combined, classifier),
        members=member_presence(maps, classifier).movedim(0, 1),
        agreement=pairwise_dice(maps >= tau),
        variance=variance(maps),
        sharpness=sharpness(combined, combined >= tau),
        lit=lit,
        planes=to_bytes(maps.movedim(0, 1)[lit]),
    )


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
        for number in np.flatnonzero(statistics[:, cv2.CC_STAT_AREA] < round(min_area * scale)):
            left, top, across, down, _ = statistics[number]
            own = np.s_[top : top + down, left : left + across]
            marked[own][labels[own] == number] = False
    # Column after column in memory, as the codec of masks reads it.
    return cv2.transpose(cut.view(np.uint8)).T.view(bool)


def _film_labels(image_id: int, path: Path, opinion: Opinion, teachers: Members) -> FilmLabels:
    draft = Draft(opinion, *_film_size(path), teachers.recipe.labelling)
    members = {name: [round(float(q), 4) for q in opinion.members[:, f]] for f, name in enumerate(teachers.findings)}
    return FilmLabels(image_id, opinion.maps, members, [draft.label(*one) for one in enumerate(teachers.findings)])


@dataclass(frozen=True)
class Draft:
    """A film's labels in the making: what the device says of it, the film's own size, and how labels are decided."""

    opinion: Opinion
    height: int
    width: int
    settings: Labelling

    def label(self, f: int, finding: str) -> FindingLabel:
        """The label of a finding, by its place in the opinion's arrays."""
        opinion = self.opinion
        tau_neg, tau_pos = self.settings.thresholds(finding)
        presence, agreement = float(opinion.presence[f]), float(opinion.agreement[f])
        decision = decide(presence, tau_pos, tau_neg)
        mask = None
        if decision != "negative":
            mask = self._mask(opinion.maps[f])
            if decision == "positive" and not mask.any():
                decision = "uncertain"  # sure that it is there, but not where: nothing to train on
        return FindingLabel(
            finding=finding,
            decision=decision,
            presence=presence,
            agreement=agreement,
            variance=float(opinion.variance[f]),
            stability=None if opinion.stability is None else float(opinion.stability[f]),
            risk=risk_of(agreement, float(opinion.sharpness[f]), presence),
            weight=abs(2 * presence - 1),
            mask=mask,
            members=self._member_masks(f),
        )

    def _member_masks(self, f: int) -> list[NDArray[np.bool_] | None]:
        """Each member's mask of a finding, None where its map stays below the threshold; none at all if all are
        empty."""
        lit, planes = self.opinion.lit, self.opinion.planes
        places = np.cumsum(lit).reshape(lit.shape) - 1
        masks = [self._mask(planes[places[k, f]]) if lit[k, f] else None for k in range(len(lit))]
        return masks if any(mask is not None and mask.any() for mask in masks) else []

    def _mask(self, probability: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return film_mask(probability, self.height, self.width, self.settings.tau_mask, self.settings.min_area)


def _film_size(path: Path) -> tuple[int, int]:
    """Height and width from the stored film's header."""
    with path.open("rb") as file:
        _, width, height, _, _ = HEADER.unpack(file.read(HEADER.size))
    return height, width
