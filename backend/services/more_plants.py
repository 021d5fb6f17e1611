"""More planted errors for an open audit, where those of its draw could not show whether readers find them.

They stand on films that nobody has met in this audit, and among as many reads that are nothing but reads: who meets new
films late in an audit must not know them for tests.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, PseudoLabel
from backend.domain.errors import InvalidInput
from backend.domain.streams import even_shares
from backend.services.fix_list import open_cases
from backend.services.looks import Item, make_plants, store_plants
from backend.services.more_reads import draw_reads, reads_left
from backend.services.sample import Population, population


def draw_plants(session: Session, audit: Audit, plants: int, account_id: int) -> tuple[int, int]:
    """Have so many more planted errors read, and as many other labels, the next of the gate's sample; how many errors
    were planted, and items in all. Raises InvalidInput where there is no film left to plant one on."""
    order = population(session, audit)
    planted = _plant(session, audit, order, plants)
    if not planted:
        raise InvalidInput("No film is left in this audit's pool that an error could be planted on.")
    labels = {label.id: label for label in session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(planted)))}
    cases: dict[int, AuditCase] = {}
    open_cases(session, audit, cases, list(labels.values()))
    rows = [
        {
            "case_id": cases[item.image].id,
            "finding": item.finding,
            "stream": item.stream,
            "rank": item.rank,
            "pseudo_label_id": item.label,
            "task": item.task,
            "account_id": account_id,
        }
        for item, _ in planted.values()
    ]
    stored = session.scalars(insert(AuditItem).returning(AuditItem.id, sort_by_parameter_order=True), rows).all()
    masks = {label: mask for label, (_, mask) in planted.items()}
    store_plants(session, list(zip(stored, (item for item, _ in planted.values()), strict=True)), masks)
    return len(planted), len(planted) + _among(session, audit, order, len(planted), account_id)


def _plant(session: Session, audit: Audit, order: Population, plants: int) -> dict[int, tuple[Item, dict[str, object]]]:
    """Planted items and their masks, by label: those nearest to the order's end where a mask can be made wrong."""
    found: dict[int, tuple[Item, dict[str, object]]] = {}
    for item in _from_the_end(session, audit, order):
        if len(found) == plants:
            break
        made, masks = make_plants(session, audit, [item])
        if item.label in made:
            found[item.label] = replace(item, task="planted", plant=made[item.label]), masks[item.label]
    return found


def _from_the_end(session: Session, audit: Audit, order: Population) -> Iterator[Item]:
    """Labels beyond the sample, the last of each finding's order first, on films without a case; one a film."""
    films = set(session.scalars(select(AuditCase.image_id).where(AuditCase.audit_id == audit.id)))
    names = list(order.rows)
    places = [
        ((rank + 0.5) / len(rows), number, rank, int(rows[rank]))
        for number, rows in enumerate(order.rows.values())
        for rank in range(audit.sample.get(names[number], 0), len(rows))
    ]
    for _, number, rank, row in sorted(places, reverse=True):
        label, image = int(order.units.label[row]), int(order.units.image[row])
        if image not in films:
            films.add(image)
            yield Item(label, image, names[number], "SENTINEL", None, None, rank=rank)


def _among(session: Session, audit: Audit, order: Population, reads: int, account_id: int) -> int:
    """The ordinary reads that go with them, shared out evenly among findings; how many items that makes."""
    left = [reads_left(session, audit, order, finding) for finding in order.rows]
    shares = even_shares(reads, np.array(left, np.int64)).tolist()
    added = [
        draw_reads(session, audit, order, finding, n, account_id)[1]
        for finding, n in zip(order.rows, shares, strict=True)
        if n
    ]
    return sum(added)
