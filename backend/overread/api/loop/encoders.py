"""Encoders taught on the pool without a label, for recipes to start from."""

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, EngineerDep, SessionDep
from overread.api.jobs import job_out
from overread.api.loop.iterations import named_recipe
from overread.api.loop.schemas import EncoderIn, EncoderOut
from overread.db.tables import Encoder, Job
from overread.services.loop import encoders

router = APIRouter(tags=["encoders"])


@router.get("/projects/{project_id}/encoders")
def list_encoders(project_id: int, session: SessionDep, _account: AccountDep) -> list[EncoderOut]:
    """A project's encoders, newest first; a recipe names the checkpoint of one in ``encoder_weights``."""
    return [_encoder_out(session, row) for row in encoders.list_encoders(session, project_id)]


@router.post("/projects/{project_id}/encoders", status_code=202)
def start_encoder(project_id: int, body: EncoderIn, session: SessionDep, account: EngineerDep) -> EncoderOut:
    """Teach an encoder on the pool (SimCLR or MoCo, by the recipe's start.method), in the background."""
    return _encoder_out(session, encoders.start_encoder(session, project_id, named_recipe(body.recipe), account.id))


def _encoder_out(session: SessionDep, row: Encoder) -> EncoderOut:
    job = session.get(Job, row.job_id) if row.job_id is not None else None
    return EncoderOut(
        id=row.id,
        recipe=row.recipe,
        checkpoint_sha256=row.checkpoint_sha256,
        values=row.values,
        job=job_out(job) if job is not None else None,
    )
