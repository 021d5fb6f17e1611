"""Audits, and the audit of an iteration: there is one at most."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Iteration
from overread.domain.errors import Conflict, NotFound


def get_audit(session: Session, audit_id: int, *, lock: bool = False) -> Audit:
    """The audit, or NotFound."""
    audit = session.get(Audit, audit_id, with_for_update=lock or None)
    if audit is None:
        raise NotFound(f"There is no audit {audit_id}.")
    return audit


def find_audit(session: Session, iteration_id: int) -> Audit | None:
    """An iteration's audit; None before it is drawn."""
    return session.scalars(select(Audit).where(Audit.iteration_id == iteration_id)).one_or_none()


def audit_of(session: Session, iteration: Iteration) -> Audit:
    """The iteration's audit; raises Conflict before there is one."""
    audit = find_audit(session, iteration.id)
    if audit is None:
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; its audit is not drawn yet.")
    return audit


def lock_open_audit(session: Session, audit_id: int) -> tuple[Audit, Iteration]:
    """An audit that takes more items, locked, and its iteration; raises NotFound, or Conflict once it is closed."""
    audit = get_audit(session, audit_id, lock=True)
    iteration = session.get_one(Iteration, audit.iteration_id, with_for_update={"read": True})
    if iteration.stage != "auditing":
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; items are added while its audit is open.")
    return audit, iteration
