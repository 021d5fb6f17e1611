"""The pool explorer: a wall of films by one finding, its histograms, and from a selection to an audit's FIX list."""

import math
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from overread.api.http.deps import ReaderDep, SessionDep
from overread.api.schemas import Answer, Body, Id, Name, RleOut
from overread.domain.errors import InvalidInput
from overread.domain.words import Decision, SourceSays
from overread.services.audit import fix_list
from overread.services.explore import pool
from overread.services.films.masks import mask_rle
from overread.services.films.projects import get_project
from overread.services.stages import get_iteration

router = APIRouter(tags=["pool"])
Range = Annotated[str | None, Query(pattern=r"^[0-9.]{1,12}-[0-9.]{1,12}$", description="low-high")]
Place = Annotated[str | None, Query(max_length=60, description="as a page gave it")]
Order = Literal["risk", "agreement", "variance", "presence", "area", "changed"]


class TileOut(Answer):
    """One finding on one film. ``mask`` is null where nothing is drawn. ``changed``: 1 − Dice with the mask of the
    iteration before, 0 where both are empty, null where it had no label."""

    id: int
    image_id: int
    file_name: str
    decision: Decision
    presence: float
    agreement: float
    variance: float | None
    risk: float
    area: int
    changed: float | None
    mask: RleOut | None


class WallOut(Answer):
    """How many films hang on the wall; ``after[i]`` asks for page i + 1, the first page needs none."""

    total: int
    page: int
    after: list[str]


class BinOut(Answer):
    low: float
    high: float
    count: int


class HistogramsOut(Answer):
    """``changed`` is empty where no iteration before had labels."""

    presence: list[BinOut]
    area: list[BinOut]
    changed: list[BinOut]


class FixListIn(Body):
    labels: list[Id] = Field(min_length=1, max_length=1000)


class FixListOut(Answer):
    """Labels that are on the list now, those that the audit had already, and those whose film is being read."""

    added: int
    already: int
    being_read: int


def wall_of(
    finding: Name,
    order: Order = "risk",
    decision: Decision | None = None,
    source_id: Id | None = None,
    site: Annotated[str | None, Query(max_length=100)] = None,
    view: Annotated[str | None, Query(max_length=40)] = None,
    said: SourceSays | None = None,
    presence: Range = None,
    changed: Range = None,
    area: Range = None,
) -> pool.Wall:
    """The wall that a query asks for."""
    between = None if area is None else span("area", area)
    return pool.Wall(
        finding=finding,
        order=order,
        decision=decision,
        source_id=source_id,
        site=site,
        view=view,
        said=said,
        presence=None if presence is None else span("presence", presence),
        changed=None if changed is None else span("changed", changed),
        area=None if between is None else (math.ceil(between[0]), math.ceil(between[1])),
    )


WallDep = Annotated[pool.Wall, Depends(wall_of)]


@router.get("/iterations/{iteration_id}/pool/wall")
def get_wall(iteration_id: int, wall: WallDep, session: SessionDep, _account: ReaderDep) -> WallOut:
    """How many films there are, and where each page begins. What an open audit drew is left out, here and in all that
    the wall answers."""
    labelling_id = get_iteration(session, iteration_id).labelling_id
    if labelling_id is None:
        return WallOut(total=0, page=pool.PAGE, after=[])
    laid = pool.lay_out(session, labelling_id, wall)
    return WallOut(total=laid.total, page=laid.page, after=[f"{value!r}:{last}" for value, last in laid.after])


@router.get("/iterations/{iteration_id}/pool/tiles")
def list_tiles(
    iteration_id: int, wall: WallDep, session: SessionDep, _account: ReaderDep, after: Place = None
) -> list[TileOut]:
    """A page of the wall."""
    labelling_id = get_iteration(session, iteration_id).labelling_id
    if labelling_id is None:
        return []
    return [tile_out(tile) for tile in pool.list_tiles(session, labelling_id, wall, keyset(after))]


@router.get("/iterations/{iteration_id}/pool/histograms")
def get_histograms(iteration_id: int, wall: WallDep, session: SessionDep, _account: ReaderDep) -> HistogramsOut:
    """Films by confidence, area and change since the iteration before; each histogram without its own range."""
    labelling_id = get_iteration(session, iteration_id).labelling_id
    if labelling_id is None:
        return HistogramsOut(presence=[], area=[], changed=[])
    bins = pool.count_bins(session, labelling_id, wall)
    return HistogramsOut(**{name: [BinOut(**asdict(one)) for one in found] for name, found in bins.items()})


@router.get("/projects/{project_id}/views")
def list_views(project_id: int, session: SessionDep, _account: ReaderDep) -> list[str]:
    """The views of the pool's films."""
    get_project(session, project_id)
    return pool.list_views(session, project_id)


@router.post("/audits/{audit_id}/fix-list")
def add_to_fix_list(audit_id: int, body: FixListIn, session: SessionDep, account: ReaderDep) -> FixListOut:
    """Put chosen labels on an open audit's FIX list, under the name of who chose them."""
    return FixListOut(**asdict(fix_list.add_to_fix_list(session, audit_id, body.labels, account.id)))


def keyset(after: str | None) -> tuple[float, int] | None:
    """The place that ``after`` names; raises InvalidInput for what no page gave."""
    if after is None:
        return None
    value, _, last = after.partition(":")
    try:
        place = float(value), int(last)
    except ValueError:
        place = (float("nan"), 0)
    if not math.isfinite(place[0]) or not 0 <= place[1] < 2**63:
        raise InvalidInput("after is the place that a page gave, as it was given.")
    return place


def span(name: str, text: str) -> tuple[float, float]:
    """The ends of "low-high"; raises InvalidInput for what is none."""
    try:
        low, high = (float(part) for part in text.split("-"))
    except ValueError:
        raise InvalidInput(f"{name} is a range of numbers: low-high.") from None
    if low > high:
        raise InvalidInput(f"{name} begins at {low:g}, beyond its end at {high:g}.")
    return low, high


def tile_out(tile: pool.Tile) -> TileOut:
    """A film on the wall on the wire."""
    label = tile.label
    return TileOut(
        id=label.id,
        image_id=label.image_id,
        file_name=tile.image.file_name,
        decision=label.decision,
        presence=label.presence,
        agreement=label.agreement,
        variance=label.variance,
        risk=label.risk,
        area=label.area,
        changed=label.changed,
        mask=mask_rle(tile.mask) if tile.mask else None,
    )
