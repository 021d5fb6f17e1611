"""More planted errors for an open audit, where those of its draw could not show whether readers find them.

They stand on films that nobody has met in this audit, each beside another film with nothing planted: who meets new
films late in an audit must not know them for tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase
from overread.domain.errors import InvalidInput
from overread.services.audit.items import Item, PlantedError, add_items
from overread.services.audit.sample import Population, population
from overread.services.audit.tasks import make_plants
from overread.services.films.masks import MaskRow


@dataclass
class ChosenFilms:
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


def _choose(session: Session, audit: Audit, plants: int) -> ChosenFilms:
    """A plain film for each planted one; what no mask can be made wrong on is plain."""
    found = ChosenFilms()
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
    """Labels beyond the sample on films without a case, one a film: findings in turn, each from its order's end."""
    films = set(session.scalars(select(AuditCase.image_id).where(AuditCase.audit_id == audit.id)))
    ends = {name: iter(range(len(rows) - 1, audit.sample.get(name, 0) - 1, -1)) for name, rows in order.rows.items()}
    while ends:
        for name, ranks in list(ends.items()):
            rows = order.rows[name]
            rank = next((rank for rank in ranks if int(order.units.image[rows[rank]]) not in films), None)
            if rank is None:
                del ends[name]
                continue
            label, image = int(order.units.label[rows[rank]]), int(order.units.image[rows[rank]])
            films.add(image)
            yield Item(label, image, name, "SENTINEL", rank=rank)
