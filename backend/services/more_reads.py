"""More reads of an open audit: the gate's sample goes on where it ended, in the order that was settled with the draw.

The gate may be asked as often as one likes (``domain.sequential``), so that more reads never cost its promise anything.
"""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, PseudoLabel
from backend.domain.errors import Conflict, InvalidInput
from backend.services.fix_list import leased_films, lock_cases, lock_open_audit, open_cases
from backend.services.sample import Population, population
from backend.services.trail import record


@dataclass(frozen=True)
class More:
    """How many labels the sample grew by, and how many of those are new items: the others were to be read anyway."""

    added: int
    new: int


def draw_more(session: Session, audit_id: int, finding: str, reads: int, account_id: int) -> More:
    """Have the next ``reads`` labels of a finding read in this audit, as many as there are before its SENTINEL items.

    Raises NotFound, InvalidInput for a finding that is not measured or when none is left, and Conflict unless the audit
    is open, or while somebody has one of the films before them.
    """
    audit, iteration = lock_open_audit(session, audit_id)
    if finding not in audit.sample or reads < 1:
        raise InvalidInput(f"{finding!r} has no sample in this audit, or no number of reads was given.")
    start, order = audit.sample[finding], population(session, audit)
    end = min(start + reads, _end_of_order(session, audit, finding, len(order.rows[finding])))
    if end <= start:
        raise InvalidInput(f"Every label of {finding} that nobody had read is in the sample already.")
    new = _lay_out(session, audit, finding, order, (start, end), account_id)
    audit.sample = audit.sample | {finding: end}
    record(
        session,
        "audit.extended",
        f"audit {audit_id}",
        project_id=iteration.project_id,
        account_id=account_id,
        stream="MEASURE",
        finding=finding,
        sample=[start, end],
    )
    return More(end - start, new)


def _end_of_order(session: Session, audit: Audit, finding: str, population: int) -> int:
    """Where SENTINEL begins: a planted error would stay unread for ever in the sample."""
    planted = (
        select(AuditItem.rank)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit.id, AuditItem.finding == finding, AuditItem.stream == "SENTINEL")
        .where(AuditItem.rank.is_not(None))
        .order_by(AuditItem.rank)
    )
    first = session.scalars(planted.limit(1)).one_or_none()
    return population if first is None else first


def _lay_out(
    session: Session, audit: Audit, finding: str, order: Population, part: tuple[int, int], account_id: int
) -> int:
    """Items for the labels of this part of the order that have none yet; their number."""
    rows = order.rows[finding][part[0] : part[1]]
    label_ids = [int(label) for label in order.units.label[rows]]
    items = select(AuditItem.pseudo_label_id).join(AuditCase, AuditCase.id == AuditItem.case_id)
    known = set(session.scalars(items.where(AuditCase.audit_id == audit.id, AuditItem.pseudo_label_id.in_(label_ids))))
    ranks = {label: part[0] + at for at, label in enumerate(label_ids) if label not in known}
    labels = list(session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(ranks)).order_by(PseudoLabel.id)))
    cases = lock_cases(session, audit.id, {label.image_id for label in labels})
    busy = leased_films(session, cases)
    if busy:
        raise Conflict(f"{len(busy)} of these films are being read at this moment. Try again when they are saved.")
    open_cases(session, audit, cases, labels)
    strata = {(row["finding"], row["decision"]): h for h, row in enumerate(audit.strata) if not row["held"]}
    values = [
        {
            "case_id": cases[label.image_id].id,
            "finding": finding,
            "stream": "MEASURE",
            "stratum": strata[finding, label.decision],
            "inclusion_probability": part[1] / len(order.rows[finding]),
            "rank": ranks[label.id],
            "pseudo_label_id": label.id,
            "account_id": account_id,
        }
        for label in labels
    ]
    if values:
        session.execute(insert(AuditItem), values)
    return len(values)
