"""The iterations before, as SQL and as rows.

Two things are asked, and nothing else. Which iterations are *in the loop*: what failed or was cancelled gave its number
up, and another may have it. And which of those *published* labels: the last one before an iteration is what it learned
from, what its labels and units are compared with, and whose masks are shown as "previous". An iteration is published
from its audit on, and the next is launched no earlier; so that the one before is the one with the number before.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, Labelling, Mask, PseudoLabel
from overread.domain.imaging.masks import Rle


def in_loop() -> ColumnElement[bool]:
    """Of iterations: those that keep their number, at work or done."""
    return Iteration.stage.not_in(("failed", "cancelled"))


def newest_iteration(session: Session, project_id: int, index: int | None = None) -> Iteration | None:
    """The last iteration in a project's loop, be it at work still; with ``index`` the one of that number."""
    query = _newest_first(project_id)
    return session.scalars(query if index is None else query.where(Iteration.index == index)).one_or_none()


def last_published(session: Session, project_id: int, before: int | None = None) -> Iteration | None:
    """The last iteration of a project that published labels, of those before this index."""
    query = _newest_first(project_id).where(Iteration.labelling_id.is_not(None))
    return session.scalars(query if before is None else query.where(Iteration.index < before)).one_or_none()


def previous_published(session: Session, iteration: Iteration) -> Iteration | None:
    """The last iteration before this one that published labels."""
    return last_published(session, iteration.project_id, iteration.index)


def list_iterations(session: Session, project_id: int, published: bool = False) -> list[Iteration]:
    """The iterations in a project's loop, oldest first; the ``published`` ones alone if wanted."""
    query = select(Iteration).where(Iteration.project_id == project_id, in_loop())
    query = query.where(Iteration.labelling_id.is_not(None)) if published else query
    return list(session.scalars(query.order_by(Iteration.index, Iteration.id)))


def previous_labels(session: Session, iteration: Iteration, image_id: int) -> dict[str, PseudoLabel]:
    """What the last iteration before this one that published labels said of an image, by finding."""
    before = previous_published(session, iteration)
    if before is None:
        return {}
    query = select(PseudoLabel).where(PseudoLabel.labelling_id == before.labelling_id, PseudoLabel.image_id == image_id)
    return {label.finding: label for label in session.scalars(query)}


def earlier_masks(session: Session, labelling_id: int, image_ids: Sequence[int]) -> dict[tuple[int, str], Rle]:
    """By image and finding that the iteration before a labelling's had labelled: its mask."""
    labelling = session.get_one(Labelling, labelling_id)
    before = previous_published(session, session.get_one(Iteration, labelling.iteration_id))
    if before is None:
        return {}
    query = (
        select(Image.id, PseudoLabel.finding, Image.height, Image.width, Mask.counts)
        .join(Image, Image.id == PseudoLabel.image_id)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .where(PseudoLabel.labelling_id == before.labelling_id, PseudoLabel.image_id.in_(image_ids))
    )
    return {
        (image_id, finding): Rle.stored((height, width), counts)
        for image_id, finding, height, width, counts in session.execute(query)
    }


def _newest_first(project_id: int) -> Select[Iteration]:
    """The newest in the loop; more conditions may follow."""
    query = select(Iteration).where(Iteration.project_id == project_id, in_loop())
    return query.order_by(Iteration.index.desc(), Iteration.id.desc()).limit(1)
