"""What an iteration came to, in one document: the API, the CLI and the demo print the same."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, Iteration, Read, Run
from overread.domain.errors import Conflict, NotFound
from overread.services.audit.queue import audit_progress
from overread.services.gate.judging import list_decisions, preview_gate, verdict_json
from overread.services.labelling.labels import DECISIONS, count_decisions

HEADLINES = ("d_auc", "id_auc", "dice", "sensitivity", "specificity")


def iteration_report(session: Session, iteration: Iteration) -> dict[str, Any]:
    """One iteration: runs, the ensemble's macro numbers on external (else development) images, labels, audit, gate."""
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    decisions = count_decisions(session, iteration.labelling_id)
    return {
        "index": iteration.index,
        "stage": iteration.stage,
        "runs": [{"recipe": run.recipe.name, "seconds": run.seconds, "metrics": run.metrics} for run in runs],
        "ensemble": _headline(iteration),
        "pseudo_labels": {word: sum(counts[word] for counts in decisions.values()) for word in DECISIONS},
        "audit": _audit_report(session, iteration),
        "gate": gate_report(session, iteration),
    }


def project_report(session: Session, project_id: int) -> dict[str, Any]:
    """All iterations of a project that count, oldest first, and the hashes of their training sets."""
    iterations = session.scalars(
        select(Iteration)
        .where(Iteration.project_id == project_id, Iteration.stage.not_in(("failed", "cancelled")))
        .order_by(Iteration.index)
    ).all()
    return {
        "iterations": [iteration_report(session, iteration) for iteration in iterations],
        "training_sets": [iteration.training_set_sha256 for iteration in iterations],
    }


def find_iteration(session: Session, project_id: int, index: int | None) -> Iteration:
    """A project's iteration by its number, the newest without one; NotFound where there is none."""
    query = select(Iteration).where(Iteration.project_id == project_id, Iteration.stage.not_in(("failed", "cancelled")))
    rows = query if index is None else query.where(Iteration.index == index)
    found = session.scalars(rows.order_by(Iteration.index.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotFound("There is no such iteration. `overread report PROJECT` lists those there are.")
    return found


def gate_report(session: Session, iteration: Iteration) -> dict[str, Any]:
    """The recorded verdict of a closed iteration, else what it would be now: a launch that was refused last week says
    nothing of the reads since. ``open`` is null before there is anything to judge."""
    decisions = list_decisions(session, iteration.id)
    if decisions and iteration.stage == "closed":
        last = decisions[-1]
        return {"open": last.open, "override": last.override, "reason": last.reason, **_clauses(last.verdict)}
    try:
        verdict = preview_gate(session, iteration)
    except Conflict:
        return {"open": None, "clauses": []}
    return {"open": verdict.open, "override": False, "reason": None, **_clauses(verdict_json(verdict))}


def _clauses(verdict: dict[str, Any]) -> dict[str, Any]:
    return {"clauses": verdict["clauses"], "alpha": verdict["alpha"], "delta": verdict["delta"]}


def _headline(iteration: Iteration) -> dict[str, float | None]:
    ensemble = (iteration.metrics or {}).get("ensemble", {})
    macro = (ensemble.get("external") or ensemble.get("development") or {}).get("macro", {})
    return {name: macro.get(name) for name in HEADLINES}


def _audit_report(session: Session, iteration: Iteration) -> dict[str, int]:
    audit = session.scalars(select(Audit).where(Audit.iteration_id == iteration.id)).one_or_none()
    if audit is None:
        return {"items": 0, "reads": 0, "fixed": 0}
    reads, fixed = session.execute(
        select(func.count(), func.count().filter(Read.verdict.in_(("fix", "reject"))))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit.id, ~Read.sibling, ~Read.blind)
    ).one()
    return {"items": audit_progress(session, audit.id)["items"], "reads": reads, "fixed": fixed}
