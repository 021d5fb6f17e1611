"""The iteration that a use case works on, and the one way to move it from stage to stage."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Iteration
from overread.domain.errors import NotFound
from overread.domain.policy.stages import STAGE_MOVES, check_move
from overread.domain.words import Stage
from overread.services.trail import record


def get_iteration(session: Session, iteration_id: int, *, lock: bool = False) -> Iteration:
    """The iteration, or NotFound. With ``lock`` as it is once nobody else holds it, whatever was read of it before."""
    query = select(Iteration).where(Iteration.id == iteration_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    iteration = session.scalars(query).one_or_none()
    if iteration is None:
        raise NotFound(f"There is no iteration {iteration_id}.")
    return iteration


def move_stage(session: Session, iteration: Iteration, stage: Stage) -> None:
    """Move along the table of legal moves, and say so in the trail; what is closed has the time of it."""
    check_move(STAGE_MOVES, iteration.stage, stage)
    record(
        session,
        "iteration.moved",
        f"iteration {iteration.id}",
        project_id=iteration.project_id,
        before=iteration.stage,
        after=stage,
    )
    iteration.stage = stage
    if stage == "closed":
        iteration.closed_at = func.now()
