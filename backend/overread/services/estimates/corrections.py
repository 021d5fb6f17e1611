"""What an audit's readers let slip, measured on masks whose truth is known, and whether that corrects the error.

A planted mask is wrong, for certain. A mask is right when a judge, or the other reader of two who agree, found it so.
Both are judged by the same rule as the reads that are corrected (``Read.unacceptable``), and "cannot tell" counts in
neither, as it does not there. Rates are those of all readers and findings together: plants are too few for more.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, Iteration, Read
from overread.domain.readers.trust import ENOUGH, beats_chance
from overread.domain.sampling.shares import Share, share
from overread.services.audit.adjudication import Pair, list_pairs
from overread.services.heads import of_plants

State = Literal["corrected", "unread", "disputed", "few-plants", "few-right", "chance"]

WHY_NOT: dict[State, str] = {
    "unread": "cases of this audit are not read yet",
    "disputed": "two readers differ and nobody has decided yet",
    "few-plants": f"fewer than {ENOUGH} planted errors were judged; plan SENTINEL reads",
    "few-right": f"fewer than {ENOUGH} masks are known to be right; plan second readers",
    "chance": "they call right masks wrong as often as planted errors, so their reads tell nothing",
}


@dataclass(frozen=True)
class Correction:
    """``detected``: planted masks called wrong; ``false_alarms``: right masks called wrong. ``state`` says whether they
    correct the error, or why they do not: cases are unread, or disputes undecided (without these the readers' slips
    would be missing); too few plants, or too few masks known to be right; readers did no better than chance."""

    detected: Share
    false_alarms: Share
    state: State

    @property
    def rates(self) -> tuple[Share, Share] | None:
        """What corrects; None where nothing does."""
        return (self.detected, self.false_alarms) if self.state == "corrected" else None


def correction(session: Session, audit: Audit) -> Correction:
    """How the audit's readers did on masks whose truth is known. While cases are open nothing is told of it: a count
    that moves after a read would tell that it was a test."""
    if _reading(session, audit):
        return Correction(share(0, 0), share(0, 0), "unread")
    pairs = list_pairs(session, Audit.id == audit.id)
    detected, false_alarms = _planted(session, audit), _right(pairs)
    return Correction(detected, false_alarms, _state(pairs, detected, false_alarms))


def correction_sentence(one: Correction) -> str:
    """A sentence for the report."""
    if one.state != "corrected":
        return f"The error is not corrected for readers' slips: {WHY_NOT[one.state]}."
    return (
        f"Corrected: readers called {one.detected.hits} of {one.detected.n} planted errors wrong, and "
        f"{one.false_alarms.hits} of {one.false_alarms.n} masks that others found right (Rogan and Gladen)."
    )


def _state(pairs: list[Pair], detected: Share, false_alarms: Share) -> State:
    if any(pair.disputed and pair.judged is None for pair in pairs):
        return "disputed"
    if detected.n < ENOUGH:
        return "few-plants"
    if false_alarms.n < ENOUGH:
        return "few-right"
    return "corrected" if beats_chance(detected, false_alarms) else "chance"


def _reading(session: Session, audit: Audit) -> bool:
    open_case = select(AuditCase.id).where(AuditCase.audit_id == audit.id, ~AuditCase.done).limit(1)
    stage = session.get_one(Iteration, audit.iteration_id).stage
    return stage == "auditing" and session.scalar(open_case) is not None


def _planted(session: Session, audit: Audit) -> Share:
    """Each reader's last word on each planted mask."""
    reads = session.scalars(
        select(Read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit.id, of_plants())
        .order_by(Read.id)
    )
    words = {(read.case_id, read.finding, read.account_id): read for read in reads}.values()
    wrong = [read.unacceptable for read in words if read.verdict != "cannot_tell"]
    return share(sum(wrong), len(wrong))


def _right(pairs: list[Pair]) -> Share:
    found = []
    for pair in (pair for pair in pairs if not pair.blind):  # who reads blind refuses nothing
        for own, other in ((pair.first, pair.second), (pair.second, pair.first)):
            word = pair.judged or (None if pair.disputed else other)
            if word is not None and not word.unacceptable and own.verdict != "cannot_tell":
                found.append(own.unacceptable)
    return share(sum(found), len(found))
