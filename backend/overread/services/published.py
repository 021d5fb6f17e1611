"""The iterations of a project that published labels: what the next one is compared with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Iteration


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
