"""A person's own choice on an open audit's FIX list: rows like those that risk drew, naming who chose them.

What was chosen by hand has no inclusion probability and is not measured by, unless the drawn order comes to it.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Patient, PseudoLabel, Read
from overread.domain.errors import InvalidInput
from overread.services.audit.audits import lock_open_audit
from overread.services.audit.items import Item, add_items, leased_films, lock_cases
from overread.services.audit.sample import places_of
from overread.services.heads import counted
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
    of_cases = AuditItem.case_id.in_([case.id for case in cases.values()])
    known = set(session.execute(select(AuditItem.case_id, AuditItem.finding).where(of_cases)))
    leased = leased_films(session, cases)
    already = [
        label for label in labels if label.image_id in cases and (cases[label.image_id].id, label.finding) in known
    ]
    fresh = [label for label in labels if label not in already]
    free = [label for label in fresh if label.image_id not in leased]
    if free:
        places = places_of(session, audit)
        items = [Item(one.id, one.image_id, one.finding, "FIX", rank=places.get(one.id)) for one in free]
        add_items(session, audit, items, account_id)
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
