"""More HOLDOUT for an open audit: patients of whom nothing was read yet, one unit of each, the next in the project's
order. A patient counts once in the bound, so that a second unit of one would show little."""

import numpy as np
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Project, PseudoLabel
from overread.domain.errors import InvalidInput
from overread.services.audit.holdout import labelled_before, place, read_before
from overread.services.audit.items import Item, add_items


def unread_patients(session: Session, audit: Audit) -> list[int]:
    """The labels that further HOLDOUT reads are drawn from, in the project's order: of each held-out patient of whom
    nothing was read or is to be read here the first unit, if this iteration and the one before it labelled it."""
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    rows = session.execute(_labels(session, audit, iteration)).all()
    known = {(image, finding) for _, image, finding, _, here in rows if here} | read_before(session, audit)
    seen = {patient for _, image, finding, patient, _ in rows if (image, finding) in known}
    chosen = []
    for label, _, _, patient, _ in sorted(rows, key=lambda row: place(project.seed, (row[1], row[2]))):
        if patient not in seen:
            seen.add(patient)
            chosen.append(label)
    return chosen


def count_unread_patients(session: Session, audit: Audit) -> int:
    """How many held-out patients there are of whom nothing was read or is to be read here. A count, for pages that ask
    again and again."""
    iteration = session.get_one(Iteration, audit.iteration_id)
    items = select(Image.patient_id).join(AuditCase, AuditCase.image_id == Image.id).join(AuditItem)
    drawn = items.join(Audit, Audit.id == AuditCase.audit_id).join(Iteration, Iteration.id == Audit.iteration_id)
    drawn = drawn.where(Iteration.project_id == iteration.project_id, AuditItem.stream == "HOLDOUT")
    films = labelled_before(session, iteration)
    patients = select(func.count(Image.patient_id.distinct())).where(
        Image.id.in_(films), Image.patient_id.not_in(drawn)
    )
    return session.scalar(patients) or 0


def draw_patients(session: Session, audit: Audit, patients: int, account_id: int) -> tuple[int, int]:
    """Have a unit of so many more patients read blind, some of them by a second reader too, as the plan has it; how
    many patients were added, and items in all. Raises InvalidInput when no patient is left."""
    chosen = unread_patients(session, audit)[:patients]
    if not chosen:
        raise InvalidInput("Of every held-out patient something was read, or is to be read in this audit, already.")
    labels = list(session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(chosen)).order_by(PseudoLabel.id)))
    rng = np.random.default_rng([audit.seed, 2, chosen[0]])
    second = [label for label in labels if rng.random() < audit.design.second]
    items = [Item(one.id, one.image_id, one.finding, "HOLDOUT", task="blind") for one in labels]
    items += [Item(one.id, one.image_id, one.finding, "SENTINEL", look="second", task="blind") for one in second]
    add_items(session, audit, items, account_id)
    return len(labels), len(items)


def _labels(session: Session, audit: Audit, iteration: Iteration) -> Select[int, int, str, int, bool]:
    """Held-out labels with their film, finding and patient, and whether this audit has them as items."""
    here = exists().where(
        AuditCase.audit_id == audit.id,
        AuditCase.image_id == PseudoLabel.image_id,
        AuditItem.case_id == AuditCase.id,
        AuditItem.finding == PseudoLabel.finding,
    )
    return (
        select(PseudoLabel.id, PseudoLabel.image_id, PseudoLabel.finding, Image.patient_id, here)
        .join(Image, Image.id == PseudoLabel.image_id)
        .where(PseudoLabel.labelling_id == audit.labelling_id, Image.id.in_(labelled_before(session, iteration)))
    )
