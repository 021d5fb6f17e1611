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
from overread.domain.imaging.masks import Rle
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Labelling
from overread.domain.learning.selection import decide, risk_of
from overread.domain.words import Decision
from overread_worker.ml.dataset import read_film
from overread_worker.ml.ensemble import (
    combine,
    dice,
    ensemble_presence,
    marked,
    pairwise_dice,
    sharpness,
    to_bytes,
    variance,
)
from overread_worker.ml.pipeline import pipelined
from overread_worker.ml.predict import Members


@dataclass(frozen=True)
class FindingLabel:
    """One finding's pseudo label; ``mask`` is at the film's size, None for a negative decision. ``members``: each
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
    mask: Rle | None
    members: list[Rle | None]


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
    """The same of several films (N), on the device; ``planes`` of one film follow those of another."""

    maps: Tensor
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
    asked = Asked(*(torch.cat(own) for own in zip(*(part for part, _ in parts), strict=True)))
    stability = [None] * len(films)
    if voters is not None:
        final = torch.cat([masks for _, masks in parts]).bool()
        stability = list(_stability(voters, films, final, settings.tau_mask).cpu().numpy())
    arrays = {name: value.cpu().numpy() for name, value in asked._asdict().items()}
    ends = np.cumsum(arrays["lit"].sum(axis=(1, 2)))
    arrays |= {"planes": np.split(arrays["planes"], ends[:-1]), "stability": stability}
    return [Opinion(**{name: values[n] for name, values in arrays.items()}) for n in range(len(films))]


def _ask_together(maps: Tensor, classifier: Tensor, settings: Labelling) -> tuple[Asked, Tensor]:
    """Maps (K, N, F, S, S) and presences (K, N, F) of the members → what the ensemble makes of them, and its masks
    (N, F, S, S)."""
    tau, peaks = settings.tau_mask, maps.amax(dim=(-2, -1))
    combined, _ = combine(maps, classifier, settings.ensemble)
    masks = marked(combined, tau)
    lit = (to_bytes(peaks) >= round(255 * tau)).movedim(0, 1) & (len(maps) > 1)
    asked = Asked(
        maps=to_bytes(combined),
        presence=ensemble_presence(combined, classifier),
        members=((classifier + peaks) / 2).movedim(0, 1),
        agreement=pairwise_dice(marked(maps, tau)),
        variance=variance(maps),
        sharpness=sharpness(combined, masks),
        lit=lit,
        planes=to_bytes(maps.movedim(0, 1)[lit]),
    )
    return asked, masks


def _stability(voters: Members, films: NDArray[np.uint8], final: Tensor, tau: float) -> Tensor:
    return torch.stack([dice(maps >= tau, final) for maps, _ in voters.each(films)]).mean(dim=0)


def film_mask(probability: NDArray[np.uint8], height: int, width: int, tau_mask: float, min_area: int) -> Rle:
    """A stored map's mask at the film's size: the map resized bilinearly (pixel centres aligned), then cut at
    round(255·tau_mask). The reading room's slider does the same. ``min_area`` counts pixels of the map.

    The same as ``selection.pseudo_mask`` of the resized map, to the pixel; but what is looked at is the box alone that
    can be marked: a lesion's is a tenth of a film.
    """
    cut, top, left = _cut(probability, height, width, round(255 * tau_mask))
    least = round(min_area * (height * width / probability.size))
    count, labels = cv2.connectedComponents(cut.view(np.uint8), connectivity=8)
    if count > 2:  # the background and two parts or more
        areas = np.bincount(labels.ravel())
        if areas[1:].min() < least:
            cut &= (areas >= least)[labels]
    elif np.count_nonzero(cut) < least:
        cut[:] = False
    return Rle.within(cut, top, left, (height, width))


def _cut(probability: NDArray[np.uint8], height: int, width: int, level: int) -> tuple[NDArray[np.bool_], int, int]:
    """Where the map at a film's size reaches ``level``: a part of the film outside of which nothing does, and its upper
    and left ends."""
    rows, columns = probability.shape
    left, top, across, down = cv2.boundingRect((probability >= level).view(np.uint8))
    # A film's pixel lies between two of the map in each direction: a pixel around the box may have a share in it.
    y, x = slice(max(0, top - 1), top + down + 1), slice(max(0, left - 1), left + across + 1)
    if height % rows == 0 and width % columns == 0:
        # Whole numbers of the film's pixels to one of the map's: a part of the map resized is a part of it resized.
        part, down, across = probability[y, x], height // rows, width // columns
        size = part.shape[1] * across, part.shape[0] * down
        return cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) >= level, y.start * down, x.start * across
    big = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
    y, x = (
        slice(int(own.start * end / side), int(own.stop * end / side) + 1)
        for own, end, side in ((y, height, rows), (x, width, columns))
    )
    return big[y, x] >= level, y.start, x.start


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
            if decision == "positive" and mask.is_empty:
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

    def _member_masks(self, f: int) -> list[Rle | None]:
        """Each member's mask of a finding, None where its map stays below the threshold; none at all if all are
        empty."""
        lit, planes = self.opinion.lit, self.opinion.planes
        places = np.cumsum(lit).reshape(lit.shape) - 1
        masks = [self._mask(planes[places[k, f]]) if lit[k, f] else None for k in range(len(lit))]
        return masks if any(mask is not None and not mask.is_empty for mask in masks) else []

    def _mask(self, probability: NDArray[np.uint8]) -> Rle:
        return film_mask(probability, self.height, self.width, self.settings.tau_mask, self.settings.min_area)


def _film_size(path: Path) -> tuple[int, int]:
    """Height and width from the stored film's header."""
    with path.open("rb") as file:
        _, width, height, _, _ = HEADER.unpack(file.read(HEADER.size))
    return height, width
