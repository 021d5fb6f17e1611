"""More planted errors for an open audit, where those of its draw could not show whether readers find them.

They stand on films that nobody has met in this audit, each beside another film with nothing planted: who meets new
films late in an audit must not know them for tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase
from overread.domain.errors import InvalidInput
from overread.services.audit.items import Item, PlantedError, add_items
from overread.services.audit.sample import Population, population
from overread.services.audit.tasks import make_plants
from overread.services.films.masks import MaskRow


@dataclass
class Added:
    """Items to add, by their labels, and the planted ones' masks."""

    planted: dict[int, Item] = field(default_factory=dict)
    plain: dict[int, Item] = field(default_factory=dict)
    masks: dict[int, MaskRow] = field(default_factory=dict)


def draw_plants(session: Session, audit: Audit, plants: int, account_id: int) -> tuple[int, int]:
    """Have so many more planted errors read, and as many films with nothing planted; how many errors were planted, and
    items in all. Raises InvalidInput where there are no two films left for that."""
    added = _choose(session, audit, plants)
    if not added.planted:
        raise InvalidInput("No film is left in this audit's pool that an error could be planted on, unnoticed.")
    items = added.planted | added.plain
    # In the labels' order, planted or not: their numbers must not tell which.
    add_items(session, audit, [items[label] for label in sorted(items)], account_id, added.masks)
    return len(added.planted), len(items)


def _choose(session: Session, audit: Audit, plants: int) -> Added:
    """A plain film for each planted one; what no mask can be made wrong on is plain."""
    found = Added()
    for item in _from_the_end(session, audit, population(session, audit)):
        made: dict[int, PlantedError] = {}
        if len(found.planted) <= len(found.plain) and len(found.planted) < plants:
            made, masks = make_plants(session, audit, [item])
            found.masks |= masks
        if item.label in made:
            found.planted[item.label] = replace(item, task="planted", plant=made[item.label])
        else:
            found.plain[item.label] = item
        if len(found.planted) == plants <= len(found.plain):
            break
    if len(found.planted) > len(found.plain):
        found.planted.popitem()
    return found


def _from_the_end(session: Session, audit: Audit, order: Population) -> Iterator[Item]:
    """Labels beyond the sample, the last of each finding's order first, on films without a case; one a film."""
    films = set(session.scalars(select(AuditCase.image_id).where(AuditCase.audit_id == audit.id)))
    names, parts = list(order.rows), list(order.rows.values())
    starts = [audit.sample.get(name, 0) for name in names]
    ranks = np.concatenate([np.arange(start, len(rows)) for start, rows in zip(starts, parts, strict=True)])
    number = np.repeat(np.arange(len(parts)), [max(0, len(r) - s) for s, r in zip(starts, parts, strict=True)])
    share = (ranks + 0.5) / np.array([len(rows) for rows in parts])[number]
    for at in np.argsort(-share, kind="stable").tolist():
        finding, rank = int(number[at]), int(ranks[at])
        row = parts[finding][rank]
        label, image = int(order.units.label[row]), int(order.units.image[row])
        if image not in films:
            films.add(image)
            yield Item(label, image, names[finding], "SENTINEL", rank=rank)
