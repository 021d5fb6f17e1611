"""An audit and its cases as they stand: what its page and its list of films show."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Project
from overread.domain.errors import NotFound
from overread.services.audit.audits import get_audit
from overread.services.audit.queue import Progress, audit_progress, leased


@dataclass(frozen=True)
class AuditState:
    """An audit, whose it is, and how far it has come."""

    audit: Audit
    iteration: Iteration
    findings: list[str]
    progress: Progress


@dataclass(frozen=True)
class CaseRow:
    """A case in the list: its film, whether somebody holds it, and the findings that are to be read."""

    id: int
    position: int
    image_id: int
    file_name: str
    done: bool
    leased: bool
    findings: list[str]


def get_case(session: Session, case_id: int) -> AuditCase:
    """The case, or NotFound."""
    case = session.get(AuditCase, case_id)
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    return case


def describe_audit(session: Session, audit_id: int) -> AuditState:
    """The audit with what its page says beside its gate. Raises NotFound."""
    audit = get_audit(session, audit_id)
    iteration = session.get_one(Iteration, audit.iteration_id)
    findings = session.get_one(Project, iteration.project_id).findings
    return AuditState(audit, iteration, findings, audit_progress(session, audit_id))


def list_cases(session: Session, audit_id: int, account_id: int) -> list[CaseRow]:
    """The cases of an audit, in their order. A later look at a film is listed for who has done it: that a film comes a
    second time is not told. Raises NotFound."""
    get_audit(session, audit_id)
    query = (
        select(AuditCase, Image.file_name, leased(), func.array_agg(AuditItem.finding))
        .join(Image, Image.id == AuditCase.image_id)
        .join(AuditItem, AuditItem.case_id == AuditCase.id)
        .where(AuditCase.audit_id == audit_id)
        .where((AuditCase.look == "first") | AuditCase.done & (AuditCase.account_id == account_id))
        .group_by(AuditCase.id, Image.file_name)
        .order_by(AuditCase.position)
    )
    return [
        CaseRow(case.id, case.position, case.image_id, name, case.done, bool(held), sorted(drawn))
        for case, name, held, drawn in session.execute(query)
    ]
