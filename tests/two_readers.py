"""What two readers do on one film: each their own look, with squares for masks, or all that is handed out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import select, text

from overread.db.tables import Account, AuditCase, AuditItem, Image
from overread.domain.imaging.masks import Rle
from overread.services.audit import cases, queue, reads
from tests.loop import Loop

TWO = {"measure": 6, "fix": 0, "second": 0.4}


def person(loop: Loop, name: str) -> int:
    with loop.database.transaction() as session:
        found = session.scalar(select(Account.id).where(Account.name == name))
        if found is None:
            found = session.scalar(
                text("insert into account (name, name_key, role) values (:n, :n, 'reader') returning id"), {"n": name}
            )
        return int(found or 0)


def square(image: Image, side: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((image.height, image.width), bool)
    mask[2 : 2 + side, 2 : 2 + side] = True
    return mask


def rle(mask: np.ndarray[Any, Any]) -> Rle:
    return Rle.of(mask)


def read(loop: Loop, case_id: int, account_id: int, verdict: str, side: int = 0) -> None:
    """Read a case, blind part included: everything that is drawn by one verdict; squares where it is a fix."""
    while True:
        with loop.database.transaction() as session:
            case = queue.claim_case(session, case_id, account_id)
            told = cases.describe_case(session, case, account_id)
            image, word = told.image, verdict
            if told.blind and verdict == "accept":
                word = "reject"
            mask = rle(square(image, side)) if word == "fix" else None
            verdicts = [reads.FindingRead(one.finding, word, mask) for one in told.findings if one.drawn]
            body = reads.CaseRead(image.sha256, case.fence, case.version, 3.0 + case_id, verdicts)
            key = f"key-{case_id}-{account_id}-{case.version}"
            if not reads.submit_read(session, case_id, account_id, key, body).blind:
                return


def two_looks(loop: Loop, audit_id: int) -> list[tuple[AuditCase, AuditCase]]:
    with loop.database.transaction() as session:
        second = session.scalars(select(AuditCase).filter_by(audit_id=audit_id, look="second").order_by(AuditCase.id))
        return [
            (
                session.scalars(
                    select(AuditCase).filter_by(audit_id=audit_id, image_id=case.image_id, look="first")
                ).one(),
                case,
            )
            for case in second.all()
        ]


Word = Callable[[cases.CaseFinding, bool], reads.FindingRead]


def accept(one: cases.CaseFinding, _planted: bool) -> reads.FindingRead:
    return reads.FindingRead(one.finding, "accept")


def refuse_planted(one: cases.CaseFinding, planted: bool) -> reads.FindingRead:
    return reads.FindingRead(one.finding, "cannot_tell" if planted else "accept")


def work(loop: Loop, audit_id: int, account_id: int, say: Word, most: int = 300) -> int:
    """One reader reads all that is handed out, blind films as without a lesion; how many saves that took."""
    for saves in range(most):
        with loop.database.transaction() as session:
            case = queue.claim_next(session, audit_id, account_id)
            if case is None:
                return saves
            told = cases.describe_case(session, case, account_id)
            query = select(AuditItem.finding).filter_by(case_id=case.id, task="planted")
            planted = set(session.scalars(query))
            said = [
                reads.FindingRead(one.finding, "reject") if told.blind else say(one, one.finding in planted)
                for one in told.findings
                if one.drawn
            ]
            body = reads.CaseRead(told.image.sha256, case.fence, case.version, 3.0 + case.id, said)
            key = f"key-{case.id}-{account_id}-{case.version}"
            assert not reads.submit_read(session, case.id, account_id, key, body).sibling
    raise AssertionError("the same films come again and again")


def read_everything(loop: Loop, audit_id: int, account_id: int, catches: bool) -> None:
    """A reader who accepts whatever is shown, or one who refuses what was planted and accepts the rest."""
    work(loop, audit_id, account_id, refuse_planted if catches else accept)


def claim(loop: Loop, case_id: int, account_id: int) -> AuditCase:
    with loop.database.transaction() as session:
        case = queue.claim_case(session, case_id, account_id)
        session.expunge(case)
        return case


def first_case(loop: Loop, audit_id: int) -> int:
    """A case with one finding to read."""
    with loop.database.transaction() as session:
        query = select(AuditCase.id).where(AuditCase.audit_id == audit_id).order_by(AuditCase.position)
        return next(
            case_id
            for case_id in session.scalars(query)
            if len(session.scalars(select(AuditItem.id).where(AuditItem.case_id == case_id)).all()) == 1
        )
