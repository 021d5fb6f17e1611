"""Simulated readers: what they say of an audit's items, written as the rows that a save would have left.

A save through the API costs a dozen statements; hundreds of audits a minute need one. That the rows are the same,
column by column, is a test (tests/wired).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from benchmarks.wired.hidden import Reader, Words
from benchmarks.wired.pool import JUDGE, POSITIVE, Labels, Pool, pixels
from overread.db.tables import Audit, AuditCase, AuditItem, Iteration, Mask, Plant, Project, Read
from overread.domain.imaging.masks import Rle, region_verdicts
from overread.domain.policy.gate import unacceptable
from overread.domain.words import DECISIONS
from overread.services.audit.adjudication import adjudicate, list_pairs
from overread.services.audit.cases import describe_case
from overread.services.audit.kept_out import keep_out, stays_out
from overread.services.audit.reads import FindingRead

REGIONS = {
    (shown, drawn): region_verdicts(pixels(shown), pixels(drawn))
    for shown in ("lesion", "none")
    for drawn in ("lesion", "none")
}


@dataclass(frozen=True)
class DrawnItem:
    """An item as its row says it, with the unit (its place among the labels) and whether a plant shows a lesion."""

    case: int
    look: str
    unit: int
    image: int
    finding: str
    stream: str
    task: str
    label: int
    plant: tuple[int, bool] | None


@dataclass
class Prefilled:
    """What the page had filled in before the reader said anything: in ``cases`` shown, so many findings; and of these
    what was not this reader's own word on this very label."""

    cases: int = 0
    findings: int = 0
    foreign: int = 0


@dataclass
class Room:
    """A reading room: the pool and its labelling at hand, who reads how, and what they would say."""

    pool: Pool
    labels: Labels
    first: int  # the id before the first label's
    wrong: np.ndarray[Any, np.dtype[np.bool_]]
    words: Sequence[Words]  # of the first reader, of the second
    readers: Sequence[Reader]
    rng: np.random.Generator
    prefilled: Prefilled = field(default_factory=Prefilled)


def drawn_items(session: Session, audit_id: int, first: int) -> list[list[DrawnItem]]:
    """The items of an audit, case by case in reading order."""
    query = (
        select(AuditItem, AuditCase, Mask.id, Mask.area)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .outerjoin(Plant, Plant.item_id == AuditItem.id)
        .outerjoin(Mask, Mask.id == Plant.mask_id)
        .where(AuditCase.audit_id == audit_id)
        .order_by(AuditCase.position, AuditCase.id, AuditItem.id)
    )
    cases: dict[int, list[DrawnItem]] = {}
    for item, case, mask_id, area in session.execute(query):
        plant = None if mask_id is None else (mask_id, area > 0)
        cases.setdefault(case.id, []).append(
            DrawnItem(case.id, case.look, item.pseudo_label_id - first - 1, case.image_id, item.finding, item.stream,
                  item.task, item.pseudo_label_id, plant)
        )  # fmt: skip
    return list(cases.values())


def read_cases(session: Session, audit: Audit, room: Room, cases: Iterable[Sequence[DrawnItem]]) -> None:
    """Read these cases: the second look by the second reader, all else by the first."""
    told = list(cases)
    known = _read_before(session, audit, [case[0].image for case in told])
    rows: list[dict[str, Any]] = []
    for case in told:
        number = 1 if case[0].look == "second" else 0
        shown = _shown(session, room, case, number) if case[0].image in known else {}
        for item in case:
            rows += rows_of(room, item, number, shown.get(item.finding))
    if not rows:
        return
    stored = session.scalars(insert(Read).returning(Read).execution_options(render_nulls=True), rows).all()
    _keep_out(session, audit, stored)
    ids = [case[0].case for case in told]
    session.execute(update(AuditCase).where(AuditCase.id.in_(ids)).values(done=True, version=AuditCase.version + 1))


def settle(session: Session, audit: Audit, room: Room) -> None:
    """A third reader, who is always right, decides wherever two differ."""
    for pair in list_pairs(session, Audit.id == audit.id):
        if pair.disputed and pair.judged is None:
            finding = room.pool.findings.index(pair.finding)
            unit = (pair.image.id - room.pool.base - 1) * len(room.pool.findings) + finding
            word = ("fix" if _lesion(room, unit) else "reject") if pair.blind else _word(room, unit, room.wrong[unit])
            mask = Rle.of(pixels("lesion")) if word == "fix" else None
            adjudicate(session, audit.id, pair.image.id, JUDGE, FindingRead(pair.finding, word, mask), 10.0)


def _read_before(session: Session, audit: Audit, images: Sequence[int]) -> set[int]:
    """The films that somebody read in another case: there the page may fill something in."""
    query = select(Read.image_id).join(AuditCase, AuditCase.id == Read.case_id)
    query = query.where(Read.image_id.in_(images), AuditCase.audit_id != audit.id)
    return set(session.scalars(query))


def _shown(session: Session, room: Room, case: Sequence[DrawnItem], number: int) -> dict[str, Read]:
    """What the page fills in for this reader, by finding; counted."""
    told = describe_case(session, session.get_one(AuditCase, case[0].case), number + 1)
    drawn = {item.finding: item for item in case}
    found = {one.finding: one.read for one in told.findings if one.read is not None and one.finding in drawn}
    room.prefilled.cases += 1
    room.prefilled.findings += len(found)
    room.prefilled.foreign += sum(
        read.account_id != number + 1 or read.pseudo_label_id != drawn[finding].label for finding, read in found.items()
    )
    return found


def rows_of(room: Room, item: DrawnItem, number: int, shown: Read | None) -> list[dict[str, Any]]:
    """A reader's rows for one item: their word, and before it the blind draft where one is asked for."""
    if item.task == "planted":
        return [_planted(room, item, number)]
    words, reader = room.words[number], room.readers[number]
    if words.unsure[item.unit]:
        final = _row(room, item, number, "cannot_tell")
        return [_row(room, item, number, "cannot_tell", blind=True), final] if item.task == "blind" else [final]
    if item.task == "blind":
        lesion = _lesion(room, item.unit)
        draft = _row(room, item, number, "fix" if lesion else "reject", blind=True)
        differs = room.wrong[item.unit] and room.rng.random() >= reader.anchored
        return [draft, _row(room, item, number, _word(room, item.unit, bool(differs)))]
    word = _word(room, item.unit, bool(words.wrong[item.unit]))
    return [_row(room, item, number, shown.verdict if shown is not None else word)]


def _lesion(room: Room, unit: int) -> bool:
    """Whether there is one: a wrong positive is none, a wrong negative is one."""
    return bool((room.labels.decision[unit] == POSITIVE) != room.wrong[unit])


def _word(room: Room, unit: int, wrong: bool) -> str:
    if not wrong:
        return "accept"
    return "reject" if room.labels.decision[unit] == POSITIVE else "fix"


def _row(room: Room, item: DrawnItem, number: int, verdict: str, blind: bool = False) -> dict[str, Any]:
    """The columns of a read, as ``services.reads.read_row`` fills them."""
    decision = int(room.labels.decision[item.unit])
    shows = "lesion" if decision == POSITIVE else "none"
    drawn = {"accept": shows, "fix": "lesion", "reject": "none"}.get(verdict)
    value = None if drawn is None or (drawn, shows) == ("none", "none") else float(drawn == shows)
    return _common(item, number) | {
        "task": item.task,
        "blind": blind,
        "verdict": verdict,
        "mask_id": room.pool.base + 1 if verdict == "fix" else None,
        "dice": value,
        "unacceptable": unacceptable(DECISIONS[decision], verdict, value),
        "regions": None if drawn is None or blind else REGIONS[shows, drawn],
    }


def _planted(room: Room, item: DrawnItem, number: int) -> dict[str, Any]:
    """A planted error is found, and then refused outright, or let through."""
    if item.plant is None:
        raise ValueError(f"Item on label {item.label} is planted and has no mask.")
    mask_id, lesion = item.plant
    told: dict[str, Any] = {"task": "planted", "blind": False, "regions": None}
    if room.rng.random() < room.readers[number].find:
        verdict, drawn = ("reject", None) if lesion else ("fix", room.pool.base + 1)
        told |= {"verdict": verdict, "mask_id": drawn, "dice": 0.0, "unacceptable": True}
    else:
        shown = mask_id if lesion else None
        told |= {"verdict": "accept", "mask_id": shown, "dice": 1.0 if lesion else None, "unacceptable": False}
    return _common(item, number) | told


def _common(item: DrawnItem, number: int) -> dict[str, Any]:
    return {
        "case_id": item.case,
        "image_id": item.image,
        "image_sha256": f"{item.image:064x}",
        "finding": item.finding,
        "pseudo_label_id": item.label,
        "account_id": number + 1,
        "seconds": 10.0,
        "fence": 1,
    }


def _keep_out(session: Session, audit: Audit, reads: Iterable[Read]) -> None:
    """As a save does; asked of the service only where the answer is yes."""
    iteration = session.get_one(Iteration, audit.iteration_id)
    seed, share = session.get_one(Project, iteration.project_id).seed, iteration.plan.keep_out
    for read in reads:
        plain = not read.blind and read.task != "planted" and read.unacceptable
        if plain and stays_out(seed, read.image_sha256, read.finding, share):
            keep_out(session, audit, read)
