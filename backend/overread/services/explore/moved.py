"""Films whose masks came nearer to what people said, or went away from it, from one iteration to the next.

Scores of an evaluation are kept for a split, never for a film, and their films' maps are not kept at all. What both
iterations labelled is the pool; where people said what is there, both masks are measured against that.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, any_, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from overread.db.tables import HoldoutReference, Image, Iteration, Mask, PseudoLabel, Read, TrainingImage
from overread.domain.imaging.masks import Rle
from overread.domain.sampling.clusters import Mean, clustered_mean
from overread.domain.words import Verdict
from overread.services.blinding.planted import planted_labels
from overread.services.blinding.rules import awaited_films
from overread.services.heads import heads, stands_for

MOST = 6  # films each way
SEED = 0  # the same data gives the same interval, however often it is looked at

Unit = tuple[int, str]  # film and finding


@dataclass(frozen=True)
class Truth:
    """What people said of a unit: by a verdict on a mask, or (None) blind, as a HOLDOUT reference."""

    mask: Rle
    verdict: Verdict | None


@dataclass(frozen=True)
class PoolLabel:
    """An iteration's label of a unit, its film and its mask."""

    label_id: int
    image_id: int
    patient_id: int
    file_name: str
    finding: str
    mask: Rle


@dataclass(frozen=True)
class MovedFilm:
    """One finding on one film, its mask in both iterations and what people said.

    ``label_id`` is the later iteration's label. ``learned``: the later networks learned from what people said of it.
    ``dice_before``, ``dice_after``: with people's mask, None where both mark nothing. ``gain``: how much the mask came
    nearer, from −1 to 1; of two empty masks the distance is none.
    """

    label_id: int
    image_id: int
    patient_id: int
    file_name: str
    finding: str
    before: Rle
    after: Rle
    truth: Truth
    learned: bool
    dice_before: float | None
    dice_after: float | None
    gain: float


@dataclass(frozen=True)
class MovedGroup:
    """Units that the later networks learned from, or did not: how many came nearer, went away, stayed; the mean gain,
    its 95 % interval over patients."""

    learned: bool
    nearer: int
    away: int
    same: int
    gain: Mean


@dataclass(frozen=True)
class Moves:
    """A finding's units with people's word: both groups as far as there are any, and the films that gained and lost
    most, largest first."""

    finding: str
    groups: list[MovedGroup]
    gained: list[MovedFilm]
    lost: list[MovedFilm]


def moved_films(session: Session, before: Iteration, after: Iteration, findings: Sequence[str]) -> list[Moves]:
    """By finding, where people said something of a film that both iterations labelled.

    Left out are films that an open audit still waits for, and labels in whose place it shows a planted error: their
    masks, or what others said of them, would tell whoever is yet to read them.
    """
    units: dict[str, list[MovedFilm]] = defaultdict(list)
    for film in _films(session, before, after):
        units[film.finding].append(film)
    return [_moves(finding, units[finding]) for finding in findings if finding in units]


def _moves(finding: str, films: list[MovedFilm]) -> Moves:
    parts = [(learned, [film for film in films if film.learned is learned]) for learned in (False, True)]
    by_gain = sorted(films, key=lambda film: (-film.gain, film.label_id))
    gained = [film for film in by_gain if film.gain > 0]
    lost = [film for film in reversed(by_gain) if film.gain < 0]
    return Moves(finding, [_group(learned, part) for learned, part in parts if part], gained[:MOST], lost[:MOST])


def _group(learned: bool, films: list[MovedFilm]) -> MovedGroup:
    gains = np.array([film.gain for film in films])
    patients = np.array([film.patient_id for film in films], np.int64)
    mean = clustered_mean(gains, patients, np.random.default_rng(SEED))
    return MovedGroup(learned, int((gains > 0).sum()), int((gains < 0).sum()), int((gains == 0).sum()), mean)


def _films(session: Session, before: Iteration, after: Iteration) -> Iterable[MovedFilm]:
    truths = _truths(session, after.project_id)
    old, new = (_labels(session, one.labelling_id, truths) for one in (before, after))
    learned = _learned(session, after.training_set_sha256)
    for unit in sorted(truths.keys() & old.keys() & new.keys()):
        said, was, now = truths[unit], old[unit].mask, new[unit].mask
        yield MovedFilm(
            label_id=new[unit].label_id,
            image_id=new[unit].image_id,
            patient_id=new[unit].patient_id,
            file_name=new[unit].file_name,
            finding=new[unit].finding,
            before=was,
            after=now,
            truth=said,
            learned=unit in learned,
            dice_before=was.dice(said.mask),
            dice_after=now.dice(said.mask),
            gain=was.change(said.mask) - now.change(said.mask),
        )


def _truths(session: Session, project_id: int) -> dict[Unit, Truth]:
    """Of each unit of the pool the settled reference that was read blind, else the read that counts. "Cannot tell" says
    nothing."""
    film = (Image.id.label("image_id"), Image.height, Image.width, Mask.counts)
    here = (Image.project_id == project_id, Image.split == "pool", Image.id.not_in(awaited_films()))
    reads = (
        select(*film, Read.finding, Read.verdict)
        .join(Read, Read.image_id == Image.id)
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        .outerjoin(Mask, Mask.id == stands_for())
        .where(*here)
    )
    blind = (
        select(*film, HoldoutReference.finding)
        .join(HoldoutReference, HoldoutReference.image_id == Image.id)
        .outerjoin(Mask, Mask.id == HoldoutReference.mask_id)
        .where(*here, HoldoutReference.told)
    )
    read = session.execute(heads(reads, Read.image_id, Read.finding)).all()
    told = {(row.image_id, row.finding): Truth(_mask(row), row.verdict) for row in read if row.verdict != "cannot_tell"}
    return told | {(row.image_id, row.finding): Truth(_mask(row), None) for row in session.execute(blind)}


def _labels(session: Session, labelling_id: int | None, units: Iterable[Unit]) -> dict[Unit, PoolLabel]:
    """The labels of these units, but for those that a planted error stands in for."""
    images = literal(sorted({image for image, _ in units}), ARRAY(BigInteger))  # one value, however many there are
    label = (PseudoLabel.id, PseudoLabel.image_id, Image.patient_id, Image.file_name, PseudoLabel.finding)
    query = (
        select(*label, Image.height, Image.width, Mask.counts)
        .join(Image, Image.id == PseudoLabel.image_id)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .where(PseudoLabel.labelling_id == labelling_id, PseudoLabel.image_id == any_(images))
        .where(PseudoLabel.id.not_in(planted_labels()))
    )
    return {
        (image_id, finding): PoolLabel(
            label_id, image_id, patient_id, name, finding, Rle.stored((height, width), counts)
        )
        for label_id, image_id, patient_id, name, finding, height, width, counts in session.execute(query)
    }


def _learned(session: Session, sha256: str) -> set[Unit]:
    """The units of a training set whose target is what people read."""
    target = func.unnest(TrainingImage.findings, TrainingImage.kinds).table_valued("finding", "kind")
    target = target.render_derived(name="target")
    query = select(TrainingImage.image_id, target.c.finding).select_from(TrainingImage).join(target, true())
    query = query.where(TrainingImage.training_set_sha256 == sha256, target.c.kind == "read")
    return {(image, finding) for image, finding in session.execute(query)}


def _mask(row: Any) -> Rle:
    return Rle.stored((row.height, row.width), row.counts)
