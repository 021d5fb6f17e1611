"""Which reads a bound that is watched takes in: those before which nothing is unread, in an order settled by the draw.

A reader chooses what to read next, and may leave the hard films for later: what is read first is then no random sample.
A choice between strata, made after looking at their films, would break a bound over several of them as well, because
their bets multiply. So one order runs over all items that a bound is of, and a read waits for those before it. The
queue of films follows the same order, so that little waits for long.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem
from overread.services.estimates.strata import MeasuredRead, is_measured

Turn = tuple[str, int]  # finding and item


def turns(session: Session, audit: Audit) -> list[Turn]:
    """The measured items of an audit, read or not, in turn: each finding's in its drawn order, findings evenly mixed.

    What people had drawn later comes after what was drawn with the audit, so that no place ever changes.
    """
    later = AuditItem.account_id.is_not(None)
    query = (
        select(AuditItem.finding, AuditItem.id, later)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit.id, is_measured(audit))
        .order_by(AuditItem.finding, later, AuditItem.rank)
    )
    found: list[tuple[float, str, int]] = []
    for finding, rows in groupby(session.execute(query), key=lambda row: row[0]):
        own = list(rows)
        drawn = max(1, sum(not row[2] for row in own))
        found += [((place + 0.5) / drawn, finding, row[1]) for place, row in enumerate(own)]
    return [(finding, item) for _, finding, item in sorted(found)]


def released(reads: Sequence[MeasuredRead], order: Iterable[Turn], finding: str | None = None) -> list[MeasuredRead]:
    """The reads of a finding (None: of all) up to the first item in turn that nobody has read yet."""
    made = {read.item_id: read for read in reads}
    own = (item for name, item in order if finding in (None, name))
    return [made[item] for item in takewhile(made.__contains__, own)]
