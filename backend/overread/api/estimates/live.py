"""Estimates of an audit: bounds to watch while readers read, and what the audit says once it is read."""

from typing import Annotated

from fastapi import APIRouter, Query

from overread.api.audit.readers import ShareOut
from overread.api.http.deps import EngineerDep, SessionDep
from overread.api.schemas import Answer
from overread.services.audit.audits import get_audit
from overread.services.estimates import live
from overread.services.estimates.corrections import State
from overread.services.estimates.final import Method

LOOKS = 150  # looks of a bound that are sent
router = APIRouter(tags=["estimates"])


class LookOut(Answer):
    reads: int
    low: float
    high: float


class LiveOut(Answer):
    """``finding`` null: all together. ``value`` is null before the first read; ``path`` is the bound after reads."""

    quantity: str
    finding: str | None
    value: float | None
    low: float
    high: float
    reads: int
    population: int
    path: list[LookOut]


class SubgroupOut(Answer):
    """The bound of a source, site, view or sex while readers read; ``value`` null before its first read."""

    quantity: str
    group: str
    name: str
    value: float | None
    low: float
    high: float
    reads: int
    population: int


class EstimateOut(Answer):
    quantity: str
    group: str | None
    name: str | None
    method: Method
    value: float
    low: float
    high: float
    reads: int


class NeededOut(Answer):
    """Reads still to go; null before there is one to go by."""

    finding: str | None
    reads: int | None


class CorrectionOut(Answer):
    """Planted masks called wrong, right masks called wrong, and whether (``corrected``) or why not they correct."""

    detected: ShareOut
    false_alarms: ShareOut
    state: State


class EstimatesOut(Answer):
    """``correction`` is null until every MEASURE item is read. ``waiting`` reads enter the bounds of all findings once
    an item whose turn was earlier is read."""

    reads: int
    planned: int
    waiting: int
    cannot_tell: int
    done: bool
    live: list[LiveOut]
    final: list[EstimateOut]
    correction: CorrectionOut | None
    needed: list[NeededOut]


@router.get("/audits/{audit_id}/estimates")
def get_estimates(
    audit_id: int,
    session: SessionDep,
    _account: EngineerDep,
    half_width: Annotated[float, Query(ge=1e-4, lt=1)] = 0.05,
) -> EstimatesOut:
    """Error, mean Dice, missed lesions and prevalence: betting bounds, valid at every look; estimates at the end."""
    found = live.audit_estimates(session, get_audit(session, audit_id), half_width)
    return EstimatesOut(
        reads=found.reads,
        planned=found.planned,
        waiting=found.waiting,
        cannot_tell=found.cannot_tell,
        done=found.done,
        live=[_live_out(one) for one in found.live],
        final=[EstimateOut.model_validate(one) for one in found.final],
        correction=CorrectionOut.model_validate(found.correction) if found.correction is not None else None,
        needed=[NeededOut(finding=finding, reads=reads) for finding, reads in found.needed.items()],
    )


@router.get("/audits/{audit_id}/estimates/subgroups")
def get_subgroup_estimates(audit_id: int, session: SessionDep, _account: EngineerDep) -> list[SubgroupOut]:
    """The same betting bounds of each source, site, view and sex; empty where films are not told apart."""
    audit = get_audit(session, audit_id)
    return [
        SubgroupOut(
            quantity=one.quantity,
            group=one.subgroup[0],
            name=one.subgroup[1],
            value=one.value,
            low=one.sequence.low,
            high=one.sequence.high,
            reads=len(one.path),
            population=int(one.sequence.sizes.sum()),
        )
        for one in live.subgroup_bounds(session, audit)
        if one.subgroup is not None
    ]


def _live_out(one: live.Live) -> LiveOut:
    step = -(-len(one.path) // LOOKS) or 1
    shown = one.path[::-step][::-1]  # always with the last look
    return LiveOut(
        quantity=one.quantity,
        finding=one.finding,
        value=one.value,
        low=one.sequence.low,
        high=one.sequence.high,
        reads=len(one.path),
        population=int(one.sequence.sizes.sum()),
        path=[LookOut(reads=reads, low=low, high=high) for reads, low, high in shown],
    )
