"""An audit of SENTINEL items alone, and how its cases are opened and read."""

from typing import Any

from sqlalchemy import select

from overread.db.tables import AuditItem
from overread.domain.imaging.masks import Rle
from overread.domain.readers.saves import SavedRead
from overread.services.audit import cases, queue, reads
from tests.loop import Loop

PLAN = {"measure": 0, "fix": 0, "sentinel": 20}


def cases_with(loop: Loop, task: str) -> list[tuple[int, str, int]]:
    """(case, finding, label) of every item with this task."""
    with loop.database.transaction() as session:
        query = select(AuditItem.case_id, AuditItem.finding, AuditItem.pseudo_label_id).where(AuditItem.task == task)
        return [tuple(row) for row in session.execute(query.order_by(AuditItem.id))]  # type: ignore[misc]


def open_case(loop: Loop, case_id: int) -> cases.Case:
    with loop.database.transaction() as session:
        return cases.describe_case(session, queue.claim_case(session, case_id, loop.account_id), loop.account_id)


def finding_of(told: cases.Case, finding: str) -> cases.CaseFinding:
    return next(one for one in told.findings if one.finding == finding)


def submit(loop: Loop, told: cases.Case, key: str, verdict: str, mask: Any = None, others: str = "accept") -> SavedRead:
    """One verdict on each drawn finding of a case."""
    case, image = told.case, told.image
    drawn = [one.finding for one in told.findings if one.drawn]
    rle = None
    if mask is not None:
        rle = Rle.of(mask)
    verdicts = [reads.FindingRead(finding, verdict, rle if verdict == "fix" else None) for finding in drawn]
    body = reads.CaseRead(image.sha256, case.fence, case.version, 4.0, verdicts)
    with loop.database.transaction() as session:
        return reads.submit_read(session, case.id, loop.account_id, key, body)
