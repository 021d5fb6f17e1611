"""What an iteration came to, in one document: the API, the CLI and the demo print the same."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import AuditCase, Iteration, Read, Run
from overread.domain.errors import NotFound
from overread.services.audit.audits import find_audit
from overread.services.audit.queue import audit_progress
from overread.services.gate.standing import gate_standing
from overread.services.heads import finished
from overread.services.history import list_iterations, newest_iteration
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
        "gate": asdict(gate_standing(session, iteration)),
    }


def project_report(session: Session, project_id: int) -> dict[str, Any]:
    """All iterations in a project's loop, oldest first, and the hashes of their training sets."""
    iterations = list_iterations(session, project_id)
    return {
        "iterations": [iteration_report(session, iteration) for iteration in iterations],
        "training_sets": [iteration.training_set_sha256 for iteration in iterations],
    }


def find_iteration(session: Session, project_id: int, index: int | None) -> Iteration:
    """A project's iteration by its number, the newest without one; NotFound where there is none."""
    found = newest_iteration(session, project_id, index)
    if found is None:
        raise NotFound("There is no such iteration. `overread report PROJECT` lists those there are.")
    return found


def _headline(iteration: Iteration) -> dict[str, float | None]:
    ensemble = (iteration.metrics or {}).get("ensemble", {})
    macro = (ensemble.get("external") or ensemble.get("development") or {}).get("macro", {})
    return {name: macro.get(name) for name in HEADLINES}


def _audit_report(session: Session, iteration: Iteration) -> dict[str, int]:
    audit = find_audit(session, iteration.id)
    if audit is None:
        return {"items": 0, "reads": 0, "fixed": 0}
    reads, fixed = session.execute(
        select(func.count(), func.count().filter(Read.verdict.in_(("fix", "reject"))))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit.id, finished())
    ).one()
    return {"items": audit_progress(session, audit.id)["items"], "reads": reads, "fixed": fixed}
