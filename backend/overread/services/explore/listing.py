"""Pseudo labels in lists, page by page, as an account may see them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from overread.db.tables import (
    Image,
    PseudoLabel,
    Read,
    Source,
)
from overread.domain.errors import InvalidInput
from overread.domain.words import DECISIONS, Verdict
from overread.services.blinding.planted import planted_labels, shown_labels
from overread.services.blinding.rules import blind_units, seen_by
from overread.services.heads import by_weight

ORDERS = {"risk": PseudoLabel.risk, "public_dice": PseudoLabel.public_dice}


@dataclass(frozen=True)
class LabelFilter:
    """Which pseudo labels to list."""

    finding: str | None = None
    decision: str | None = None
    source_id: int | None = None
    order: str = "risk"


@dataclass(frozen=True)
class LabelRow:
    """A pseudo label as an account may see it, its film and the film's source; ``verdict`` of the read that counts,
    None where there is none."""

    label: PseudoLabel
    image: Image
    source: str
    verdict: Verdict | None


def list_labels(
    session: Session,
    labelling_id: int,
    where: LabelFilter,
    after: tuple[float, int] | None,
    limit: int,
    account_id: int,
) -> list[LabelRow]:
    """A page of pseudo labels with their films as this account may see them, riskiest (or least like the public label)
    first.

    ``after`` is the (sort value, id) of the last row seen: keyset pages, as quick at the end as at the start.
    """
    if where.order not in ORDERS or (where.decision is not None and where.decision not in DECISIONS):
        raise InvalidInput(f"order is one of {', '.join(ORDERS)}; decision one of {', '.join(DECISIONS)}.")
    column: ColumnElement[Any] = ORDERS[where.order].expression
    descending = where.order == "risk"
    query = _labels(account_id).where(PseudoLabel.labelling_id == labelling_id, column.is_not(None))
    query = query.where(tuple_(PseudoLabel.image_id, PseudoLabel.finding).not_in(blind_units(account_id)))
    if where.finding is not None:
        query = query.where(PseudoLabel.finding == where.finding)
    if where.source_id is not None:
        query = query.where(Image.source_id == where.source_id)
    planted = PseudoLabel.id.in_(planted_labels())
    plain = query.where(~planted).order_by(column.desc() if descending else column, PseudoLabel.id).limit(limit)
    if where.decision is not None:
        plain = plain.where(PseudoLabel.decision == where.decision)
    if after is not None:
        value, last = after
        # Both ways tell the index where to begin; "beyond, or as far with a later id" would be read from the start.
        if descending:
            plain = plain.where(column <= value, (column != value) | (PseudoLabel.id > last))
        else:
            plain = plain.where(tuple_(column, PseudoLabel.id) > (value, last))
    rows = [LabelRow(*row) for row in session.execute(plain)]
    rows += _planted(session, query.where(planted), where, after)
    return sorted(rows, key=lambda row: _place(row, where))[:limit]


def _planted(
    session: Session,
    query: Select[PseudoLabel, Image, str, Verdict],
    where: LabelFilter,
    after: tuple[float, int] | None,
) -> list[LabelRow]:
    """The few labels with a planted error, where what they show belongs: by what is stored they would be known."""
    found = session.execute(query).all()
    shown = shown_labels(session, [label for label, *_ in found])
    rows = [LabelRow(shown[label.id], image, source, verdict) for label, image, source, verdict in found]
    rows = [row for row in rows if where.decision in (None, row.label.decision)]
    rows = [row for row in rows if getattr(row.label, where.order) is not None]
    return [row for row in rows if after is None or _place(row, where) > _turn(where, after)]


def _place(row: LabelRow, where: LabelFilter) -> tuple[float, int]:
    """Where a row stands in the order, by what it shows."""
    return _turn(where, (getattr(row.label, where.order), row.label.id))


def _turn(where: LabelFilter, place: tuple[float, int]) -> tuple[float, int]:
    return (-place[0] if where.order == "risk" else place[0], place[1])


def _labels(account_id: int) -> Select[PseudoLabel, Image, str, Verdict]:
    verdict = (
        select(Read.verdict)
        .where(Read.image_id == PseudoLabel.image_id, Read.finding == PseudoLabel.finding, seen_by(account_id))
        .order_by(*by_weight())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(PseudoLabel, Image, Source.name, verdict)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
    )
