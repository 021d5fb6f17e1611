"""The gate: declared with the iteration, judged on recorded reads, kept append-only, signed by its hash."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Audit, GateDecision, Iteration, Project
from overread.domain.errors import Conflict, GateShut, InvalidInput, NotFound
from overread.domain.policy.clauses import ALL, Clause, not_judged, trusted_readers
from overread.domain.policy.gate import GateVerdict, Promise, certified, evaluate, with_clauses
from overread.domain.policy.stages import STAGE_MOVES, check_move
from overread.domain.readers.detection import MISS
from overread.domain.sampling.shares import share
from overread.domain.words import Thresholds
from overread.services.audit.readers import detection
from overread.services.audit.sample import gate_evidence
from overread.services.estimates.certificates import certificates_of
from overread.services.estimates.doubt import certificate_doubt, declared_doubt
from overread.services.gate.changes import change_clauses
from overread.services.trail import record


@dataclass(frozen=True)
class Override:
    """A named person opens a shut gate, with a reason that stays on every later report."""

    account_id: int
    reason: str

    @classmethod
    def of(cls, reason: str | None, account_id: int | None) -> "Override | None":
        """None without a reason; raises InvalidInput for a blank one, or when nobody is named."""
        if reason is None:
            return None
        if not reason.strip() or account_id is None:
            raise InvalidInput("An override needs a signed-in person and a reason in words.")
        return cls(account_id, reason.strip())


def preview_gate(
    session: Session,
    iteration: Iteration,
    withheld: list[str] | None = None,
    thresholds: Thresholds = "hand",
    judged: bool = False,
) -> GateVerdict:
    """What the gate would say now of a training set by these thresholds, without recording it.

    Unless it is ``judged``, planted errors stay out of it: counts that move after a film would tell its reader that it
    was a test.
    """
    if iteration.stage not in ("auditing", "closed"):
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; the gate is judged once its audit is open.")
    plan = iteration.plan
    held = set(plan.withhold if withheld is None else withheld)
    audit = session.scalars(select(Audit).where(Audit.iteration_id == iteration.id)).one()
    findings = session.get_one(Project, iteration.project_id).findings
    promise = promise_of(session, iteration, audit, judged)
    verdict = evaluate(gate_evidence(session, audit, findings), promise, plan.min_reads, held)
    if thresholds != "hand":
        verdict = replace(verdict, clauses=tuple(_by_certificate(session, iteration, verdict, held)))
    if thresholds == "weighted":
        verdict = with_clauses(verdict, [not_judged("ungated", ALL, plan.alpha, UNGATED, passed=False)])
    return with_clauses(verdict, [*change_clauses(session, iteration), _readers(session, audit, judged)])


UNGATED = (
    "weighted teaches labels below the certified thresholds, and nothing bounds how many of those are wrong. It is no "
    "gated way to launch: a named person opens it with a reason, or launches with certified thresholds."
)


def promise_of(session: Session, iteration: Iteration, audit: Audit, judged: bool) -> Promise:
    """What the iteration's gate was declared to promise of each finding, its doubt as the family leaves it.

    True errors rest on the planted errors of the draw, of which as many were missed as nobody has read: their number is
    fixed, so that the limit of what readers find holds however often one asks."""
    plan = iteration.plan
    errors, detected = plan.errors, None
    if errors == "true" and judged:
        told = detection(session, audit.id)
        detected = share(told.found_drawn, told.drawn)
    return Promise(plan.alpha, declared_doubt(session, iteration), errors, detected)


def _readers(session: Session, audit: Audit, judged: bool) -> Clause:
    """How the readers of this audit, taken together, did on planted errors."""
    if not judged:
        why = "Readers' trust is judged when the next iteration is launched."
        return not_judged("reader-trust", ALL, 1 - MISS, why)
    return trusted_readers(detection(session, audit.id))


def _by_certificate(session: Session, iteration: Iteration, verdict: GateVerdict, held: set[str]) -> Iterator[Clause]:
    """Clause (a) as it is, and (b) by the certificates that somebody confirmed."""
    yield from (c for c in verdict.clauses if c.name != "certified-error")
    rows = certificates_of(session, iteration.id)
    declared = replace(verdict, delta=certificate_doubt(session, iteration))
    if not rows:
        why = "No threshold is certified. Confirm them on the gate's page, or launch with hand thresholds."
        yield not_judged("certified-error", ALL, verdict.alpha, why, passed=False)
    for row in rows:
        if row.finding not in held:
            told = row.evidence["certificate"]["sentence"]
            yield certified(row.finding, row.threshold, (row.alpha, row.delta), declared, told)


def judge_gate(
    database: Database,
    iteration_id: int,
    withheld: list[str] | None = None,
    override: Override | None = None,
    thresholds: Thresholds = "hand",
) -> GateDecision:
    """Record a verdict; one that opens closes the iteration. Raises GateShut for a shut one that nobody overrides."""
    with database.transaction() as session:
        iteration = session.scalars(
            select(Iteration).where(Iteration.id == iteration_id).with_for_update()
        ).one_or_none()
        if iteration is None:
            raise NotFound(f"There is no iteration {iteration_id}.")
        verdict = preview_gate(session, iteration, withheld, thresholds, judged=True)
        decision = _record_decision(session, iteration, verdict, withheld, override, thresholds)
        if (decision.open or decision.override) and iteration.stage == "auditing":
            check_move(STAGE_MOVES, iteration.stage, "closed")
            iteration.stage, iteration.closed_at = "closed", func.now()
    if not (decision.open or decision.override):
        failing = [clause for clause in decision.verdict["clauses"] if not clause["passed"]]
        raise GateShut(" ".join(clause["sentence"] for clause in failing), clauses=failing)
    return decision


def list_decisions(session: Session, iteration_id: int) -> list[GateDecision]:
    """Every verdict on this iteration, oldest first."""
    return list(
        session.scalars(select(GateDecision).where(GateDecision.iteration_id == iteration_id).order_by(GateDecision.id))
    )


def verdict_json(verdict: GateVerdict) -> dict[str, Any]:
    """The verdict as plain values."""
    return json.loads(json.dumps(asdict(verdict), default=list))  # type: ignore[no-any-return]


def _record_decision(
    session: Session,
    iteration: Iteration,
    verdict: GateVerdict,
    withheld: list[str] | None,
    override: Override | None,
    thresholds: Thresholds,
) -> GateDecision:
    used = override if override is not None and not verdict.open else None
    body = verdict_json(verdict) | {
        "iteration": iteration.id,
        "labelling": iteration.labelling_id,
        "withheld": withheld,
        "thresholds": thresholds,
        "override": asdict(used) if used else None,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    decision = GateDecision(
        iteration_id=iteration.id,
        open=verdict.open,
        override=used is not None,
        verdict=body,
        account_id=used.account_id if used else None,
        reason=used.reason if used else None,
        sha256=hashlib.sha256(canonical.encode()).hexdigest(),
    )
    session.add(decision)
    session.flush()
    record(
        session,
        "gate.judged",
        f"iteration {iteration.id}",
        project_id=iteration.project_id,
        account_id=decision.account_id,
        open=decision.open,
        override=decision.override,
        verdict=decision.sha256,
    )
    return decision
