"""What made a run, beside its recipe, seed and training set: the code, and the teachers it came from."""

import hashlib
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.tables import Iteration, Run


@cache
def code_version() -> str:
    """SHA-256 over our own Python files: what code made a run, without asking git."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for path in sorted([*root.glob("backend/**/*.py"), *root.glob("worker/**/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def teacher_parameters(session: Session, project_id: int, index: int) -> int:
    """The size of the largest teacher of a project's iteration ``index``; 0 for iteration 0, which has none."""
    largest = (
        select(func.max(Run.parameters))
        .join(Iteration, Iteration.id == Run.iteration_id)
        .where(Iteration.project_id == project_id, Iteration.index == index - 1)
        .where(Iteration.stage.not_in(("failed", "cancelled")))
    )
    return session.scalar(largest) or 0
