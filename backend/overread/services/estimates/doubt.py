"""The doubt that a gate was declared with, as the family leaves it to one finding of one audit."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Iteration, Project
from overread.domain.policy.gate import doubt_of
from overread.domain.words import TAUGHT


def declared_doubt(session: Session, iteration: Iteration) -> float:
    """δ of each finding at this iteration's gate."""
    plan = iteration.plan
    findings = len(session.get_one(Project, iteration.project_id).findings)
    attempts = audits_before(session, iteration.project_id, iteration.id)
    return doubt_of(plan.delta, plan.family, findings, attempts)


def certificate_doubt(session: Session, iteration: Iteration) -> float:
    """δ of each certificate: as declared; where it is the whole project's, a finding's sides that teach share it."""
    declared, plan = declared_doubt(session, iteration), iteration.plan
    return declared / len(TAUGHT[plan.teaches]) if plan.family == "project" else declared


def audits_before(session: Session, project_id: int, iteration_id: int | None = None) -> int:
    """How many audits a project has had, those of iterations before this one: the attempts so far."""
    query = select(func.count()).select_from(Audit).join(Iteration, Iteration.id == Audit.iteration_id)
    query = query.where(Iteration.project_id == project_id)
    return session.scalar(query if iteration_id is None else query.where(Iteration.id < iteration_id)) or 0
