"""What a launch's audit could show, and more reads for an open one."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import Field

from overread.api.http.deps import EngineerDep, SessionDep
from overread.api.loop.iterations import declaration_of
from overread.api.loop.schemas import DeclarationIn
from overread.api.schemas import Answer, Body, Name
from overread.domain.words import Extended
from overread.services.audit.more import extend
from overread.services.loop.power import power_of_launch

router = APIRouter(tags=["power"])


class FindingPowerOut(Answer):
    """``chance`` that clause (b) passes once ``reads`` are made; ``enough`` reads pass in nine cases of ten, null where
    no number does; ``half_width`` of the error's 95 % interval."""

    finding: str
    population: int
    reads: int
    chance: float
    enough: int | None
    half_width: float


class HoldoutPowerOut(Answer):
    """After this audit HOLDOUT rests on so many ``patients``; one time in two they rule out a fall of ``shown`` when
    nothing has changed; the declared ``margin`` they rule out with this ``chance``."""

    patients: int
    shown: float
    margin: float
    chance: float


class PowerOut(Answer):
    """``holdout`` is null where nobody is held out; ``plants`` planted errors are planned; ``trust`` is the chance that
    readers who miss one in ten are trusted."""

    error: float
    findings: list[FindingPowerOut]
    holdout: HoldoutPowerOut | None
    plants: int
    trust: float
    reads: int
    minutes: float


class MoreIn(Body):
    """``finding`` of MEASURE; null for HOLDOUT's patients and SENTINEL's planted errors, which are for all together."""

    stream: Extended = "MEASURE"
    finding: Name | None = None
    reads: int = Field(ge=1, le=100_000)


class MoreOut(Answer):
    """``added`` labels to the sample, patients or planted errors; ``new`` items in all: what was to be read anyway is
    none, second readers' and those that planted errors stand among are."""

    added: int
    new: int


@router.post("/projects/{project_id}/power")
def ask_power(
    project_id: int,
    body: DeclarationIn,
    session: SessionDep,
    _account: EngineerDep,
    error: Annotated[float, Query(ge=0, le=1, description="share of labels assumed wrong")] = 0.02,
) -> PowerOut:
    """What the audit of this launch could show; nothing is launched."""
    found = power_of_launch(session, project_id, declaration_of(body), error)
    rows = [FindingPowerOut(finding=name, **vars(one)) for name, one in found.findings.items()]
    holdout = HoldoutPowerOut(**vars(found.holdout)) if found.holdout is not None else None
    rest = {"plants": found.plants, "trust": found.trust, "reads": found.reads, "minutes": found.minutes}
    return PowerOut(error=error, findings=rows, holdout=holdout, **rest)


@router.post("/audits/{audit_id}/more-reads")
def ask_for_more_reads(
    audit_id: int,
    body: MoreIn,
    session: SessionDep,
    account: EngineerDep,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=100)] = None,
) -> MoreOut:
    """Have more of a stream read, as a clause of the gate asks for it; the gate may then be asked again. With an
    Idempotency-Key a repeated request gets the first one's answer and draws nothing."""
    more = extend(session, audit_id, body.stream, body.finding, body.reads, account.id, idempotency_key)
    return MoreOut(**vars(more))
