"""Boxes of an iteration's pseudo masks, film by film, as an account may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, PseudoLabel
from overread.domain.imaging.masks import Box
from overread.services.blinding.planted import shown_labels
from overread.services.blinding.rules import blind_units
from overread.services.films.masks import mask_rle


@dataclass(frozen=True)
class BoxedLabel:
    """A pseudo label as an account may see it, and a box for each region of its mask; none where that is empty."""

    label: PseudoLabel
    boxes: Sequence[Box]


@dataclass(frozen=True)
class BoxedFilm:
    """A film, and what its labels box, by finding."""

    image: Image
    labels: list[BoxedLabel]


def list_boxes(
    session: Session, labelling_id: int, finding: str | None, after: int, limit: int, account_id: int
) -> list[BoxedFilm]:
    """A page of at most ``limit`` films beyond the one whose id is ``after``, with the boxes of all findings or of one.

    A film that this account has yet to read blind is left out whole, and a label with a planted error has the boxes of
    the mask that it shows. Films without a box are listed: which labels have none would give a planted lesion away.
    """
    units = blind_units(account_id).subquery()
    mine = PseudoLabel.labelling_id == labelling_id
    if finding is not None:
        mine &= PseudoLabel.finding == finding
    page = (
        select(PseudoLabel.image_id)
        .where(mine, PseudoLabel.image_id > after, PseudoLabel.image_id.not_in(select(units.c.image_id)))
        .distinct()
        .order_by(PseudoLabel.image_id)
        .limit(limit)
    )
    films = {image.id: BoxedFilm(image, []) for image in _films(session, session.scalars(page).all())}
    query = select(PseudoLabel).where(mine, PseudoLabel.image_id.in_(films))
    labels = session.scalars(query.order_by(PseudoLabel.image_id, PseudoLabel.finding)).all()
    shown = shown_labels(session, labels)
    masks = _masks(session, [label.mask_id for label in shown.values() if label.mask_id is not None])
    for stored in labels:
        label = shown[stored.id]
        boxes = mask_rle(masks[label.mask_id]).boxes if label.mask_id is not None else ()
        films[label.image_id].labels.append(BoxedLabel(label, boxes))
    return list(films.values())


def _films(session: Session, ids: Sequence[int]) -> Sequence[Image]:
    return session.scalars(select(Image).where(Image.id.in_(ids)).order_by(Image.id)).all()


def _masks(session: Session, ids: Sequence[int]) -> dict[int, Mask]:
    return {mask.id: mask for mask in session.scalars(select(Mask).where(Mask.id.in_(ids)))}
