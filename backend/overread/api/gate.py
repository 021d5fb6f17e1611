"""The gate: what it would say, its verdicts, and a refusal that is kept."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field

from overread.api.http.deps import AccountDep, EngineerDep, SessionDep
from overread.api.http.problems import MEDIA, Problem, refusal
from overread.api.schemas import EXACT, Answer, Body, Name
from overread.domain.policy.clauses import Clause
from overread.domain.policy.gate import Judgement, Override
from overread.domain.words import Thresholds
from overread.services.blinding.rules import require_streams
from overread.services.gate import judging
from overread.services.stages import get_iteration

router = APIRouter(tags=["iterations"])


class GateOut(Answer):
    """A verdict; ``sha256`` and ``created_at`` are null where it is not recorded."""

    open: bool
    override: bool
    verdict: Judgement
    reason: str | None
    sha256: str | None
    created_at: datetime | None


class GateIn(Body):
    withhold: list[Name] | None = Field(None, max_length=8)
    thresholds: Thresholds = "hand"
    override: str | None = Field(None, max_length=2000)


class GateShutOut(Problem):
    """The refusal of type gate-shut: ``clauses`` failed, and say what would satisfy them."""

    model_config = EXACT | ConfigDict(extra="ignore")
    clauses: list[Clause]


# What a route that judges refuses with, beside what every route may.
_SHUT = {"anyOf": [{"$ref": f"#/components/schemas/{one}"} for one in ("GateShutOut", "Problem")]}
SHUT: dict[int | str, dict[str, Any]] = {409: {"model": GateShutOut | Problem, "content": {MEDIA: {"schema": _SHUT}}}}


@router.get("/iterations/{iteration_id}/gate")
def preview_gate(iteration_id: int, session: SessionDep, account: AccountDep) -> GateOut:
    """What the gate would say now; nothing is recorded. Not for a reader while the audit is open: its counts move with
    the reads of one stream."""
    iteration = get_iteration(session, iteration_id)
    require_streams(account.role, iteration)
    verdict = judging.preview_gate(session, iteration)
    return GateOut(open=verdict.open, override=False, verdict=verdict, reason=None, sha256=None, created_at=None)


@router.post("/iterations/{iteration_id}/gate", response_model=GateOut, responses=SHUT)
def judge_gate(iteration_id: int, body: GateIn, session: SessionDep, account: EngineerDep) -> GateOut | JSONResponse:
    """Record a verdict; an open one closes the iteration, a shut one answers 409 with what would satisfy it."""
    override = Override.of(body.override, account.id)
    decision = judging.judge_gate(session, iteration_id, body.withhold, override, body.thresholds)
    shut = judging.refusal(decision)
    # Either way the verdict is committed before this answer leaves.
    return GateOut.model_validate(decision) if shut is None else refusal(shut)


@router.get("/iterations/{iteration_id}/gate/decisions")
def list_decisions(iteration_id: int, session: SessionDep, account: AccountDep) -> list[GateOut]:
    """Every verdict recorded on this iteration; for a reader once its audit is closed."""
    require_streams(account.role, get_iteration(session, iteration_id))
    return [GateOut.model_validate(row) for row in judging.list_decisions(session, iteration_id)]
