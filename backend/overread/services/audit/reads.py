"""Reads: a reader's verdicts on one film, saved once, never changed, never lost.

A save carries the case's fence and version and an Idempotency-Key. A retry gets the answer it missed; a save that
comes too late (the case has gone to another reader, another tab saved first, the audit is closed) is kept as a sibling
and said so.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Mask,
    PseudoLabel,
    Read,
    Submission,
)
from overread.domain.errors import Conflict, InvalidInput, InvalidMask, NotFound, StaleMask
from overread.domain.imaging.masks import Rle, dice, region_verdicts
from overread.domain.policy.gate import unacceptable
from overread.domain.readers.saves import SavedRead
from overread.domain.words import Origin
from overread.services.audit.finality import Standing, standing
from overread.services.audit.holdout import settle
from overread.services.audit.kept_out import keep_out
from overread.services.audit.work import kind_of_work
from overread.services.blinding.planted import shown_labels
from overread.services.blinding.rules import pending_blind, seen_by
from overread.services.films.masks import mask_of, mask_row, parse_rle, rle_of, store_masks
from overread.services.heads import counted, heads
from overread.services.labelling.labels import proposed_pixels
from overread.services.labelling.members import knows_teacher
from overread.services.trail import record

ADOPTED = ("pseudo", "public", "previous", "read", "sibling", "teacher")
VERDICTS = ("accept", "fix", "reject", "cannot_tell")


@dataclass(frozen=True)
class FindingRead:
    """One finding's verdict. ``mask`` belongs to a fix, and only to a fix; so do ``threshold`` (0 < t ≤ 1, where the
    slider was left) and ``adopted`` (whose mask was taken over: one of ADOPTED; sibling is a late save's,
    teacher a single network's, then ``teacher`` is its number). ``touched_up``: whether it was drawn on since then.
    ``shown``: the hash of the mask that the reader judged. Both are None for a client that does not say."""

    finding: str
    verdict: str
    mask: Rle | None = None
    note: str | None = None
    flagged: bool = False
    threshold: float | None = None
    adopted: str | None = None
    teacher: int | None = None
    touched_up: bool | None = None
    shown: str | None = None


@dataclass(frozen=True)
class CaseRead:
    """What a reader submits for a film: fence and version of the case as they got it, seconds spent, verdicts."""

    image_sha256: str
    fence: int
    version: int
    seconds: float
    verdicts: list[FindingRead]


def submit_read(session: Session, case_id: int, account_id: int, key: str, read: CaseRead) -> SavedRead:
    """Record a film's verdicts; the answer is the same to every retry.

    Raises InvalidInput, InvalidMask or StaleMask (nothing is written), Conflict for a key used before with another
    body.
    """
    body = body_hash(case_id, read)
    # The case is locked before the key is looked up: a retry that overtakes its first try waits, and gets its answer.
    case = session.scalars(select(AuditCase).where(AuditCase.id == case_id).with_for_update()).one_or_none()
    known = session.get(Submission, (account_id, key))
    if known is not None:
        if known.body_sha256 != body:
            raise Conflict("This Idempotency-Key was used for another save. Make a new key for each save.")
        return known.answer
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    image = session.get_one(Image, case.image_id)
    now = standing(session, case, account_id, lock=True)
    blind = pending_blind(session, case, account_id)
    _check_read(image, read, blind, now)
    stale = case.fence != read.fence or case.version != read.version
    beside = _kept_beside(read, now, stale or case.account_id != account_id)
    masks = _store_reads(session, case, image, account_id, read, beside, bool(blind))
    late = len(beside) == len(read.verdicts)
    if not late:
        case.version += 1
        if not blind:
            case.done, case.lease_until = True, None
    final = late and (now.closed or (not stale and beside <= now.final))
    answer = SavedRead(
        case.id, case.version, late, case.done, masks, bool(blind), now.why if final else None, sorted(beside)
    )
    session.add(Submission(account_id=account_id, key=key, body_sha256=body, answer=answer))
    verdicts = {verdict.finding: verdict.verdict for verdict in read.verdicts}
    detail = {name: getattr(answer, name) for name in ("version", "sibling", "beside", "blind", "masks")}
    detail |= {"verdicts": verdicts}
    record(session, "case.read", f"case {case.id}", project_id=now.project_id, account_id=account_id, **detail)
    return answer


def body_hash(case_id: int, read: CaseRead) -> str:
    """What tells a retry from another save. What a verdict does not say, and once could not, is left out."""
    said = asdict(read)
    for verdict in said["verdicts"]:
        for later in ("shown", "touched_up"):
            if verdict[later] is None:
                del verdict[later]
    return hashlib.sha256(json.dumps([case_id, said], sort_keys=True).encode()).hexdigest()


def _kept_beside(read: CaseRead, now: Standing, late: bool) -> set[str]:
    """The findings of a save that decide nothing."""
    said = {verdict.finding for verdict in read.verdicts}
    return said if late or now.closed else said & now.final


def newest_reads(session: Session, image_id: int, account_id: int | None = None) -> dict[str, Read]:
    """The read of each finding of an image that counts; of those that the account may see."""
    allowed = counted() if account_id is None else seen_by(account_id)
    query = heads(select(Read).where(Read.image_id == image_id), Read.finding, where=allowed)
    return {read.finding: read for read in session.scalars(query)}


def read_mask(session: Session, read: Read) -> Mask | None:
    """The mask a read stands for; None is the empty mask (rejected, or nothing to accept)."""
    if read.verdict == "accept" and read.task != "planted":
        label = session.get_one(PseudoLabel, read.pseudo_label_id)
        return mask_of(session, label)
    return mask_of(session, read)


def read_rle(image: Image, read: Read, mask: Mask | None) -> Rle | None:
    """The mask that a read of this film stands for, as it is sent; None where its reader could not tell."""
    if read.verdict == "cannot_tell":
        return None
    return rle_of(mask, image)


def _check_read(image: Image, read: CaseRead, blind: set[str], now: Standing) -> None:
    if read.image_sha256 != image.sha256:
        raise InvalidMask("These masks were drawn on other pixels than this case's film. Reload the case.")
    findings = [verdict.finding for verdict in read.verdicts]
    if len(set(findings)) != len(findings):
        raise InvalidInput("Give one verdict a finding.")
    missing = (blind or now.left) - set(findings)
    if missing:
        raise InvalidInput(f"A verdict is missing for {', '.join(sorted(missing))}.")
    for verdict in read.verdicts:
        check_verdict(verdict)
        if blind and (verdict.finding not in blind or verdict.verdict == "accept" or verdict.adopted is not None):
            raise InvalidInput(
                f"{verdict.finding}: this film is read blind first. Draw {', '.join(sorted(blind))}, or say no lesion; "
                "the masks are shown then."
            )
    if not np.isfinite(read.seconds) or read.seconds < 0:
        raise InvalidInput("seconds is the time the read took, 0 or more.")


def check_verdict(verdict: FindingRead) -> None:
    """Raise InvalidInput for what no verdict can be."""
    if verdict.verdict not in VERDICTS:
        raise InvalidInput(f"{verdict.verdict!r} is no verdict; there are {', '.join(VERDICTS)}.")
    if verdict.adopted not in (None, *ADOPTED) or not 0 < (1 if verdict.threshold is None else verdict.threshold) <= 1:
        raise InvalidInput(f"{verdict.finding}: adopted is one of {', '.join(ADOPTED)}; threshold in (0, 1].")
    if (verdict.adopted == "teacher") != (verdict.teacher is not None):
        raise InvalidInput(f"{verdict.finding}: teacher is the number of the network whose mask was adopted.")
    if (verdict.mask is not None) != (verdict.verdict == "fix"):
        raise InvalidInput(f"{verdict.finding}: a fix carries a mask, and only a fix does.")


def _store_reads(
    session: Session, case: AuditCase, image: Image, account_id: int, read: CaseRead, beside: set[str], blind: bool
) -> dict[str, str]:
    """Insert masks and reads; returns the stored mask's SHA-256 by finding, which is what "Saved" may be shown for."""
    audit = session.get_one(Audit, case.audit_id)
    stored = session.scalars(select(PseudoLabel).filter_by(labelling_id=audit.labelling_id, image_id=image.id)).all()
    labels = {
        label.finding: label for label in (stored if blind else shown_labels(session, stored, in_case=True).values())
    }
    query = select(AuditItem.finding, AuditItem.task).where(AuditItem.case_id == case.id)
    tasks: dict[str, str] = dict(session.execute(query).all())
    hashes: dict[str, str] = {}
    for verdict in read.verdicts:
        label = labels.get(verdict.finding)
        if label is None:
            raise InvalidInput(f"{verdict.finding!r} is not among this film's findings: {', '.join(sorted(labels))}.")
        said, sha256 = read_row(session, image, label, verdict, tasks.get(verdict.finding, "read"), blind)
        if sha256 is not None:
            hashes[verdict.finding] = sha256
        late = verdict.finding in beside
        said.case_id, said.account_id, said.fence = case.id, account_id, read.fence
        said.seconds, said.sibling = read.seconds, late
        said.work = kind_of_work(session, image, said, verdict.touched_up)
        session.add(said)
        session.flush()
        if blind and not late:
            settle(session, audit.id, image.id, verdict.finding)
        elif not late and said.task != "planted":
            keep_out(session, audit, said)
    return hashes


def read_row(
    session: Session, image: Image, label: PseudoLabel, verdict: FindingRead, task: str, blind: bool = False
) -> tuple[Read, str | None]:
    """What one verdict comes to, against the mask it was given on, with case, reader and time left to say; and the
    SHA-256 of the mask it stored."""
    if verdict.teacher is not None and not knows_teacher(session, label.labelling_id, verdict.teacher):
        raise InvalidInput(f"{verdict.finding}: no teacher {verdict.teacher} labelled this film. Reload the case.")
    shown = None if blind else rle_of(mask_of(session, label), image).sha256
    if verdict.shown not in (None, shown):
        raise StaleMask(
            f"{verdict.finding}: this read is of another mask than the one shown now, so it was not taken. What you "
            "drew is kept where you drew it; open the case again and judge the mask that is there."
        )
    pseudo = proposed_pixels(session, label, image)
    drawn = parse_rle(verdict.mask, image) if verdict.mask is not None else None
    mask_id = label.mask_id if task == "planted" and verdict.verdict == "accept" else None
    stored = None
    if drawn is not None:
        origin: Origin = "SEMIAUTOMATIC" if pseudo.any() and not blind else "MANUAL"
        row = mask_row(image, verdict.finding, Rle.of(drawn), origin, label.labelling_id)
        mask_id, stored = store_masks(session, [row])[0], row.sha256
    human = {"accept": pseudo, "fix": drawn, "reject": np.zeros_like(pseudo), "cannot_tell": None}[verdict.verdict]
    value = dice(pseudo, human) if human is not None else None
    return Read(
        image_id=image.id,
        image_sha256=image.sha256,
        finding=verdict.finding,
        pseudo_label_id=label.id,
        task=task,
        blind=blind,
        verdict=verdict.verdict,
        mask_id=mask_id,
        dice=value,
        unacceptable=unacceptable(label.decision, verdict.verdict, value),
        note=verdict.note,
        flagged=verdict.flagged,
        threshold=verdict.threshold,
        adopted=verdict.adopted,
        teacher=verdict.teacher,
        shown_sha256=shown,
        regions=None if human is None or blind else region_verdicts(pseudo, human),
    ), stored
