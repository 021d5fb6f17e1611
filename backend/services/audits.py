"""Audits: drawn once by a stored seed, handed out one film at a time under a lease with a fence."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, Iteration, PseudoLabel
from backend.domain.audit import draw_fix, draw_measure, strata_of
from backend.domain.errors import NotFound, StaleVersion
from backend.services.trail import record

LEASE = timedelta(minutes=10)
CODES = {"positive": 0, "negative": 1, "uncertain": 2}


@dataclass(frozen=True)
class Units:
    """The drawn-from population, a row a unit (image × finding), as columns."""

    label: NDArray[np.int64]
    image: NDArray[np.int64]
    finding: NDArray[np.str_]
    decision: NDArray[np.int64]
    risk: NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A drawn unit, by its row in Units."""

    unit: int
    stream: str
    stratum: int
    probability: float | None


def open_audit(session: Session, iteration: Iteration, labelling_id: int) -> Audit:
    """Draw the MEASURE and FIX streams of an iteration and lay out its cases; drawing again gives what exists."""
    known = session.scalars(select(Audit).where(Audit.iteration_id == iteration.id)).one_or_none()
    if known is not None:
        return known
    plan = iteration.plan
    design = {"measure_per_finding": plan["measure"], "fix": plan["fix"]}
    units = _load_units(session, labelling_id)
    rng = np.random.default_rng(plan["seed"])
    drawn = draw_streams(units, plan["measure"], plan["fix"], rng)
    audit = Audit(iteration_id=iteration.id, labelling_id=labelling_id, seed=plan["seed"], design=design)
    session.add(audit)
    session.flush()
    _lay_out_cases(session, audit, units, drawn, rng)
    record(session, "audit.opened", f"audit {audit.id}", project_id=iteration.project_id, items=len(drawn), **design)
    return audit


def draw_streams(units: Units, measure: int, fix: int, rng: np.random.Generator) -> list[Drawn]:
    """MEASURE: per finding, ``measure`` decided units at random within decision × risk quartile. FIX: the worst ``fix``
    of the rest, the uncertain band first. The two never share a unit."""
    drawn: list[Drawn] = []
    for finding in np.unique(units.finding):
        rows = np.flatnonzero((units.finding == finding) & (units.decision != CODES["uncertain"]))
        if not len(rows) or not measure:
            continue
        strata = strata_of(units.decision[rows], units.risk[rows])
        chosen, probability = draw_measure(strata, measure, rng)
        drawn += [
            Drawn(int(rows[i]), "MEASURE", int(strata[i]), float(p)) for i, p in zip(chosen, probability, strict=True)
        ]
    taken = np.array([item.unit for item in drawn], dtype=np.int64)
    return drawn + [Drawn(int(row), "FIX", 0, None) for row in draw_fix(units.risk, taken, fix)]


def claim_next(session: Session, audit_id: int, account_id: int) -> AuditCase | None:
    """The next open film for this reader: the one they hold already, else the first that nobody holds."""
    free = _free(audit_id).with_for_update(skip_locked=True)
    case_id = session.scalar(_held(audit_id, account_id)) or session.scalar(free)
    return _lease(session, case_id, account_id) if case_id is not None else None


def next_case(session: Session, audit_id: int, account_id: int, beside: int) -> AuditCase | None:
    """What ``claim_next`` would hand out if the case ``beside`` were read by now. No lease is taken."""
    queues = (_held(audit_id, account_id), _free(audit_id))
    found = (session.scalar(queue.where(AuditCase.id != beside)) for queue in queues)
    case_id = next((case_id for case_id in found if case_id is not None), None)
    return session.get(AuditCase, case_id) if case_id is not None else None


def _held(audit_id: int, account_id: int) -> Select[int]:
    mine = (AuditCase.account_id == account_id, AuditCase.lease_until > func.now())
    return _first_open(audit_id).where(*mine)


def _free(audit_id: int) -> Select[int]:
    return _first_open(audit_id).where(or_(AuditCase.lease_until.is_(None), AuditCase.lease_until <= func.now()))


def _first_open(audit_id: int) -> Select[int]:
    open_cases = select(AuditCase.id).where(AuditCase.audit_id == audit_id, ~AuditCase.done)
    return open_cases.order_by(AuditCase.position).limit(1)


def claim_case(session: Session, case_id: int, account_id: int) -> AuditCase:
    """This very film, for a second look; raises StaleVersion while another reader holds it."""
    case = session.scalars(select(AuditCase).where(AuditCase.id == case_id).with_for_update()).one_or_none()
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    other = case.account_id is not None and case.account_id != account_id
    if other and session.scalar(select(AuditCase.lease_until > func.now()).where(AuditCase.id == case_id)):
        raise StaleVersion("Another reader has this case open. It is free again when they finish or leave it.")
    return _lease(session, case_id, account_id)


def renew_case(session: Session, case_id: int, account_id: int, fence: int) -> AuditCase:
    """A heartbeat; raises StaleVersion when the lease has gone to somebody else."""
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


def audit_progress(session: Session, audit_id: int) -> dict[str, int]:
    """Cases and items, drawn and done."""
    cases, done = session.execute(
        select(func.count(), func.count().filter(AuditCase.done)).where(AuditCase.audit_id == audit_id)
    ).one()
    items, read = session.execute(
        select(func.count(), func.count().filter(AuditCase.done))
        .select_from(AuditItem)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit_id)
    ).one()
    return {"cases": cases, "cases_done": done, "items": items, "items_done": read}


def _lease(session: Session, case_id: int, account_id: int) -> AuditCase:
    return session.scalars(
        update(AuditCase)
        .where(AuditCase.id == case_id)
        .values(account_id=account_id, lease_until=func.now() + LEASE, fence=AuditCase.fence + 1)
        .returning(AuditCase)
    ).one()


def _load_units(session: Session, labelling_id: int) -> Units:
    query = (
        select(PseudoLabel.id, PseudoLabel.image_id, PseudoLabel.finding, PseudoLabel.decision, PseudoLabel.risk)
        .where(PseudoLabel.labelling_id == labelling_id)
        .order_by(PseudoLabel.image_id, PseudoLabel.finding)
    )
    rows = session.execute(query).all()
    label, image, finding, decision, risk = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Units(
        np.array(label, np.int64),
        np.array(image, np.int64),
        np.array(finding, np.str_),
        np.array([CODES[word] for word in decision], np.int64),
        np.array(risk, np.float64),
    )


def _lay_out_cases(session: Session, audit: Audit, units: Units, drawn: list[Drawn], rng: np.random.Generator) -> None:
    """One case an image. FIX keeps worst first, MEASURE is shuffled, and a fair shuffle of the two hides the stream."""
    images: dict[int, list[Drawn]] = {}
    for item in drawn:
        images.setdefault(int(units.image[item.unit]), []).append(item)
    if not images:
        return
    queue = _interleave(images, rng)
    case_ids = session.scalars(
        insert(AuditCase).returning(AuditCase.id, sort_by_parameter_order=True),
        [{"audit_id": audit.id, "image_id": image, "position": position} for position, image in enumerate(queue)],
    ).all()
    rows: list[dict[str, Any]] = [
        {
            "case_id": case_id,
            "finding": str(units.finding[item.unit]),
            "stream": item.stream,
            "stratum": item.stratum,
            "inclusion_probability": item.probability,
            "pseudo_label_id": int(units.label[item.unit]),
        }
        for case_id, image in zip(case_ids, queue, strict=True)
        for item in images[image]
    ]
    session.execute(insert(AuditItem), rows)


def _interleave(images: dict[int, list[Drawn]], rng: np.random.Generator) -> list[int]:
    worst_first = [image for image, items in images.items() if any(item.stream == "FIX" for item in items)]
    measured = [image for image in images if image not in set(worst_first)]
    rng.shuffle(measured)
    turns = rng.permutation([True] * len(worst_first) + [False] * len(measured))
    fix, measure = iter(worst_first), iter(measured)
    return [next(fix) if turn else next(measure) for turn in turns]
