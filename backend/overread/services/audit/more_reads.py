"""More reads of an open audit: the gate's sample goes on where it ended, in the order that was settled with the draw.

The gate may be asked as often as one likes (``sampling.sequential``): more reads never cost its promise.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, PseudoLabel
from overread.domain.errors import Conflict, InvalidInput
from overread.services.audit.items import Item, add_items, leased_films, lock_cases
from overread.services.audit.sample import Population, reads_left


def draw_reads(
    session: Session, audit: Audit, order: Population, finding: str, reads: int, account_id: int
) -> tuple[int, int]:
    """Have the next ``reads`` labels of a finding read, as many as there are before its planted errors; by how many the
    sample grew, and how many of those are new items: the others were to be read anyway.

    Raises InvalidInput when none is left, and Conflict while somebody has one of the films before them.
    """
    start = audit.sample[finding]
    end = start + min(reads, reads_left(session, audit).get(finding, 0))
    if end == start:
        raise InvalidInput(
            f"The sample of {finding} can grow no further: it holds every label that nobody had read, up to where "
            "planted errors begin."
        )
    new = _lay_out(session, audit, finding, order, (start, end), account_id)
    audit.sample = audit.sample | {finding: end}
    return end - start, new


def _lay_out(
    session: Session, audit: Audit, finding: str, order: Population, part: tuple[int, int], account_id: int
) -> int:
    """Items for the labels of this part of the order that have none yet; their number."""
    rows = order.rows[finding][part[0] : part[1]]
    label_ids = [int(label) for label in order.units.label[rows]]
    drawn = select(AuditItem.pseudo_label_id).join(AuditCase, AuditCase.id == AuditItem.case_id)
    known = set(session.scalars(drawn.where(AuditCase.audit_id == audit.id, AuditItem.pseudo_label_id.in_(label_ids))))
    ranks = {label: part[0] + at for at, label in enumerate(label_ids) if label not in known}
    labels = list(session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(ranks)).order_by(PseudoLabel.id)))
    cases = lock_cases(session, audit.id, {label.image_id for label in labels})
    busy = leased_films(session, cases)
    if busy:
        raise Conflict(f"{len(busy)} of these films are being read at this moment. Try again when they are saved.")
    strata = {(row.finding, row.decision): row.number for row in audit.strata if not row.held}
    probability = part[1] / len(order.rows[finding])
    items = [
        Item(one.id, one.image_id, finding, "MEASURE", strata[finding, one.decision], probability, rank=ranks[one.id])
        for one in labels
    ]
    add_items(session, audit, items, account_id)
    return len(items)
