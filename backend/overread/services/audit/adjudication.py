"""Two readers of one film: how far they agree, and a third who decides where they do not (definitions: section 7).

Both masks stay. The judge's read is a row like any other, marked as such: it outranks the two wherever a read is asked
for, and in training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy import case as either
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, PseudoLabel, Read
from overread.domain.errors import Conflict, InvalidInput, NotFound
from overread.domain.imaging.masks import Rle
from overread.domain.readers.trust import differ
from overread.domain.sampling.shares import Share, share
from overread.services.audit import holdout
from overread.services.audit.audits import get_audit
from overread.services.audit.finality import standing
from overread.services.audit.kept_out import keep_out
from overread.services.audit.reads import FindingRead, check_verdict, read_mask, read_rle, read_row
from overread.services.audit.work import kind_of_decision
from overread.services.films.masks import mask_of, rle_of
from overread.services.films.projects import get_project
from overread.services.heads import counted, frozen
from overread.services.trail import record


@dataclass(frozen=True)
class Pair:
    """Two readers' words on one unit, both done. ``dice`` is None where both found no lesion or one cannot tell;
    ``judged`` the third's read, if there is one."""

    case_id: int
    image: Image
    finding: str
    first: Read
    second: Read
    masks: tuple[Rle, Rle]
    dice: float | None
    judged: Read | None

    @property
    def disputed(self) -> bool:
        """Whether a judge is needed."""
        return differ(self.first.verdict == "cannot_tell", self.second.verdict == "cannot_tell", self.dice)

    @property
    def blind(self) -> bool:
        """Whether both drew before any mask was shown: the unit is HOLDOUT, and what they drew its reference."""
        return self.first.blind


@dataclass(frozen=True)
class Dispute:
    """A pair side by side: both masks as they are sent, the mask both were shown (None where they drew before any was),
    and the decision's; None is a read that cannot tell, or none yet."""

    pair: Pair
    first: Rle | None
    second: Rle | None
    pseudo: Rle | None
    decision: Rle | None


@dataclass(frozen=True)
class ReadersAgreement:
    """Human against human on one finding: pairs of which both could tell, mean Dice where a lesion was drawn, share of
    one opinion."""

    finding: str
    pairs: int
    dice: float | None
    agree: Share


def list_pairs(session: Session, *where: ColumnElement[bool]) -> list[Pair]:
    """The units that two readers have read, by what ``where`` says of Audit or Iteration."""
    first, second, case = aliased(Read), aliased(Read), aliased(AuditCase)
    query = (
        select(case.id, Image, AuditItem.finding, first, second)
        .select_from(AuditItem)
        .join(AuditCase, (AuditCase.id == AuditItem.case_id) & AuditCase.done)
        .join(case, (case.audit_id == AuditCase.audit_id) & (case.image_id == AuditCase.image_id) & case.done)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .join(Image, Image.id == AuditCase.image_id)
        .join(first, first.id == _word(case.id, AuditItem.finding, AuditItem.task))
        .join(second, second.id == _word(AuditCase.id, AuditItem.finding, AuditItem.task))
        .where(AuditCase.look == "second", case.look == "first", *where)
        .order_by(AuditItem.id)
    )
    rows = session.execute(query).all()
    judged = _judged(session, [row[0] for row in rows])
    return [_pair(session, *row, judged.get((row[0], row[2]))) for row in rows]


def get_pair(session: Session, audit_id: int, image_id: int, finding: str) -> Pair:
    """Both readers' words on one unit; NotFound unless two have read it and both are done."""
    found = list_pairs(session, Audit.id == audit_id, Image.id == image_id, AuditItem.finding == finding)
    if not found:
        raise NotFound("No two readers are done with this finding on this film.")
    return found[0]


def audit_pairs(session: Session, audit_id: int) -> list[Pair]:
    """The units of an audit that two readers have read, or NotFound."""
    get_audit(session, audit_id)
    return list_pairs(session, Audit.id == audit_id)


def describe_dispute(session: Session, audit_id: int, image_id: int, finding: str) -> Dispute:
    """Both reads of one unit, side by side. Raises NotFound as ``get_pair`` does."""
    pair = get_pair(session, audit_id, image_id, finding)
    proposed = mask_of(session, session.get_one(PseudoLabel, pair.first.pseudo_label_id))
    shown = rle_of(proposed, pair.image)
    judged = pair.judged
    return Dispute(
        pair=pair,
        first=pair.masks[0] if pair.first.verdict != "cannot_tell" else None,
        second=pair.masks[1] if pair.second.verdict != "cannot_tell" else None,
        pseudo=None if pair.blind else shown,
        decision=read_rle(pair.image, judged, read_mask(session, judged)) if judged is not None else None,
    )


def adjudicate(
    session: Session, audit_id: int, image_id: int, account_id: int, verdict: FindingRead, seconds: float
) -> Read:
    """Record a third reader's decision: their mask becomes the reference. The same decision again is the same row.
    Where the audit is closed, or somebody has decided, it is a sibling, kept beside.

    Raises NotFound before both are done, Conflict for one of the two, InvalidInput where a reason is needed: the note
    is one, and so is the dispute, as long as no gate was judged on what the two said.
    """
    check_verdict(verdict)
    if not np.isfinite(seconds) or seconds < 0:
        raise InvalidInput("seconds is the time the read took, 0 or more.")
    pair = get_pair(session, audit_id, image_id, verdict.finding)
    if pair.blind and verdict.verdict == "accept":
        raise InvalidInput(f"{verdict.finding}: no mask was shown to accept. Take a reader's, draw, or say no lesion.")
    if account_id in (pair.first.account_id, pair.second.account_id):
        raise Conflict("You are one of the two readers. Somebody else has to decide between you.")
    case = session.get_one(AuditCase, pair.case_id, with_for_update=True)
    now = standing(session, case, account_id, lock=True)
    label = session.get_one(PseudoLabel, pair.first.pseudo_label_id)
    said, sha256 = read_row(session, pair.image, label, verdict, "read")
    known = _judged(session, [case.id]).get((case.id, verdict.finding))
    if known is not None:
        mask = read_mask(session, known)
        if (known.account_id, known.verdict, mask.sha256 if mask else None) == (account_id, verdict.verdict, sha256):
            return known
    late = now.closed or known is not None
    reason = verdict.note if late else _reason(pair, verdict, now.judged)
    said.case_id, said.account_id, said.seconds, said.fence = case.id, account_id, seconds, case.fence
    said.adjudicated, said.sibling = not late, late
    said.work = kind_of_decision(said, sha256, pair.masks)
    session.add(said)
    session.flush()
    if not late:
        keep_out(session, session.get_one(Audit, audit_id), said)
    if not late and pair.blind:
        holdout.settle(session, audit_id, image_id, verdict.finding)
    detail = {"finding": verdict.finding, "verdict": verdict.verdict, "mask": sha256, "reason": reason, "sibling": late}
    record(session, "unit.adjudicated", f"case {case.id}", project_id=now.project_id, account_id=account_id, **detail)
    return said


def _reason(pair: Pair, verdict: FindingRead, judged: bool) -> str:
    """Why two finished reads are decided over."""
    note = (verdict.note or "").strip()
    if note:
        return note
    if judged or not pair.disputed:
        raise InvalidInput("Say why in the note: this decides over reads that agree, or that a gate was judged on.")
    return f"the two readers differ: {pair.first.verdict} and {pair.second.verdict}, Dice {pair.dice}"


def project_agreements(session: Session, project_id: int, open_too: bool) -> list[ReadersAgreement]:
    """Human–human agreement by finding over all audits of a project, or over those that are closed."""
    findings = get_project(session, project_id).findings
    closed = [] if open_too else [Iteration.stage != "auditing"]
    return agreements(list_pairs(session, Iteration.project_id == project_id, *closed), findings)


def agreements(pairs: Sequence[Pair], findings: Sequence[str]) -> list[ReadersAgreement]:
    """Human–human agreement by finding: the ceiling of what a network can be measured at."""
    found = []
    for finding in findings:
        own = [pair for pair in pairs if pair.finding == finding and not _unsure(pair)]
        drawn = [pair.dice for pair in own if pair.dice is not None]
        mean = float(np.mean(drawn)) if drawn else None
        found.append(ReadersAgreement(finding, len(own), mean, share(sum(not pair.disputed for pair in own), len(own))))
    return found


def _unsure(pair: Pair) -> bool:
    return "cannot_tell" in (pair.first.verdict, pair.second.verdict)


def _word(case_id: Any, finding: Any, task: Any) -> Any:
    """The reader's last word in a case: the newest read that counts, a judge's apart. Where the item is read blind, the
    first blind one: no later word changes a reference."""
    word = aliased(Read)
    return (
        select(either((task == "blind", func.min(word.id)), else_=func.max(word.id)))
        .where(word.case_id == case_id, word.finding == finding)
        .where(either((task == "blind", frozen(word)), else_=counted(word)), ~word.adjudicated)
        .scalar_subquery()
    )


def _judged(session: Session, case_ids: Sequence[int]) -> dict[tuple[int, str], Read]:
    query = select(Read).where(Read.case_id.in_(case_ids), Read.adjudicated)
    return {(read.case_id, read.finding): read for read in session.scalars(query)}


def _pair(
    session: Session, case_id: int, image: Image, finding: str, first: Read, second: Read, judged: Read | None
) -> Pair:
    masks = (rle_of(read_mask(session, first), image), rle_of(read_mask(session, second), image))
    value = None
    if "cannot_tell" not in (first.verdict, second.verdict):
        value = masks[0].dice(masks[1])
    return Pair(case_id, image, finding, first, second, masks, value, judged)
