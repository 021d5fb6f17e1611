"""The single networks' masks beside the ensemble's: kept with the labels, shown to who reads, with plants followed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Labelling, Mask, MemberMask, Plant, PseudoLabel, Run
from overread.domain.masks import empty, encode
from overread.domain.trust import Wrong, follow
from overread.services.looks import proposed_pixels
from overread.services.masks import mask_counts, mask_pixels, mask_row, store_masks
from overread.services.veils import planted_masks

Pixels = NDArray[np.bool_]
Kept = dict[int, Mask | None]  # by teacher; None is the empty mask


@dataclass(frozen=True)
class Teacher:
    """A network that labelled: its place in the iteration's plan, from 1, and the hash of its checkpoint."""

    number: int
    checkpoint_sha256: str


@dataclass(frozen=True)
class TeacherMask:
    """What a teacher marked of one finding on one film, as COCO counts at the film's size."""

    number: int
    counts: bytes


def record_members(
    session: Session,
    labelling_id: int,
    kept: Iterable[tuple[Image, Sequence[Teacher], str, Sequence[Pixels | None]]],
) -> None:
    """Write the members' masks (height, width), None or empty for "nothing marked", of films and findings."""
    rows: list[dict[str, Any]] = []
    drawn: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for image, teachers, finding, masks in kept:
        key = {"labelling_id": labelling_id, "image_id": image.id, "finding": finding, "mask_id": None}
        for teacher, mask in zip(teachers, masks, strict=True):
            rows.append(key | {"teacher": teacher.number, "checkpoint_sha256": teacher.checkpoint_sha256})
            if mask is not None and mask.any():
                drawn.append((rows[-1], mask_row(image, finding, mask, "AUTOMATIC", labelling_id)))
    ids = store_masks(session, [mask for _, mask in drawn])
    for (row, _), mask_id in zip(drawn, ids, strict=True):
        row["mask_id"] = mask_id
    if rows:
        session.execute(insert(MemberMask).execution_options(render_nulls=True), rows)


def shown_teachers(session: Session, image: Image, labels: Sequence[PseudoLabel]) -> dict[str, list[TeacherMask]]:
    """By finding, each teacher's mask on the film of these labels of one labelling; beside a planted error with the
    same error. A finding on which none marked anything has none.

    Not for a film that is yet to be read blind: whoever asks has looked for that first.
    """
    if not labels:
        return {}
    kept, nothing = _kept(session, labels[0].labelling_id, image.id), empty(image.height, image.width)
    shown = {
        finding: [TeacherMask(n, mask_counts(mask) if mask is not None else nothing) for n, mask in own.items()]
        for finding, own in kept.items()
    }
    for plant, donor in planted_masks(session, [label.id for label in labels], in_case=True).values():
        shown[donor.finding] = _followed(session, image, kept.get(donor.finding, {}), plant, donor)
    return shown


def knows_teacher(session: Session, labelling_id: int, number: int) -> bool:
    """Whether the iteration of a labelling has a network of this number."""
    run = exists().where(
        Labelling.id == labelling_id, Run.iteration_id == Labelling.iteration_id, Run.position == number - 1
    )
    return bool(session.scalar(select(run)))


def _kept(session: Session, labelling_id: int, image_id: int) -> dict[str, Kept]:
    query = (
        select(MemberMask.finding, MemberMask.teacher, Mask)
        .outerjoin(Mask, Mask.id == MemberMask.mask_id)
        .where(MemberMask.labelling_id == labelling_id, MemberMask.image_id == image_id)
        .order_by(MemberMask.finding, MemberMask.teacher)
    )
    kept: dict[str, Kept] = {}
    for finding, teacher, mask in session.execute(query):
        kept.setdefault(finding, {})[teacher] = mask
    return kept


def _followed(session: Session, image: Image, own: Kept, plant: Plant, donor: PseudoLabel) -> list[TeacherMask]:
    """The members' masks with the planted error. Of a false lesion each marks as much as it did of the donor's lesion,
    whose words stand beside it."""
    label, nothing = session.get_one(PseudoLabel, plant.label_id), np.zeros((image.height, image.width), bool)
    right, wrong = proposed_pixels(session, label, image), mask_pixels(session.get_one(Mask, plant.mask_id))
    like = _kept(session, donor.labelling_id, donor.image_id).get(donor.finding, {})
    kind: Wrong = plant.kind  # type: ignore[assignment]
    masks: dict[int, Pixels] = {}
    for number in own or like:
        mask, drawn = own.get(number), like.get(number)
        share = (drawn.area if drawn is not None else 0) / max(donor.area, 1) if number in like else 1.0
        masks[number] = follow(mask_pixels(mask) if mask is not None else nothing, kind, right, wrong, share)
    if not any(mask.any() for mask in masks.values()):
        return []
    return [TeacherMask(number, encode(mask)) for number, mask in masks.items()]
