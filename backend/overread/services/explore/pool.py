"""The pool as a wall: one finding on every film, in any order, page by page from any place.

What an open audit drew does not hang there, whoever looks: where a planted error hung by what is stored, its place or a
filter would tell it from a case, and by what it shows it hung beside the label whose numbers it has.

A labelling never changes once it is published, so the wall is laid out by *anchors*: the sort value and id that end
every page. Any page is then a keyset page, as quick in the middle of 500,000 films as at the start.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, PseudoLabel, Source
from overread.db.tables.iterations import WALL
from overread.domain.errors import InvalidInput
from overread.domain.words import DECISIONS, SourceSays
from overread.services.blinding.rules import audited_units
from overread.services.films.told import films_said

PAGE = 100
UPWARD = ("agreement",)  # members that agree least come first; all other orders begin with the largest value
UNKNOWN = "unknown"
SHARES = ("presence", "changed")  # their last bin holds 1
EDGES: dict[str, list[float]] = {
    **{name: [i / 20 for i in range(21)] for name in SHARES},
    "area": [0, 1, 2, 3, *(size for power in range(2, 26) for size in (1 << power, 3 << (power - 1)))],
}


@dataclass(frozen=True)
class Wall:
    """Which films hang on the wall, and in which order. Ranges hold their lower end: presence, changed in [low, high]
    (the top of the scale is in the last bin), area in [low, high) pixels. ``view`` UNKNOWN: films that do not say.
    ``site``: the sources of one hospital, which share a namespace of patient keys. ``said``: what a film's source says
    of the finding beside masks."""

    finding: str
    order: str = "risk"
    decision: str | None = None
    source_id: int | None = None
    site: str | None = None
    view: str | None = None
    said: SourceSays | None = None
    presence: tuple[float, float] | None = None
    changed: tuple[float, float] | None = None
    area: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.order not in WALL:
            raise InvalidInput(f"order is one of {', '.join(WALL)}.")
        if self.decision is not None and self.decision not in DECISIONS:
            raise InvalidInput(f"decision is one of {', '.join(DECISIONS)}.")

    @property
    def column(self) -> ColumnElement[Any]:
        """What it is sorted by."""
        column: ColumnElement[Any] = getattr(PseudoLabel, self.order).expression
        return column


@dataclass(frozen=True)
class Anchors:
    """How many films hang there, and where each page but the first begins: after this (sort value, id)."""

    total: int
    page: int
    after: list[tuple[float, int]]


@dataclass(frozen=True)
class Bin:
    """Films with a value in [low, high)."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Tile:
    """A film on the wall; ``mask`` None where nothing is drawn."""

    label: PseudoLabel
    image: Image
    mask: Mask | None


def list_tiles(session: Session, labelling_id: int, wall: Wall, after: tuple[float, int] | None) -> list[Tile]:
    """A page. Its ids come from the index alone."""
    page = _page(labelling_id, wall, after).subquery()
    query = (
        select(PseudoLabel, Image, Mask)
        .join(page, page.c.id == PseudoLabel.id)
        .join(Image, Image.id == PseudoLabel.image_id)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .order_by(*_order(wall, page.c.value, page.c.id))
    )
    return [Tile(label, image, mask) for label, image, mask in session.execute(query)]


def lay_out(session: Session, labelling_id: int, wall: Wall) -> Anchors:
    """Count the films and find the last one of each page, in one walk along the index."""
    order = _order(wall, wall.column, PseudoLabel.id)
    number = func.row_number().over(order_by=order).label("number")
    walk = _select(labelling_id, wall, wall.column.label("value"), PseudoLabel.id, number).subquery()
    ends = select(walk.c.value, walk.c.id).where(walk.c.number % PAGE == 0).order_by(walk.c.number)
    total = session.scalar(select(func.count()).select_from(_select(labelling_id, wall, PseudoLabel.id).subquery()))
    after = [(float(value), last) for value, last in session.execute(ends)]
    return Anchors(total or 0, PAGE, after[: max(0, ((total or 0) - 1) // PAGE)])


def count_bins(session: Session, labelling_id: int, wall: Wall) -> dict[str, list[Bin]]:
    """Films by presence and by change since the iteration before (20 bins each; none where there was no iteration
    before), and by area (two bins a doubling; the first is "nothing drawn"), empty bins at the end of the areas left
    out. Each leaves its own range out and keeps the others': what a range leaves is seen."""
    found = {}
    for name, edges in EDGES.items():
        column: ColumnElement[Any] = getattr(PseudoLabel, name).expression
        step = func.width_bucket(column, array(edges[:-1], type_=column.type)).label("step")
        rest = replace(wall, **{name: None})  # type: ignore[arg-type]
        steps = _select(labelling_id, rest, step).where(column.is_not(None)).subquery()
        counted: dict[int, int] = dict(session.execute(select(steps.c.step, func.count()).group_by(steps.c.step)).all())
        found[name] = [Bin(low, high, counted.get(i + 1, 0)) for i, (low, high) in enumerate(pairwise(edges))]
    if not any(one.count for one in found["changed"]):
        found["changed"] = []
    while found["area"] and not found["area"][-1].count:
        found["area"].pop()
    return found


def list_views(session: Session, project_id: int) -> list[str]:
    """The views that the pool's films say they are, and UNKNOWN where some do not."""
    pool = (Image.project_id == project_id, Image.split == "pool")
    views = session.scalars(select(Image.view).where(*pool).distinct())
    return sorted(UNKNOWN if view is None else view for view in views)


def _select(labelling_id: int, wall: Wall, *columns: Any) -> Select[Any]:
    """These columns of the labels on the wall. The film is asked only for what the label does not know itself."""
    units = audited_units().subquery()
    query = select(*columns).where(
        PseudoLabel.labelling_id == labelling_id,
        PseudoLabel.finding == wall.finding,
        wall.column.is_not(None),
        PseudoLabel.image_id.not_in(select(units.c.image_id).where(units.c.finding == wall.finding)),
    )
    if wall.decision is not None:
        query = query.where(PseudoLabel.decision == wall.decision)
    for name in SHARES:
        column, between = getattr(PseudoLabel, name), getattr(wall, name)
        if between is not None:
            query = query.where(column >= between[0])
            query = query.where(column < between[1]) if between[1] < 1 else query
    if wall.area is not None:
        query = query.where(PseudoLabel.area >= wall.area[0], PseudoLabel.area < wall.area[1])
    if wall.said is not None:
        # A film that an open audit drew for another finding may be read blind: nothing is told of it at all.
        open_films = PseudoLabel.image_id.not_in(select(units.c.image_id))
        query = query.where(PseudoLabel.image_id.in_(films_said(wall.finding, wall.said)), open_films)
    if wall.source_id is None and wall.site is None and wall.view is None:
        return query
    query = query.join(Image, Image.id == PseudoLabel.image_id)
    if wall.site is not None:
        query = query.where(Image.source_id.in_(select(Source.id).where(Source.namespace == wall.site)))
    if wall.source_id is not None:
        query = query.where(Image.source_id == wall.source_id)
    if wall.view is not None:
        query = query.where(Image.view.is_(None) if wall.view == UNKNOWN else Image.view == wall.view)
    return query


def _page(labelling_id: int, wall: Wall, after: tuple[float, int] | None) -> Select[Any]:
    """(id, value) of a page's labels."""
    rows = _select(labelling_id, wall, PseudoLabel.id, wall.column.label("value"))
    up = wall.order in UPWARD
    if after is not None:
        place = tuple_(wall.column, PseudoLabel.id)
        # An area is a whole number: compared with a fraction, it would not be looked up in its index.
        value = int(after[0]) if wall.order == "area" else after[0]
        rows = rows.where(place > (value, after[1]) if up else place < (value, after[1]))
    return rows.order_by(*_order(wall, wall.column, PseudoLabel.id)).limit(PAGE)


def _order(wall: Wall, *columns: Any) -> list[ColumnElement[Any]]:
    return [column if wall.order in UPWARD else column.desc() for column in columns]
