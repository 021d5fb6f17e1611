"""How far each reader can be trusted, measured on what they read without knowing it was a test.

No number here ranks readers: each sees their own, an admin sees all, and training asks for one alone, the share of
planted errors that a reader misses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Account, Audit, AuditCase, AuditItem, Image, Iteration, Plant, Read
from overread.domain.errors import NotFound
from overread.domain.readers.detection import Detection
from overread.domain.readers.trust import AGREE, ENOUGH, anchoring, median_interval, shrunk_miss_rate, trust_light
from overread.domain.sampling.shares import Share, share
from overread.domain.words import TrustLight
from overread.services.audit.adjudication import Pair, list_pairs
from overread.services.audit.reads import read_mask
from overread.services.audit.sample import in_sample
from overread.services.films.masks import rle_of
from overread.services.heads import counted, frozen, in_time, of_plants

SAME = 0.9  # Dice from which a mask counts as left, or taken over, as it was shown


@dataclass(frozen=True)
class Trust:
    """A reader's own page. ``detected``: planted errors not let through; ``false_alarms``: right masks refused;
    ``anchored``: blind reads that were changed into the mask shown; ``again`` and ``second``: of one opinion with
    oneself and with others, with the mean ``dice`` of each; ``larger``: of masks drawn beside another's, those that
    are larger, ``ratio`` the geometric mean of the areas' ratio; ``seconds``: a case's median, low, high."""

    account_id: int
    name: str
    light: TrustLight
    reads: int
    detected: Share
    false_alarms: Share
    anchored: Share
    again: Share
    again_dice: float | None
    second: Share
    second_dice: float | None
    larger: Share
    ratio: float | None
    seconds: tuple[float | None, float | None, float | None]
    accepted_weight: float


def reader_trust(session: Session, project_id: int, account: Account, live: bool) -> Trust:
    """What is known of one reader in one project, with exact intervals.

    Unless ``live``, planted errors, looks again and second readers count once their audit is closed: counts that move
    after a film would tell its reader that it was a test.
    """
    reads = _own_reads(session, project_id, account.id)
    running = set() if live else _running_cases(session, project_id)
    of_project = list_pairs(session, Iteration.project_id == project_id)
    pairs = [pair for pair in of_project if account.id in _readers(pair) and pair.case_id not in running]
    detected = share(*_detected([read for read in reads if read.case_id not in running]))
    anchored = _anchored(reads)
    again = _again(session, [read for read in reads if read.case_id not in running])
    sure = [pair for pair in pairs if "cannot_tell" not in (pair.first.verdict, pair.second.verdict)]
    larger, ratio = _drawing([_own_first(pair, account.id) for pair in sure])
    return Trust(
        account_id=account.id,
        name=account.name,
        light=trust_light(detected, anchored),
        reads=sum(not read.blind for read in reads),
        detected=detected,
        false_alarms=_false_alarms(pairs, account.id),
        anchored=anchored,
        again=share(sum(value is None or value >= AGREE for value in again), len(again)),
        again_dice=_mean(again),
        second=share(sum(not pair.disputed for pair in sure), len(sure)),
        second_dice=_mean([pair.dice for pair in sure]),
        larger=larger,
        ratio=ratio,
        seconds=median_interval(list({(read.case_id, read.blind): read.seconds for read in reads}.values())),
        accepted_weight=1 - shrunk_miss_rate(detected),
    )


def list_readers(session: Session, project_id: int) -> list[Account]:
    """Who has read anything in a project, by name."""
    read = (
        select(Read.account_id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id)
    )
    return list(session.scalars(select(Account).where(Account.id.in_(read)).order_by(Account.name)))


def find_reader(session: Session, account_id: int, asking: Account) -> Account:
    """Whose reading may be looked at: one's own, and everybody's by an admin. Raises NotFound for any other."""
    reader = session.get(Account, account_id)
    if reader is None or (asking.role != "admin" and asking.id != account_id):
        raise NotFound(f"There is no reader {account_id}.")
    return reader


def miss_rates(session: Session, project_id: int) -> dict[int, float]:
    """Each reader's share of planted errors missed, as the weights of their accepted reads want it."""
    found: dict[int, list[Read]] = {}
    for read in _planted(session, project_id):
        found.setdefault(read.account_id, []).append(read)
    return {account_id: shrunk_miss_rate(share(*_detected(reads))) for account_id, reads in found.items()}


def agrees_with_draft() -> ColumnElement[bool]:
    """Of reads: whether the same reader, blind, had drawn what was shown afterwards."""
    draft = aliased(Read)
    return exists().where(
        draft.case_id == Read.case_id,
        draft.finding == Read.finding,
        draft.account_id == Read.account_id,
        frozen(draft),
        (draft.dice >= AGREE) | draft.dice.is_(None) & (draft.verdict != "cannot_tell"),
    )


def detection(session: Session, audit_id: int) -> Detection:
    """What the readers whose words the gate rests on found of an audit's planted errors, taken together, and the least
    that one of them found: plants that others met say nothing of them. Where nobody has read of the sample, all count.
    """
    plants = session.execute(
        select(AuditItem.case_id, AuditItem.finding, AuditItem.account_id)
        .join(Plant, Plant.item_id == AuditItem.id)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit_id)
    ).all()
    drawn = {(case_id, finding) for case_id, finding, added_by in plants if added_by is None}
    reads = session.scalars(
        select(Read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit_id, of_plants())
        .order_by(Read.id)
    ).all()
    met = {(read.case_id, read.finding) for read in reads}
    unread = sum((case_id, finding) not in met for case_id, finding, _ in plants)
    speak = set(session.scalars(_speakers(session.get_one(Audit, audit_id))))
    reads = [read for read in reads if not speak or read.account_id in speak]
    found, _ = _detected([read for read in reads if (read.case_id, read.finding) in drawn])
    own = [_detected([read for read in reads if read.account_id == one]) for one in {r.account_id for r in reads}]
    least = min((hits / n for hits, n in own if n >= ENOUGH), default=1.0)
    return Detection(share(*_detected(reads)), found, len(drawn), len(plants), unread, least)


def _speakers(audit: Audit) -> Select[int]:
    """Whose words stand in the gate's sample."""
    return (
        select(Read.account_id)
        .distinct()
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit.id, in_sample(audit), counted(), ~Read.adjudicated)
    )


def _running_cases(session: Session, project_id: int) -> set[int]:
    query = (
        select(AuditCase.id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id, Iteration.stage == "auditing")
    )
    return set(session.scalars(query))


def _planted(session: Session, project_id: int) -> Sequence[Read]:
    return session.scalars(
        select(Read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id, of_plants())
        .order_by(Read.id)
    ).all()


def _own_reads(session: Session, project_id: int, account_id: int) -> list[Read]:
    """The reader's last word on each item, and their last blind draft beside it."""
    query = (
        select(Read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id, Read.account_id == account_id, in_time(), ~Read.adjudicated)
        .order_by(Read.id)
    )
    return list({(read.case_id, read.finding, read.blind): read for read in session.scalars(query)}.values())


def _detected(reads: Sequence[Read]) -> tuple[int, int]:
    """Planted errors that were called wrong, by the rule that any read goes by, of all that were met: the last word on
    each. A reader who only trims what is shown lets it through, as they would let a real error."""
    met = list({(read.case_id, read.finding): read for read in reads if read.task == "planted"}.values())
    return sum(read.unacceptable for read in met), len(met)


def _anchored(reads: Sequence[Read]) -> Share:
    drafts = {(read.case_id, read.finding): read for read in reads if read.blind and read.verdict != "cannot_tell"}
    finals = {(read.case_id, read.finding): read for read in reads if not read.blind}
    both = [(draft, finals[key]) for key, draft in drafts.items() if key in finals]
    differs = np.array([m0.dice is not None and m0.dice < AGREE for m0, _ in both], bool)
    took = [m1.verdict == "accept" or (m1.dice is not None and m1.dice >= SAME) for _, m1 in both]
    return anchoring(differs, np.array(took, bool))


def _again(session: Session, reads: Sequence[Read]) -> list[float | None]:
    """Dice of each look again with the first; None where both found no lesion."""
    again = [read for read in reads if read.task == "again" and read.verdict != "cannot_tell"]
    first, case, other = aliased(Read), aliased(AuditCase), aliased(AuditCase)
    values = []
    for read in again:
        query = (
            select(first)
            .join(case, (case.id == first.case_id) & (case.look == "first"))
            .join(other, (other.audit_id == case.audit_id) & (other.image_id == case.image_id))
            .where(other.id == read.case_id, first.finding == read.finding, first.account_id == read.account_id)
            .where(counted(first), first.verdict != "cannot_tell")
            .order_by(first.id.desc())
            .limit(1)
        )
        before = session.scalars(query).one_or_none()
        if before is not None:
            image = session.get_one(Image, read.image_id)
            once, twice = (rle_of(read_mask(session, which), image) for which in (before, read))
            values.append(once.dice(twice))
    return values


def _false_alarms(pairs: Sequence[Pair], account_id: int) -> Share:
    """Of masks that a judge, or the other reader where both agree, found right: those that this reader refused. Who
    reads blind refuses nothing."""
    right = []
    for pair in (pair for pair in pairs if not pair.blind):
        own, other = _own_first(pair, account_id)[0], next(r for r in _reads(pair) if r.account_id != account_id)
        word = pair.judged or (None if pair.disputed else other)
        if word is not None and not word.unacceptable:
            right.append(own)
    return share(sum(read.unacceptable for read in right), len(right))


def _drawing(pairs: Sequence[tuple[Read, int, int]]) -> tuple[Share, float | None]:
    """Areas in pixels, own and the other's, where both drew a lesion; equal ones are no trial."""
    drawn = [(own, other) for _, own, other in pairs if own and other]
    unequal = [(own, other) for own, other in drawn if own != other]
    ratio = float(np.exp(np.mean([np.log(own / other) for own, other in drawn]))) if drawn else None
    return share(sum(own > other for own, other in unequal), len(unequal)), ratio


def _own_first(pair: Pair, account_id: int) -> tuple[Read, int, int]:
    first, second = (mask.area for mask in pair.masks)
    own = pair.first.account_id == account_id
    return (pair.first, first, second) if own else (pair.second, second, first)


def _reads(pair: Pair) -> tuple[Read, Read]:
    return pair.first, pair.second


def _readers(pair: Pair) -> tuple[int, int]:
    return pair.first.account_id, pair.second.account_id


def _mean(values: Sequence[float | None]) -> float | None:
    drawn = [value for value in values if value is not None]
    return float(np.mean(drawn)) if drawn else None
