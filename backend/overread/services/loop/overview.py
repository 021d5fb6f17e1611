"""Iterations as their pages show them: their runs with curves, their jobs, and what they labelled."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Epoch, Iteration, Job, Run, TrainingSet
from overread.domain.errors import NotFound
from overread.domain.imaging.evaluation import EnsembleMetrics
from overread.domain.words import Decision, ScoredSplit
from overread.services.audit.audits import find_audit
from overread.services.films.projects import get_project
from overread.services.labelling.evaluation import ensemble_metrics
from overread.services.labelling.labels import count_decisions


@dataclass(frozen=True)
class Summary:
    """An iteration, what it learns from, its audit if it has one, what was ``measured`` of its ensemble by split, and
    its labels by finding and decision."""

    iteration: Iteration
    training_set: TrainingSet
    audit_id: int | None
    measured: dict[ScoredSplit, EnsembleMetrics] | None
    decisions: dict[str, dict[Decision, int]]


@dataclass(frozen=True)
class RunState:
    """A run, what it reported after each epoch, and its job."""

    run: Run
    epochs: list[Epoch]
    job: Job | None


@dataclass(frozen=True)
class Detail:
    """An iteration with its runs, in their order, and all its jobs."""

    summary: Summary
    runs: list[RunState]
    jobs: list[Job]


def list_iterations(session: Session, project_id: int) -> list[Summary]:
    """Every iteration of a project, oldest first, failed and cancelled ones included. Raises NotFound."""
    get_project(session, project_id)
    rows = session.scalars(select(Iteration).where(Iteration.project_id == project_id).order_by(Iteration.id)).all()
    measured = ensemble_metrics(session, [row.id for row in rows])
    return [_summary(session, row, measured.get(row.id)) for row in rows]


def _summary(session: Session, iteration: Iteration, measured: dict[ScoredSplit, EnsembleMetrics] | None) -> Summary:
    audit = find_audit(session, iteration.id)
    return Summary(
        iteration=iteration,
        training_set=session.get_one(TrainingSet, iteration.training_set_sha256),
        audit_id=audit.id if audit is not None else None,
        measured=measured,
        decisions=count_decisions(session, iteration.labelling_id),
    )


def describe(session: Session, iteration: Iteration) -> Detail:
    """The iteration with everything a page about it shows."""
    jobs = session.scalars(select(Job).where(Job.iteration_id == iteration.id).order_by(Job.id)).all()
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
    points = select(Epoch).where(Epoch.run_id.in_([run.id for run in runs])).order_by(Epoch.run_id, Epoch.epoch)
    curves: dict[int, list[Epoch]] = {run.id: [] for run in runs}
    for point in session.scalars(points):
        curves[point.run_id].append(point)
    by_id = {job.id: job for job in jobs}
    states = [RunState(run, curves[run.id], by_id.get(run.job_id) if run.job_id is not None else None) for run in runs]
    measured = ensemble_metrics(session, [iteration.id]).get(iteration.id)
    return Detail(_summary(session, iteration, measured), states, list(jobs))


def picture_of(session: Session, run_id: int, name: str) -> str:
    """The SHA-256 of a run's picture (batch, worst, best), or NotFound."""
    run = session.get(Run, run_id)
    sha256: str | None = run.pictures.get(name) if run is not None else None
    if sha256 is None:
        raise NotFound(f"Run {run_id} has no picture {name[:40]!r}.")
    return sha256
