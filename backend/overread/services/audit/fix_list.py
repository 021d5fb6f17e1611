"""A person's own choice on an open audit's FIX list: rows like those that risk drew, naming who chose them.

What was chosen by hand has no inclusion probability and is not measured by, unless the drawn order comes to it.
"""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, exists, func, insert, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Patient, PseudoLabel, Read
from overread.domain.errors import Conflict, InvalidInput, NotFound
from overread.services.audit.queue import leased
from overread.services.audit.sample import places_of
from overread.services.blinding.rules import counted
from overread.services.trail import record


@dataclass(frozen=True)
class Added:
    """Labels put on the list, those that were items already, and those whose film somebody reads at this moment."""

    added: int
    already: int
    being_read: int


def add_to_fix_list(session: Session, audit_id: int, label_ids: list[int], account_id: int) -> Added:
    """Have these labels read in this audit. Raises Conflict unless it is open.

    A film that was read comes up again; one under a lease is left alone: its reader could not save without a verdict on
    what they never saw.
    """
    audit, iteration = lock_open_audit(session, audit_id)
    labels = _load_labels(session, audit, label_ids)
    cases = lock_cases(session, audit_id, {label.image_id for label in labels})
    known = set(session.execute(select(AuditItem.case_id, AuditItem.finding).where(AuditItem.case_id.in_(_ids(cases)))))
    leased = leased_films(session, cases)
    already = [
        label for label in labels if label.image_id in cases and (cases[label.image_id].id, label.finding) in known
    ]
    fresh = [label for label in labels if label not in already]
    free = [label for label in fresh if label.image_id not in leased]
    open_cases(session, audit, cases, free)
    places = places_of(session, audit) if free else {}
    rows = [_item(cases[label.image_id].id, label, account_id, places.get(label.id)) for label in free]
    if rows:
        session.execute(insert(AuditItem), rows)
        record(
            session,
            "audit.extended",
            f"audit {audit_id}",
            project_id=iteration.project_id,
            account_id=account_id,
            stream="FIX",
            labels=[label.id for label in free],
        )
    return Added(len(free), len(already), len(fresh) - len(free))


def unread_fix(iteration_id: int) -> ColumnElement[bool]:
    """Of labels: those on the FIX list of an iteration's audit that nobody has read. They were put there as likely
    wrong, and the gate's sample knows nothing of them."""
    read = exists().where(Read.case_id == AuditItem.case_id, Read.finding == AuditItem.finding, counted())
    return (
        exists()
        .where(AuditItem.pseudo_label_id == PseudoLabel.id, AuditItem.stream == "FIX", ~read)
        .where(AuditCase.id == AuditItem.case_id, Audit.id == AuditCase.audit_id, Audit.iteration_id == iteration_id)
    )


def lock_open_audit(session: Session, audit_id: int) -> tuple[Audit, Iteration]:
    """An audit that takes more items, locked, and its iteration; raises NotFound, or Conflict once it is closed."""
    audit = session.scalars(select(Audit).where(Audit.id == audit_id).with_for_update()).one_or_none()
    if audit is None:
        raise NotFound(f"There is no audit {audit_id}.")
    iteration = session.get_one(Iteration, audit.iteration_id, with_for_update={"read": True})
    if iteration.stage != "auditing":
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; items are added while its audit is open.")
    return audit, iteration


def _load_labels(session: Session, audit: Audit, label_ids: list[int]) -> list[PseudoLabel]:
    chosen = set(label_ids)
    query = select(PseudoLabel).where(PseudoLabel.id.in_(chosen), PseudoLabel.labelling_id == audit.labelling_id)
    labels = list(session.scalars(query.order_by(PseudoLabel.id)))
    if len(labels) != len(chosen):
        raise InvalidInput(f"{len(chosen) - len(labels)} of these labels are not of the labelling that is audited.")
    held = session.scalar(
        select(func.count())
        .select_from(Image)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.id.in_({label.image_id for label in labels}), Patient.held)
    )
    if held:
        raise InvalidInput(f"{held} of these films are held out: repairs on them would teach nobody. Choose others.")
    return labels


def lock_cases(session: Session, audit_id: int, image_ids: set[int]) -> dict[int, AuditCase]:
    query = select(AuditCase).where(
        AuditCase.audit_id == audit_id, AuditCase.image_id.in_(image_ids), AuditCase.look == "first"
    )
    return {case.image_id: case for case in session.scalars(query.order_by(AuditCase.id).with_for_update())}


def _ids(cases: dict[int, AuditCase]) -> list[int]:
    return [case.id for case in cases.values()]


def leased_films(session: Session, cases: dict[int, AuditCase]) -> set[int]:
    query = select(AuditCase.image_id).where(AuditCase.id.in_(_ids(cases)), ~AuditCase.done, leased())
    return set(session.scalars(query))


def open_cases(
    session: Session, audit: Audit, cases: dict[int, AuditCase], labels: list[PseudoLabel], look: str = "first"
) -> None:
    """A case for each film, new ones anywhere among those still open: their place must not tell the stream."""
    new = sorted({label.image_id for label in labels} - cases.keys())
    for label in labels:
        if label.image_id in cases:
            cases[label.image_id].done = False
    if not new:
        return
    last = session.scalar(select(func.max(AuditCase.position)).where(AuditCase.audit_id == audit.id))
    first = session.scalar(select(func.min(AuditCase.position)).where(AuditCase.audit_id == audit.id, ~AuditCase.done))
    end = 0 if last is None else last + 1
    places = np.random.default_rng([audit.seed, new[0], end]).integers(
        end if first is None else first, end + 1, len(new)
    )
    made = session.scalars(
        insert(AuditCase).returning(AuditCase, sort_by_parameter_order=True),
        [
            {"audit_id": audit.id, "image_id": i, "look": look, "position": int(p)}
            for i, p in zip(new, places, strict=True)
        ],
    )
    cases.update({case.image_id: case for case in made})


def _item(case_id: int, label: PseudoLabel, account_id: int, rank: int | None) -> dict[str, object]:
    return {
        "case_id": case_id,
        "finding": label.finding,
        "stream": "FIX",
        "stratum": None,
        "inclusion_probability": None,
        "rank": rank,
        "pseudo_label_id": label.id,
        "account_id": account_id,
    }
