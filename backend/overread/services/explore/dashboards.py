"""What a project's dashboards show beside its iterations: scores by source, audits over time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Iteration,
    Project,
    Read,
    Score,
    Source,
)
from overread.services.heads import in_time
from overread.services.history import in_loop

BY_SOURCE = ("d_auc", "dice")


@dataclass(frozen=True)
class EvaluatedScore:
    """A score of an iteration's ensemble against the reference masks of one source; 95 % interval over patients."""

    iteration: int
    split: str
    source: str
    finding: str
    score: str
    positives: int
    negatives: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class AuditPoint:
    """Items of an iteration's audit read by this time, of all that it has."""

    iteration: int
    at: datetime
    done: int
    items: int


def evaluated_scores(session: Session, project_id: int) -> list[EvaluatedScore]:
    """D-AUC and Dice* by source, of every iteration that was evaluated, oldest first; external films before development
    films. What a source has too few films for is left out, and so are iterations from before sources were told apart.
    """
    place = Iteration.index.label("iteration"), Score.split, Source.name.label("source"), Score.finding
    numbers = Score.positives, Score.negatives, Score.value, Score.low, Score.high
    query = (
        select(*place, Score.metric.label("score"), *numbers)
        .join(Score, Score.iteration_id == Iteration.id)
        .join(Source, Source.id == Score.source_id)
        .join(Project, Project.id == Iteration.project_id)
        .where(Project.id == project_id, in_loop())
        .where(Score.metric.in_(BY_SOURCE), Score.finding.is_not(None), Score.value.is_not(None))
        .order_by(Iteration.index, Score.split.desc(), Source.id)
        .order_by(func.array_position(Project.findings, Score.finding), Score.metric)
    )
    return [EvaluatedScore(**row) for row in session.execute(query).mappings()]


def audit_progress(session: Session, project_id: int) -> list[AuditPoint]:
    """How far each audit was read, from its opening on, minute by minute."""
    points: list[AuditPoint] = []
    query = (
        select(Audit, Iteration.index)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id)
        .order_by(Audit.id)
    )
    for audit, index in session.execute(query):
        of_audit = select(AuditItem.id).join(AuditCase, AuditCase.id == AuditItem.case_id)
        drawn = of_audit.where(AuditCase.audit_id == audit.id).subquery()
        items = session.scalar(select(func.count()).select_from(drawn)) or 0
        points.append(AuditPoint(index, audit.created_at, 0, items))
        for at, n in _first_reads(session, audit.id):
            points.append(AuditPoint(index, at, points[-1].done + n, items))
    return points


def _first_reads(session: Session, audit_id: int) -> list[tuple[datetime, int]]:
    """(Time of the last one, how many): items of an audit by the minute in which they were first read."""
    first = (
        select(func.min(Read.created_at).label("at"))
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit_id, in_time())
        .group_by(AuditItem.id)
        .subquery()
    )
    minute = func.date_trunc("minute", first.c.at)
    rows = session.execute(select(func.max(first.c.at), func.count()).group_by(minute).order_by(minute))
    return [(at, n) for at, n in rows]
