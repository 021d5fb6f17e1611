"""What became of each file of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.db.tables import ImportLine, Source
from overread.domain.errors import NotFound


@dataclass(frozen=True)
class Line:
    """What became of one file; ``reason``: why it was refused, or what is to be said of it though it was added."""

    file_name: str
    outcome: str
    reason: str | None = None
    image_id: int | None = None


def list_lines(
    session: Session, source_id: int, outcome: str | None, after: str, limit: int, reason: str | None = None
) -> Sequence[ImportLine]:
    """What became of each file of a source, by name, from the one after ``after`` on. Raises NotFound."""
    if session.get(Source, source_id) is None:
        raise NotFound(f"There is no source {source_id}.")
    query = select(ImportLine).where(ImportLine.source_id == source_id, ImportLine.file_name > after)
    if outcome is not None:
        query = query.where(ImportLine.outcome == outcome)
    if reason is not None:
        query = query.where(ImportLine.reason == reason)
    return session.scalars(query.order_by(ImportLine.file_name).limit(limit)).all()


def store_lines(session: Session, source: Source, lines: list[Line]) -> None:
    """Each file has one line, of its last import."""
    rows = {
        line.file_name: {
            "source_id": source.id,
            "file_name": line.file_name,
            "outcome": line.outcome,
            "reason": line.reason,
            "image_id": line.image_id,
        }
        for line in lines
    }
    statement = insert(ImportLine)
    new = statement.excluded
    # What was said of a film as it came in is true of it still.
    again = and_(new.outcome == "unchanged", ImportLine.outcome != "refused")
    reason = func.coalesce(new.reason, case((again, ImportLine.reason)))
    keep = {"outcome": new.outcome, "reason": reason, "image_id": new.image_id, "at": new.at}
    session.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "file_name"], set_=keep), list(rows.values())
    )


def forget_refused(session: Session, source: Source, began: datetime) -> None:
    """A refusal of before that an import did not meet again, from when it ``began`` to its end, is of a file that is
    gone, or is called otherwise. Of films that came in the lines stay."""
    gone = delete(ImportLine).where(ImportLine.source_id == source.id, ImportLine.at < began)
    session.execute(gone.where(ImportLine.outcome == "refused"))
