"""The iterations before: which one published the labels that the next is compared with, and what it drew."""

import zlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Iteration, Labelling, Mask, PseudoLabel


def previous_labelling(session: Session, iteration_id: int) -> int | None:
    """The labels of the last iteration before this one that published any."""
    here, before = aliased(Iteration), aliased(Iteration)
    return session.scalar(
        select(before.labelling_id)
        .join(here, here.project_id == before.project_id)
        .where(here.id == iteration_id, before.index < here.index, before.labelling_id.is_not(None))
        .order_by(before.index.desc(), before.id.desc())
        .limit(1)
    )


def previous_labels(session: Session, iteration_id: int, image_id: int) -> dict[str, PseudoLabel]:
    """What the last iteration before this one that published labels said of an image, by finding."""
    earlier = previous_labelling(session, iteration_id)
    query = select(PseudoLabel).where(PseudoLabel.labelling_id == earlier, PseudoLabel.image_id == image_id)
    return {label.finding: label for label in session.scalars(query)}


def earlier_counts(
    session: Session, labelling_id: int, image_ids: Sequence[int]
) -> dict[tuple[int, str], bytes | None]:
    """By image and finding that the iteration before a labelling's had labelled: its mask's COCO counts, None if
    empty."""
    labelling = session.get_one(Labelling, labelling_id)
    before = previous_labelling(session, labelling.iteration_id)
    query = (
        select(PseudoLabel.image_id, PseudoLabel.finding, Mask.counts)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .where(PseudoLabel.labelling_id == before, PseudoLabel.image_id.in_(image_ids))
    )
    if before is None:
        return {}
    return {
        (image_id, finding): None if counts is None else zlib.decompress(counts)
        for image_id, finding, counts in session.execute(query)
    }


def previous_published(session: Session, iteration: Iteration) -> Iteration | None:
    """The last iteration before this one that published labels."""
    return last_published(session, iteration.project_id, iteration.index)


def last_published(session: Session, project_id: int, before: int | None = None) -> Iteration | None:
    """The last iteration of a project that published labels, of those before this index."""
    query = select(Iteration).where(
        Iteration.project_id == project_id,
        Iteration.labelling_id.is_not(None),
        Iteration.stage.not_in(("failed", "cancelled")),
    )
    if before is not None:
        query = query.where(Iteration.index < before)
    return session.scalars(query.order_by(Iteration.index.desc(), Iteration.id.desc()).limit(1)).one_or_none()
