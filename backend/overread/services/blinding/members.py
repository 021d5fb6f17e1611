"""The single networks' masks as readers see them: with a planted error on the film, each with the same error."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, MemberMask, Plant, PseudoLabel
from overread.domain.imaging.masks import Rle
from overread.domain.readers.plants import follow
from overread.services.blinding.planted import planted_masks
from overread.services.films.masks import Pixels, mask_pixels, rle_of
from overread.services.labelling.labels import proposed_pixels

Kept = dict[int, Mask | None]  # by teacher; None is the empty mask


@dataclass(frozen=True)
class TeacherMask:
    """What a teacher marked of one finding on one film."""

    number: int
    mask: Rle


def shown_teachers(session: Session, image: Image, labels: Sequence[PseudoLabel]) -> dict[str, list[TeacherMask]]:
    """By finding, each teacher's mask on the film of these labels of one labelling; beside a planted error with the
    same error. A finding on which none marked anything has none.

    Not for a film that is yet to be read blind: whoever asks has looked for that first.
    """
    if not labels:
        return {}
    kept = _kept(session, labels[0].labelling_id, image.id)
    shown = {finding: [TeacherMask(n, rle_of(mask, image)) for n, mask in own.items()] for finding, own in kept.items()}
    for plant, donor in planted_masks(session, [label.id for label in labels], in_case=True).values():
        shown[donor.finding] = _followed(session, image, kept.get(donor.finding, {}), plant, donor)
    return shown


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
    label = session.get_one(PseudoLabel, plant.label_id)
    right, wrong = proposed_pixels(session, label, image), mask_pixels(session.get_one(Mask, plant.mask_id))
    like = _kept(session, donor.labelling_id, donor.image_id).get(donor.finding, {})
    masks: dict[int, Pixels] = {}
    for number in own or like:
        mask, drawn = own.get(number), like.get(number)
        share = (drawn.area if drawn is not None else 0) / max(donor.area, 1) if number in like else 1.0
        masks[number] = follow(rle_of(mask, image).pixels, plant.kind, right, wrong, share)
    if not any(mask.any() for mask in masks.values()):
        return []
    return [TeacherMask(number, Rle.of(mask)) for number, mask in masks.items()]
