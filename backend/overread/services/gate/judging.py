"""The gate: declared with the iteration, judged on recorded reads, kept append-only, signed by its hash."""

from collections.abc import Iterator
from dataclasses import asdict, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, GateDecision, Iteration, Project
from overread.db.tables.gate import JUDGEMENT
from overread.domain.errors import Conflict, GateShut
from overread.domain.policy.clauses import Clause, not_judged, trusted_readers
from overread.domain.policy.gate import GateVerdict, Judgement, Override, Promise, certified, evaluate, with_clauses
from overread.domain.readers.detection import MISS
from overread.domain.sampling.shares import share
from overread.domain.words import Thresholds
from overread.services.audit.audits import audit_of
from overread.services.audit.readers import detection
from overread.services.audit.sample import gate_evidence
from overread.services.estimates.certificates import certificates_of
from overread.services.estimates.doubt import certificate_doubt, declared_doubt
from overread.services.gate.changes import change_clauses
from overread.services.stages import get_iteration, move_stage
from overread.services.trail import record


def preview_gate(
    session: Session,
    iteration: Iteration,
    withheld: list[str] | None = None,
    thresholds: Thresholds = "hand",
    judged: bool = False,
) -> Judgement:
    """What the gate would say now of a training set by these thresholds, without recording it.

    Unless it is ``judged``, planted errors stay out of it: counts that move after a film would tell its reader that it
    was a test.
    """
    if iteration.stage not in ("auditing", "closed"):
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; the gate is judged once its audit is open.")
    plan = iteration.plan
    held = set(plan.withhold if withheld is None else withheld)
    audit = audit_of(session, iteration)
    findings = session.get_one(Project, iteration.project_id).findings
    promise = promise_of(session, iteration, audit, judged)
    verdict = evaluate(gate_evidence(session, audit, findings), promise, plan.min_reads, held)
    if thresholds != "hand":
        verdict = replace(verdict, clauses=tuple(_by_certificate(session, iteration, verdict, held)))
    if thresholds == "weighted":
        verdict = with_clauses(verdict, [not_judged("ungated", None, plan.alpha, UNGATED, passed=False)])
    verdict = with_clauses(verdict, [*change_clauses(session, iteration), _readers(session, audit, judged)])
    asked = None if withheld is None else tuple(withheld)
    return Judgement(
        **vars(verdict), iteration=iteration.id, labelling=iteration.labelling_id, withheld=asked, thresholds=thresholds
    )


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
        readers = detection(session, audit.id)
        detected = share(readers.found_drawn, readers.drawn)
    return Promise(plan.alpha, declared_doubt(session, iteration), errors, detected, plan.teaches)


def _readers(session: Session, audit: Audit, judged: bool) -> Clause:
    """How the readers of this audit, taken together, did on planted errors."""
    if not judged:
        why = "Readers' trust is judged when the next iteration is launched."
        return not_judged("reader-trust", None, 1 - MISS, why)
    return trusted_readers(detection(session, audit.id))


def _by_certificate(session: Session, iteration: Iteration, verdict: GateVerdict, held: set[str]) -> Iterator[Clause]:
    """Clause (a) as it is, and (b) by the certificates that somebody confirmed."""
    yield from (c for c in verdict.clauses if c.name != "certified-error")
    rows = certificates_of(session, iteration.id)
    declared = replace(verdict, delta=certificate_doubt(session, iteration))
    if not rows:
        why = "No threshold is certified. Confirm them on the gate's page, or launch with hand thresholds."
        yield not_judged("certified-error", None, verdict.alpha, why, passed=False)
    for row in rows:
        if row.finding not in held:
            sentence = row.evidence.certificate.sentence
            yield certified(row.finding, row.threshold, (row.alpha, row.delta), declared, sentence)


def judge_gate(
    session: Session,
    iteration_id: int,
    withheld: list[str] | None = None,
    override: Override | None = None,
    thresholds: Thresholds = "hand",
) -> GateDecision:
    """Record a verdict; one that lets through (open, or overridden) closes the iteration. A shut one is returned too:
    it is kept, so ``refusal`` is answered once the caller has committed."""
    iteration = get_iteration(session, iteration_id, lock=True)
    verdict = preview_gate(session, iteration, withheld, thresholds, judged=True)
    decision = _record_decision(session, iteration, verdict if verdict.open else replace(verdict, override=override))
    if (decision.open or decision.override) and iteration.stage == "auditing":
        move_stage(session, iteration, "closed")
    return decision


def refusal(decision: GateDecision) -> GateShut | None:
    """What to answer for a verdict that nobody gets past, with its failing clauses; None where it lets through."""
    if decision.open or decision.override:
        return None
    failing = decision.verdict.failing
    sentence = " ".join(clause.sentence for clause in failing)
    return GateShut(sentence, clauses=[asdict(clause) for clause in failing])


def list_decisions(session: Session, iteration_id: int) -> list[GateDecision]:
    """Every verdict on this iteration, oldest first."""
    return list(
        session.scalars(select(GateDecision).where(GateDecision.iteration_id == iteration_id).order_by(GateDecision.id))
    )


def _record_decision(session: Session, iteration: Iteration, verdict: Judgement) -> GateDecision:
    used = verdict.override
    decision = GateDecision(
        iteration_id=iteration.id,
        open=verdict.open,
        override=used is not None,
        verdict=verdict,
        account_id=used.account_id if used else None,
        reason=used.reason if used else None,
        sha256=JUDGEMENT.signature(verdict),
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
