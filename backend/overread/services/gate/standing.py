"""Where an iteration's gate stands, as pages, reports and the command line tell it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from overread.db.tables import Iteration
from overread.domain.errors import Conflict
from overread.domain.policy.clauses import Clause
from overread.services.estimates.doubt import declared_doubt
from overread.services.gate.judging import list_decisions, preview_gate


@dataclass(frozen=True)
class GateStanding:
    """``open`` is None before there is anything to judge; ``reason`` that of an override."""

    open: bool | None
    override: bool
    reason: str | None
    alpha: float
    delta: float
    clauses: tuple[Clause, ...]


def gate_standing(session: Session, iteration: Iteration) -> GateStanding:
    """The recorded verdict of a closed iteration, else what it would be now: a launch that was refused last week says
    nothing of the reads since."""
    decisions = list_decisions(session, iteration.id)
    if decisions and iteration.stage == "closed":
        last = decisions[-1]
        return GateStanding(
            last.open, last.override, last.reason, last.verdict.alpha, last.verdict.delta, last.verdict.clauses
        )
    try:
        verdict = preview_gate(session, iteration)
    except Conflict:
        return GateStanding(None, False, None, iteration.plan.alpha, declared_doubt(session, iteration), ())
    return GateStanding(verdict.open, False, None, verdict.alpha, verdict.delta, verdict.clauses)
