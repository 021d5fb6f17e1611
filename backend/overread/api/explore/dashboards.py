"""Dashboards of a project: what its iterations' own answers do not hold."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, SessionDep
from overread.api.schemas import Answer
from overread.domain.words import AgreedOn, ScoredSplit
from overread.services.explore import dashboards
from overread.services.explore.agreement import agreement
from overread.services.films.projects import get_project

router = APIRouter(tags=["dashboards"])


class SourceScoreOut(Answer):
    """How far an iteration's masks agree with the public labels of a source. ``presence``: the share of all its films
    with a public label on which both mark something or both nothing; ``dice``: mean Dice on those whose public label
    marks something. The 95 % interval is over patients, null where there is a single one; ``n`` films, and ``newer`` of
    them whose public label was another one when the iteration (of a change: one of both) began to label."""

    iteration: int
    source: str
    finding: str
    measure: AgreedOn
    n: int
    newer: int
    value: float
    low: float | None
    high: float | None


class SourceChangeOut(SourceScoreOut):
    """The paired change of a measure: ``value`` is ``after`` − ``before``, all of the ``n`` films that both iterations
    labelled."""

    since: int
    before: float
    after: float


class EvaluatedScoreOut(Answer):
    """D-AUC or Dice* of an iteration's ensemble against the reference masks of one source, at the operating point of
    all development films; the 95 % interval is over patients. ``positives``, ``negatives``: films with the finding and
    without."""

    iteration: int
    split: ScoredSplit
    source: str
    finding: str
    score: Literal["d_auc", "dice"]
    positives: int
    negatives: int
    value: float
    low: float
    high: float


class AuditPointOut(Answer):
    iteration: int
    at: datetime
    done: int
    items: int


class DashboardOut(Answer):
    sources: list[SourceScoreOut]
    changes: list[SourceChangeOut]
    evaluated: list[EvaluatedScoreOut]
    audits: list[AuditPointOut]


@router.get("/projects/{project_id}/dashboard")
def get_dashboard(project_id: int, session: SessionDep, _account: AccountDep) -> DashboardOut:
    """By iteration, source and finding: the ensemble's scores, agreement with public labels and its paired change; and
    audits over time."""
    get_project(session, project_id)
    agreed = agreement(session, project_id)
    audits = [AuditPointOut.model_validate(point) for point in dashboards.audit_progress(session, project_id)]
    evaluated = [EvaluatedScoreOut.model_validate(one) for one in dashboards.evaluated_scores(session, project_id)]
    return DashboardOut(
        sources=[SourceScoreOut.model_validate(one) for one in agreed.scores],
        changes=[SourceChangeOut.model_validate(one) for one in agreed.changes],
        evaluated=evaluated,
        audits=audits,
    )
