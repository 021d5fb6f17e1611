"""What a project's dashboards show beside its iterations: agreement with public labels by source, audits over time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Iteration,
    Project,
    PseudoLabel,
    Read,
    Score,
    Source,
)
from overread.domain.sampling.clusters import Mean, clustered_mean
from overread.services.heads import in_time
from overread.services.history import in_loop, list_iterations

BY_SOURCE = ("d_auc", "dice")
SEED = 0  # the same data gives the same interval, however often it is looked at


@dataclass(frozen=True)
class SourceScore:
    """Mean Dice of an iteration's pseudo masks with the public labels of one source, by finding; or, with ``since``,
    how much it changed since that iteration on the films that both have."""

    iteration: int
    since: int | None
    source: str
    finding: str
    mean: Mean


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


def source_scores(session: Session, project_id: int) -> list[SourceScore]:
    """Of every iteration that published labels, oldest first; changes are paired, film by film."""
    found: list[SourceScore] = []
    before: tuple[int, dict[tuple[str, str], dict[int, tuple[float, int]]]] | None = None
    findings = session.get_one(Project, project_id).findings
    for iteration in list_iterations(session, project_id, published=True):
        index, groups = iteration.index, _public_dice(session, iteration)
        for (source, finding), films in sorted(groups.items(), key=lambda group: findings.index(group[0][1])):
            values, patients = zip(*films.values(), strict=True)
            found.append(SourceScore(index, None, source, finding, _mean(values, patients)))
            earlier = before[1].get((source, finding), {}) if before is not None else {}
            both = [
                (value - earlier[image][0], patient) for image, (value, patient) in films.items() if image in earlier
            ]
            if both and before is not None:
                changes, patients = zip(*both, strict=True)
                found.append(SourceScore(index, before[0], source, finding, _mean(changes, patients)))
        before = index, groups
    return found


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


def _public_dice(session: Session, iteration: Iteration) -> dict[tuple[str, str], dict[int, tuple[float, int]]]:
    """By source and finding: each film's Dice with its public label, and its patient."""
    query = (
        select(Source.name, PseudoLabel.finding, Image.id, PseudoLabel.public_dice, Image.patient_id)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
        .where(PseudoLabel.labelling_id == iteration.labelling_id, PseudoLabel.public_dice.is_not(None))
        .order_by(Source.id, PseudoLabel.finding, Image.id)
    )
    groups: dict[tuple[str, str], dict[int, tuple[float, int]]] = {}
    for source, finding, image, value, patient in session.execute(query):
        if value is not None:
            groups.setdefault((source, finding), {})[image] = value, patient
    return groups


def _mean(values: Any, patients: Any) -> Mean:
    return clustered_mean(np.array(values, np.float64), np.array(patients, np.int64), np.random.default_rng(SEED))
