"""What a reader may not see yet, and what they see in its place, in every answer alike.

A film that is to be read blind shows no machine's mask before this reader's blind read is frozen. A unit with a planted
error shows the planted mask, with words that go with it, as long as its audit is open. A read of a film that is to be
read as well, by somebody else or in a later audit, shows to nobody but its maker until that is done.
"""

from sqlalchemy import ColumnElement, Exists, Select, exists, select
from sqlalchemy.orm import Session, aliased

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Iteration,
    Read,
)
from overread.domain.errors import Conflict, Forbidden
from overread.services.heads import counted, finished, frozen, of_plants


def may_see_streams(role: str, iteration: Iteration) -> bool:
    """Whether an account may be told what moves with one stream alone, as the gate's counts do with MEASURE: no reader
    while the audit is open. An engineer may; who runs the study and reads in it knows that they do."""
    return role != "reader" or iteration.stage != "auditing"


def require_streams(role: str, iteration: Iteration) -> None:
    """Raise Forbidden for who may not be told what the gate counts."""
    if not may_see_streams(role, iteration):
        raise Forbidden("What the gate counts is told to readers once the audit is closed: it would tell the streams.")


def blind_units(account_id: int) -> Select[int, str]:
    """(image, finding) of every open blind item that this account has not frozen a blind read of."""
    look = aliased(AuditCase)  # whichever look at the film: who froze theirs in the first may see what it shows
    done = exists().where(
        Read.case_id == look.id,
        look.audit_id == AuditCase.audit_id,
        look.image_id == AuditCase.image_id,
        Read.finding == AuditItem.finding,
        Read.account_id == account_id,
        frozen(),
    )
    return (
        select(AuditCase.image_id, AuditItem.finding)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(
            Iteration.stage == "auditing",
            AuditItem.task == "blind",
            ~AuditCase.done,
            ~done,
            ~_finished_by_another(account_id),
        )
    )


def audited_units() -> Select[int, str]:
    """(image, finding) of whatever an open audit drew, read or not."""
    return (
        select(AuditCase.image_id, AuditItem.finding)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.stage == "auditing")
    )


def awaited_films() -> Select[int]:
    """The films that an open audit still waits for somebody to read, whoever it is."""
    return (
        select(AuditCase.image_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.stage == "auditing", ~AuditCase.done)
    )


def require_open_eyes(session: Session, account_id: int, image_id: int) -> None:
    """Raise Conflict while this account has yet to read the film blind."""
    units = blind_units(account_id).subquery()
    if session.scalar(select(exists().where(units.c.image_id == image_id))):
        raise Conflict("This film is read blind first: masks and maps are shown once the blind read is frozen.")


def pending_blind(session: Session, case: AuditCase, account_id: int) -> set[str]:
    """The findings of a case that this account has to read blind before it sees anything."""
    if case.done:
        return set()
    done = select(Read.finding).where(Read.case_id == case.id, Read.account_id == account_id, frozen())
    query = select(AuditItem.finding).where(AuditItem.case_id == case.id, AuditItem.task == "blind")
    return set(session.scalars(query.where(AuditItem.finding.not_in(done), ~_finished_by_another(account_id))))


def _finished_by_another(account_id: int) -> Exists:
    """Of items: another has finished it. A film that comes up again for something else asks nobody to read it anew."""
    return exists().where(
        Read.case_id == AuditItem.case_id, Read.finding == AuditItem.finding, Read.account_id != account_id,
        finished(),
    )  # fmt: skip


def seen_by(account_id: int) -> ColumnElement[bool]:
    """Of reads: those that count and that this account may see; and its own of planted errors, which look alike to it
    as long as the audit is open."""
    own, other = aliased(AuditCase), aliased(AuditCase)
    auditing = _in_open_audit(own).where(own.id == Read.case_id)
    waiting = _in_open_audit(other).where(other.image_id == Read.image_id, other.id != Read.case_id, ~other.done)
    mine = Read.account_id == account_id
    return counted() & (mine | ~waiting) | of_plants() & mine & auditing


def late_seen_by(account_id: int) -> ColumnElement[bool]:
    """Of late saves: this account's own; another's once every look at the film is done, in whatever audit. Another's
    blind drafts never, nor another's reads of planted errors; its own of those as long as the audit is open."""
    own, other = aliased(AuditCase), aliased(AuditCase)
    auditing = _in_open_audit(own).where(own.id == Read.case_id)
    waiting = _in_open_audit(other).where(other.image_id == Read.image_id, ~other.done)
    mine, plain = Read.account_id == account_id, Read.task != "planted"
    return Read.sibling & (mine & (plain | auditing) | ~mine & plain & ~Read.blind & ~waiting)


def _in_open_audit(case: type[AuditCase]) -> Exists:
    """That there is such a case, in an open audit."""
    of_audit = exists().where(Audit.id == case.audit_id, Iteration.id == Audit.iteration_id)
    return of_audit.where(Iteration.stage == "auditing")
