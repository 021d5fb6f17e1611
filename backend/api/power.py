"""What a launch's audit could show, and more reads for an open one."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from backend.api.deps import EngineerDep, SessionDep
from backend.api.schemas import Answer, Body, LaunchIn
from backend.services.launches import Launch
from backend.services.more_reads import draw_more
from backend.services.power import power_of_launch

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


class PowerOut(Answer):
    """``plants`` planted errors are planned; ``trust`` is the chance that readers who miss one in ten are trusted."""

    error: float
    findings: list[FindingPowerOut]
    plants: int
    trust: float
    reads: int
    minutes: float


class MoreIn(Body):
    finding: str = Field(max_length=200)
    reads: int = Field(ge=1, le=100_000)


class MoreOut(Answer):
    """``added`` labels to the sample, ``new`` of them as items: the others were to be read anyway."""

    added: int
    new: int


@router.post("/projects/{project_id}/power")
def ask_power(
    project_id: int,
    body: LaunchIn,
    session: SessionDep,
    _account: EngineerDep,
    error: Annotated[float, Query(ge=0, le=1, description="share of labels assumed wrong")] = 0.02,
) -> PowerOut:
    """What the audit of this launch could show; nothing is launched."""
    found = power_of_launch(session, project_id, Launch(**body.model_dump()), error)
    rows = [FindingPowerOut(finding=name, **vars(one)) for name, one in found.findings.items()]
    return PowerOut(
        error=error, findings=rows, plants=found.plants, trust=found.trust, reads=found.reads, minutes=found.minutes
    )


@router.post("/audits/{audit_id}/more-reads")
def ask_for_more_reads(audit_id: int, body: MoreIn, session: SessionDep, account: EngineerDep) -> MoreOut:
    """Have the next labels of a finding's drawn order read; the gate may then be asked again."""
    return MoreOut(**vars(draw_more(session, audit_id, body.finding, body.reads, account.id)))
