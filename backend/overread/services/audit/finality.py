"""Reads that decide are final: what a save may still change, in one place. The database refuses the rest by itself.

A closed audit takes nothing. A finding that was read changes by its own reader alone, while the audit is open and no
gate was judged on it, else by a judge. Whatever else is saved is kept beside, as a late save is.
"""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, GateDecision, Iteration, Read
from overread.domain.words import LateWhy
from overread.services.heads import finished


@dataclass(frozen=True)
class Standing:
    """What one account may decide in a case: nothing once ``closed``, none of the ``final`` findings. ``judged``: a
    gate was, on this audit; ``drawn``: the findings that are to be read."""

    project_id: int
    closed: bool
    judged: bool
    drawn: frozenset[str]
    final: frozenset[str]

    @property
    def left(self) -> frozenset[str]:
        """The drawn findings that this account may still decide."""
        return frozenset() if self.closed else self.drawn - self.final

    @property
    def why(self) -> LateWhy | None:
        """Why nothing that is drawn here can be decided any more; None where something can."""
        if self.closed:
            return "audit-closed"
        return None if self.left else "read-final"


def standing(session: Session, case: AuditCase, account_id: int, lock: bool = False) -> Standing:
    """``lock``: no gate is judged on this audit before the transaction ends."""
    query = (
        select(Iteration.id, Iteration.project_id, Iteration.stage)
        .join(Audit, Audit.iteration_id == Iteration.id)
        .where(Audit.id == case.audit_id)
    )
    iteration_id, project_id, stage = session.execute(
        query.with_for_update(read=True, of=Iteration) if lock else query
    ).one()
    judged = bool(session.scalar(select(exists().where(GateDecision.iteration_id == iteration_id))))
    read = select(Read.finding).where(Read.case_id == case.id, finished())
    final = read if judged else read.where((Read.account_id != account_id) | Read.adjudicated)
    drawn = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id))
    return Standing(project_id, stage != "auditing", judged, frozenset(drawn), frozenset(session.scalars(final)))
