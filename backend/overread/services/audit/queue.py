"""The cases of an audit: handed out one film at a time, under a lease with a fence."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Audit, AuditCase, AuditItem, Iteration, Read
from overread.domain.errors import AuditClosed, Conflict, NotFound, StaleVersion
from overread.services.audit.finality import standing
from overread.services.heads import in_time

LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Progress:
    """Cases and items, drawn and done."""

    cases: int
    cases_done: int
    items: int
    items_done: int


def claim_next(session: Session, audit_id: int, account_id: int) -> AuditCase | None:
    """The next open film for this reader: the one they hold already, else the first that nobody holds; None once all
    are read, or the audit is closed."""
    free = _free(audit_id, account_id).with_for_update(skip_locked=True)
    case_id = session.scalar(_held(audit_id, account_id)) or session.scalar(free)
    return _lease(session, case_id, account_id) if case_id is not None else None


def next_case(session: Session, audit_id: int, account_id: int, beside: int) -> AuditCase | None:
    """What ``claim_next`` would hand out if the case ``beside`` were read by now. No lease is taken."""
    queues = (_held(audit_id, account_id), _free(audit_id, account_id))
    found = (session.scalar(queue.where(AuditCase.id != beside)) for queue in queues)
    case_id = next((case_id for case_id in found if case_id is not None), None)
    return session.get(AuditCase, case_id) if case_id is not None else None


def _held(audit_id: int, account_id: int) -> Select[int]:
    return _first_open(audit_id).where(AuditCase.account_id == account_id, leased())


def _free(audit_id: int, account_id: int) -> Select[int]:
    nobody = or_(AuditCase.lease_until.is_(None), ~leased())
    return _first_open(audit_id).where(nobody, _may_read(account_id))


def leased(case: type[AuditCase] = AuditCase) -> ColumnElement[bool]:
    """Whether a case is held. A lease that ends later than any could is none: the database's clock was set back, and
    it would hold the case for as long."""
    return case.lease_until.between(func.now(), func.now() + 2 * LEASE)


def _first_open(audit_id: int) -> Select[int]:
    open_cases = select(AuditCase.id).where(AuditCase.audit_id == audit_id, ~AuditCase.done, ~_closed())
    return open_cases.order_by(AuditCase.position).limit(1)


def _closed() -> ColumnElement[bool]:
    """Whether the audit of a case takes no read: its iteration is closed, or has not come to it yet."""
    return exists().where(
        Audit.id == AuditCase.audit_id, Iteration.id == Audit.iteration_id, Iteration.stage != "auditing"
    )


def claim_case(session: Session, case_id: int, account_id: int) -> AuditCase:
    """This very case; where nothing can be decided any more as it is, without a lease: it may be looked at, and what is
    saved is kept beside. Raises StaleVersion while another reader holds it, Conflict when it asks for another reader.
    """
    case = session.scalars(select(AuditCase).where(AuditCase.id == case_id).with_for_update()).one_or_none()
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    if session.scalar(select(AuditCase.id).where(AuditCase.id == case_id, _may_read(account_id))) is None:
        raise Conflict("This film is read by two readers, or twice by one; this look at it is not for you.")
    if standing(session, case, account_id).why is not None:
        return case
    other = case.account_id is not None and case.account_id != account_id
    if other and session.scalar(select(leased()).where(AuditCase.id == case_id)):
        raise StaleVersion("Another reader has this case open. It is free again when they finish or leave it.")
    return _lease(session, case_id, account_id)


def renew_case(session: Session, case_id: int, account_id: int, fence: int) -> AuditCase:
    """A heartbeat; raises StaleVersion when the lease has gone to somebody else, AuditClosed once nothing is taken."""
    if session.scalar(select(AuditCase.id).where(AuditCase.id == case_id, _closed())) is not None:
        raise AuditClosed(AuditClosed.sentence)
    case = session.scalars(
        update(AuditCase)
        .where(AuditCase.id == case_id, AuditCase.account_id == account_id, AuditCase.fence == fence)
        .values(lease_until=func.now() + LEASE)
        .returning(AuditCase)
    ).one_or_none()
    if case is None:
        raise StaleVersion(
            "This case has gone to another reader meanwhile. What you drew is kept; open the case again."
        )
    return case


def release_case(session: Session, case_id: int, account_id: int, fence: int) -> None:
    """Hand a case back; another reader may have it at once."""
    session.execute(
        update(AuditCase)
        .where(AuditCase.id == case_id, AuditCase.account_id == account_id, AuditCase.fence == fence)
        .values(lease_until=None, account_id=None, fence=AuditCase.fence + 1)
    )


def seconds_left(session: Session, case_id: int) -> float:
    """How long the case's lease lasts, by the database's clock; 0 where nobody holds it."""
    left = select(func.extract("epoch", AuditCase.lease_until - func.now())).where(AuditCase.id == case_id)
    return max(0.0, float(session.scalar(left) or 0))


def audit_progress(session: Session, audit_id: int) -> Progress:
    """How far the audit has come."""
    cases, done = session.execute(
        select(func.count(), func.count().filter(AuditCase.done)).where(AuditCase.audit_id == audit_id)
    ).one()
    items, read = session.execute(
        select(func.count(), func.count().filter(AuditCase.done))
        .select_from(AuditItem)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit_id)
    ).one()
    return Progress(cases, done, items, read)


def _may_read(account_id: int) -> ColumnElement[bool]:
    """First and second look are for two readers, and the second waits until somebody has the first: who reads alone has
    all the first ones. The look again is for who took the first, once it is done."""
    other = aliased(AuditCase)
    read = exists().where(Read.case_id == other.id, Read.account_id == account_id, in_time())
    taken = read | ((other.account_id == account_id) & leased(other))
    same = exists().where(
        other.audit_id == AuditCase.audit_id, other.image_id == AuditCase.image_id, other.id != AuditCase.id
    )
    theirs = same.where(other.look.in_(("first", "second")), taken)
    own = exists().where(Read.case_id == AuditCase.id, Read.account_id == account_id, in_time())
    held = (AuditCase.account_id == account_id) & leased()
    begun = same.where(other.look == "first", other.done | leased(other)) | own | held
    mine = same.where(other.look == "first", other.done, read)
    return or_(
        (AuditCase.look == "first") & ~theirs,
        (AuditCase.look == "second") & ~theirs & begun,
        (AuditCase.look == "again") & mine,
    )


def _lease(session: Session, case_id: int, account_id: int) -> AuditCase:
    return session.scalars(
        update(AuditCase)
        .where(AuditCase.id == case_id)
        .values(account_id=account_id, lease_until=func.now() + LEASE, fence=AuditCase.fence + 1)
        .returning(AuditCase)
    ).one()
