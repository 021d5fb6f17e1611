"""The trail: one line for each change a person or a worker made, chained by hash so that no line can go missing."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from overread.db.tables import TrailLine

GENESIS = "0" * 64


def line_hash(previous: str, line: dict[str, Any]) -> str:
    """SHA-256 over the previous line's hash and this line's canonical JSON."""
    body = json.dumps(line, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous}{body}".encode()).hexdigest()


def record(
    session: Session,
    action: str,
    subject: str,
    *,
    project_id: int | None = None,
    account_id: int | None = None,
    **detail: Any,
) -> None:
    """Append a line in the caller's transaction. The chain's lock is held until that commits."""
    session.execute(text("select pg_advisory_xact_lock(hashtext('trail'), :project)"), {"project": project_id or 0})
    head = session.scalar(
        select(TrailLine.sha256)
        .where(TrailLine.project_id.is_not_distinct_from(project_id))
        .order_by(TrailLine.id.desc())
        .limit(1)
    )
    previous = head or GENESIS
    at = session.scalar(select(text("clock_timestamp()")))
    line = _body(at, account_id, action, subject, detail)
    session.add(
        TrailLine(
            project_id=project_id,
            at=at,
            account_id=account_id,
            action=action,
            subject=subject,
            detail=detail,
            previous_sha256=previous,
            sha256=line_hash(previous, line),
        )
    )
    session.flush()


def verify_trail(session: Session, project_id: int | None) -> int | None:
    """The id of the first line that does not follow from the one before it; None when the chain holds."""
    previous = GENESIS
    query = select(TrailLine).where(TrailLine.project_id.is_not_distinct_from(project_id)).order_by(TrailLine.id)
    for line in session.scalars(query.execution_options(yield_per=1000)):
        body = _body(line.at, line.account_id, line.action, line.subject, line.detail)
        if line.previous_sha256 != previous or line.sha256 != line_hash(previous, body):
            return line.id
        previous = line.sha256
    return None


def _body(at: datetime | None, account_id: int | None, action: str, subject: str, detail: Any) -> dict[str, Any]:
    moment = at.astimezone(UTC).isoformat() if at else ""
    return {"at": moment, "account": account_id, "action": action, "subject": subject, "detail": detail}
