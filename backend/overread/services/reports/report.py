"""What an iteration came to, in one document: the API, the CLI and the demo print the same."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import AuditCase, Iteration, Read, Run
from overread.domain.errors import NotFound
from overread.domain.imaging.evaluation import MacroMetrics, Metrics
from overread.domain.words import DECISIONS, Decision, ScoredSplit, Stage
from overread.services.audit.audits import find_audit
from overread.services.audit.queue import audit_progress
from overread.services.gate.standing import GateStanding, gate_standing
from overread.services.heads import finished, in_time
from overread.services.history import list_iterations, newest_iteration
from overread.services.labelling.evaluation import shown_metrics
from overread.services.labelling.labels import count_decisions


@dataclass(frozen=True)
class RunReport:
    """A network: its recipe's name, what its training took and what was measured of it."""

    recipe: str
    seconds: float | None
    metrics: dict[ScoredSplit, Metrics] | None


@dataclass(frozen=True)
class Headline:
    """Scores of an ensemble, each its mean over findings; None where no finding has one."""

    d_auc: float | None
    id_auc: float | None
    dice: float | None
    sensitivity: float | None
    specificity: float | None


@dataclass(frozen=True)
class AuditReport:
    """Items of an audit, verdicts in it, how many of those changed a mask, and the seconds that readers spent."""

    items: int = 0
    reads: int = 0
    fixed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class IterationReport:
    """One iteration: runs, the ensemble's means on external (else development) images, labels, audit, gate (None for
    whom it is not told)."""

    index: int
    stage: Stage
    runs: tuple[RunReport, ...]
    ensemble: Headline
    pseudo_labels: dict[Decision, int]
    audit: AuditReport
    gate: GateStanding | None


@dataclass(frozen=True)
class ProjectReport:
    """Iterations, oldest first, and the hashes of their training sets."""

    iterations: tuple[IterationReport, ...]
    training_sets: tuple[str, ...]


def iteration_report(session: Session, iteration: Iteration) -> IterationReport:
    """What one iteration came to."""
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    decisions = count_decisions(session, iteration.labelling_id)
    return IterationReport(
        index=iteration.index,
        stage=iteration.stage,
        runs=tuple(RunReport(run.recipe.name, run.seconds, run.metrics) for run in runs),
        ensemble=_headline(session, iteration),
        pseudo_labels={word: sum(counts[word] for counts in decisions.values()) for word in DECISIONS},
        audit=_audit_report(session, iteration),
        gate=gate_standing(session, iteration),
    )


def project_report(session: Session, project_id: int) -> ProjectReport:
    """All iterations in a project's loop, oldest first, and the hashes of their training sets."""
    iterations = list_iterations(session, project_id)
    return ProjectReport(
        tuple(iteration_report(session, iteration) for iteration in iterations),
        tuple(iteration.training_set_sha256 for iteration in iterations),
    )


def find_iteration(session: Session, project_id: int, index: int | None) -> Iteration:
    """A project's iteration by its number, the newest without one; NotFound where there is none."""
    found = newest_iteration(session, project_id, index)
    if found is None:
        raise NotFound("There is no such iteration. `overread report PROJECT` lists those there are.")
    return found


def _headline(session: Session, iteration: Iteration) -> Headline:
    _, metrics = shown_metrics(session, iteration) or (None, None)
    mean = metrics.macro if metrics is not None else MacroMetrics()
    return Headline(mean.d_auc, mean.id_auc, mean.dice, mean.sensitivity, mean.specificity)


def _audit_report(session: Session, iteration: Iteration) -> AuditReport:
    audit = find_audit(session, iteration.id)
    if audit is None:
        return AuditReport()
    reads, fixed = session.execute(
        select(func.count(), func.count().filter(Read.verdict.in_(("fix", "reject"))))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit.id, finished())
    ).one()
    # A save takes its seconds once, however many findings it speaks of; a blind draft is one too.
    looks = (
        select(func.max(Read.seconds).label("seconds"))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit.id, in_time())
        .group_by(Read.case_id, Read.account_id, Read.created_at)
        .subquery()
    )
    seconds = session.scalar(select(func.sum(looks.c.seconds))) or 0.0
    return AuditReport(audit_progress(session, audit.id).items, reads, fixed, round(seconds, 1))
