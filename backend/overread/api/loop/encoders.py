"""Encoders taught on the pool without a label, for recipes to start from."""

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, EngineerDep, InstallationDep, SessionDep
from overread.api.loop.iterations import named_recipe
from overread.api.loop.schemas import EncoderIn, EncoderOut
from overread.services.loop import encoders

router = APIRouter(tags=["encoders"])


@router.get("/projects/{project_id}/encoders")
def list_encoders(project_id: int, session: SessionDep, _account: AccountDep) -> list[EncoderOut]:
    """A project's encoders, newest first; a recipe names the checkpoint of one in ``encoder_weights``."""
    return [_encoder_out(one) for one in encoders.list_encoders(session, project_id)]


@router.post("/projects/{project_id}/encoders", status_code=202)
def start_encoder(
    project_id: int, body: EncoderIn, session: SessionDep, installation: InstallationDep, account: EngineerDep
) -> EncoderOut:
    """Teach an encoder on the pool (SimCLR or MoCo, by the recipe's start.method), in the background."""
    recipe, workers = named_recipe(body.recipe), installation.settings.workers
    encoder = encoders.start_encoder(session, project_id, recipe, account.id, workers)
    return _encoder_out(encoders.describe_encoder(session, encoder))


def _encoder_out(one: encoders.EncoderState) -> EncoderOut:
    row = one.encoder
    return EncoderOut(
        id=row.id,
        recipe=row.recipe,
        checkpoint_sha256=row.checkpoint_sha256,
        values=row.values,
        job=one.job,
    )
