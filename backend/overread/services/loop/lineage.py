"""What made a run, beside its recipe, seed and training set: the code, and the teachers it came from."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, Select, func, select
from sqlalchemy.orm import Session

from overread.db.tables import Run
from overread.domain.errors import InvalidRecipe
from overread.domain.learning.recipe import Recipe
from overread.services.history import last_published


@cache
def code_version() -> str:
    """SHA-256 over our own Python files: what code made a run, without asking git."""
    digest = hashlib.sha256()
    for package in ("overread", "overread_worker"):
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            for path in sorted(Path(folder).glob("**/*.py")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def teacher_parameters(session: Session, project_id: int, index: int) -> int:
    """The size of the largest teacher of a project's iteration ``index``; 0 for iteration 0, which has none."""
    return session.scalar(_teachers(session, project_id, index).with_only_columns(func.max(Run.parameters))) or 0


def teacher_weights(session: Session, project_id: int, index: int, recipe: Recipe, position: int) -> str | None:
    """SHA-256 of the checkpoint that the ``position``-th run of iteration ``index`` goes on from: of the teachers built
    like it, the one at its own place first. None for a recipe that begins anew.

    Raises InvalidRecipe when there is no such teacher.
    """
    if not recipe.from_teacher:
        return None
    query = _teachers(session, project_id, index).where(
        Run.checkpoint_sha256.is_not(None),
        Run.recipe["network"].astext == recipe.network,
        Run.recipe["width"].astext.cast(Integer) == recipe.width,
    )
    found = session.scalar(
        query.with_only_columns(Run.checkpoint_sha256).order_by(Run.position != position, Run.position)
    )
    if found is None:
        raise InvalidRecipe(
            f"{recipe.name} goes on from a teacher, and iteration {index - 1} has none of its network and width."
            if index
            else f"{recipe.name} goes on from a teacher, and iteration 0 has none. Set from_teacher to false."
        )
    return found


def _teachers(session: Session, project_id: int, index: int) -> Select[Any]:
    """The runs of the iteration before the one of this index."""
    before = last_published(session, project_id, before=index)
    return select(Run).where(Run.iteration_id == (before.id if before is not None else None))
