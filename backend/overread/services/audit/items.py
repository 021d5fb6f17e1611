"""The items of an audit, and the cases that hold them: written here, whoever drew them.

A case is one look at a film, an item one finding of it. The draw lays out both in the order of reading; what is added
to an open audit takes its place among the cases that are not read yet, so that no place tells a stream.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Mask, Plant
from overread.services.audit.queue import leased
from overread.services.films.masks import MaskRow, store_masks

MaskRows = Mapping[int, MaskRow]  # of masks to plant, by label


@dataclass(frozen=True)
class PlantedError:
    """What an item shows in its label's place: the error's kind, the mask's SHA-256, and the label whose words
    (decision, presence, agreement) are shown beside it, so that nothing but the mask can give it away."""

    kind: str
    sha256: str
    donor: int


@dataclass(frozen=True)
class Item:
    """A unit to read as its row says it; items of one ``look`` at a film stand together, in the order of reading."""

    label: int
    image: int
    finding: str
    stream: str
    stratum: int | None = None
    probability: float | None = None
    look: str = "first"
    task: str = "read"
    plant: PlantedError | None = None
    rank: int | None = None


def lay_out(session: Session, audit: Audit, items: Sequence[Item], masks: MaskRows) -> None:
    """Write the items of a draw: a case for each look at a film, in their order."""
    films = [(key, list(own)) for key, own in groupby(items, key=lambda item: (item.image, item.look))]
    places = [(image, look, at) for at, ((image, look), _) in enumerate(films)]
    case_ids = _add_cases(session, audit, places)
    rows = [(case_id, item) for case_id, (_, own) in zip(case_ids, films, strict=True) for item in own]
    _store(session, rows, None, masks)


def add_items(
    session: Session, audit: Audit, items: Sequence[Item], account_id: int, masks: MaskRows | None = None
) -> None:
    """Have further units read in an open audit, as this account asked. A film that was read comes up again."""
    cases = {
        (image, look): case_id
        for look in dict.fromkeys(item.look for item in items)
        for image, case_id in _open_cases(session, audit, {i.image for i in items if i.look == look}, look).items()
    }
    _store(session, [(cases[item.image, item.look], item) for item in items], account_id, masks or {})


def lock_cases(session: Session, audit_id: int, image_ids: set[int], look: str = "first") -> dict[int, AuditCase]:
    """The cases of an audit that these films have already, by film."""
    query = select(AuditCase).where(
        AuditCase.audit_id == audit_id, AuditCase.image_id.in_(image_ids), AuditCase.look == look
    )
    return {case.image_id: case for case in session.scalars(query.order_by(AuditCase.id).with_for_update())}


def leased_films(session: Session, cases: Mapping[int, AuditCase]) -> set[int]:
    """The films that somebody has before them at this moment."""
    ids = [case.id for case in cases.values()]
    return set(session.scalars(select(AuditCase.image_id).where(AuditCase.id.in_(ids), ~AuditCase.done, leased())))


def stored_items(session: Session, audit_id: int) -> tuple[Item, ...]:
    """The items that an audit was drawn with, in their order; without what people asked for later."""
    query = (
        select(AuditItem, AuditCase, Plant, Mask.sha256)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .outerjoin(Plant, Plant.item_id == AuditItem.id)
        .outerjoin(Mask, Mask.id == Plant.mask_id)
        .where(AuditCase.audit_id == audit_id, AuditItem.account_id.is_(None))
        .order_by(AuditItem.id)
    )
    return tuple(
        Item(
            item.pseudo_label_id,
            case.image_id,
            item.finding,
            item.stream,
            item.stratum,
            item.inclusion_probability,
            case.look,
            item.task,
            PlantedError(plant.kind, sha256, plant.donor_label_id) if plant is not None else None,
            item.rank,
        )
        for item, case, plant, sha256 in session.execute(query)
    )


def _open_cases(session: Session, audit: Audit, image_ids: set[int], look: str) -> dict[int, int]:
    """The case of each film, open: new ones anywhere among those that are."""
    known = lock_cases(session, audit.id, image_ids, look)
    for case in known.values():
        case.done = False
    found = {image: case.id for image, case in known.items()}
    new = sorted(image_ids - known.keys())
    if not new:
        return found
    last = session.scalar(select(func.max(AuditCase.position)).where(AuditCase.audit_id == audit.id))
    first = session.scalar(select(func.min(AuditCase.position)).where(AuditCase.audit_id == audit.id, ~AuditCase.done))
    end = 0 if last is None else last + 1
    rng = np.random.default_rng([audit.seed, new[0], end])
    places = rng.integers(end if first is None else first, end + 1, len(new)).tolist()
    made = _add_cases(session, audit, [(image, look, place) for image, place in zip(new, places, strict=True)])
    return found | dict(zip(new, made, strict=True))


def _add_cases(session: Session, audit: Audit, places: Sequence[tuple[int, str, int]]) -> list[int]:
    """New cases of these films, looks and positions; their ids, in order."""
    if not places:
        return []
    rows = [{"audit_id": audit.id, "image_id": image, "look": look, "position": at} for image, look, at in places]
    return list(session.scalars(insert(AuditCase).returning(AuditCase.id, sort_by_parameter_order=True), rows))


def _store(session: Session, rows: Sequence[tuple[int, Item]], account_id: int | None, masks: MaskRows) -> None:
    """Items of these cases, and beside those with a planted error its mask."""
    if not rows:
        return
    values = [
        {
            "case_id": case_id,
            "finding": item.finding,
            "stream": item.stream,
            "stratum": item.stratum,
            "inclusion_probability": item.probability,
            "rank": item.rank,
            "pseudo_label_id": item.label,
            "account_id": account_id,
            "task": item.task,
        }
        for case_id, item in rows
    ]
    # With its nulls spelt out every row has the same columns, and all go in one statement.
    write = insert(AuditItem).returning(AuditItem.id, sort_by_parameter_order=True).execution_options(render_nulls=True)
    item_ids = session.scalars(write, values).all()
    planted = [(id_, item, item.plant) for id_, (_, item) in zip(item_ids, rows, strict=True) if item.plant is not None]
    mask_ids = store_masks(session, [masks[item.label] for _, item, _ in planted])
    for (item_id, item, error), mask_id in zip(planted, mask_ids, strict=True):
        made = {"kind": error.kind, "donor_label_id": error.donor}
        session.add(Plant(item_id=item_id, label_id=item.label, mask_id=mask_id, **made))
