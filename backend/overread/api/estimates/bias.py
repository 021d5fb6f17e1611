"""Confirmation bias over iterations, and the story of a film through them."""

from datetime import datetime

from fastapi import APIRouter

from overread.api.http.deps import EngineerDep, SessionDep
from overread.api.schemas import Answer, ImageOut, RleOut
from overread.domain.words import Decision, Light, Verdict
from overread.services.estimates import bias
from overread.services.films.images import get_image
from overread.services.films.masks import mask_rle
from overread.services.films.projects import get_project

router = APIRouter(tags=["bias"])


class MeasureOut(Answer):
    """``value`` and ``light`` are null without data; ``images`` are the films that it is about."""

    iteration_id: int
    index: int
    finding: str | None
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    limit: float
    light: Light | None
    images: list[int]


class StoryReadOut(Answer):
    verdict: Verdict
    reader: str
    dice: float | None
    note: str | None
    blind: bool
    at: datetime
    mask: RleOut | None


class StoryLabelOut(Answer):
    """What an iteration's teachers said of a finding, and what readers said of that."""

    iteration_id: int
    index: int
    finding: str
    decision: Decision
    presence: float
    mask: RleOut | None
    reads: list[StoryReadOut]


class StoryOut(Answer):
    image: ImageOut
    project_id: int
    labels: list[StoryLabelOut]


@router.get("/projects/{project_id}/bias")
def get_bias(project_id: int, session: SessionDep, _account: EngineerDep) -> list[MeasureOut]:
    """The measures of every iteration, each with its interval and light. Not for readers: films would tell streams."""
    get_project(session, project_id)
    return [
        MeasureOut(
            iteration_id=one.iteration_id,
            index=one.index,
            finding=one.finding,
            images=one.images,
            **vars(one.measure),
        )
        for one in bias.project_bias(session, project_id)
    ]


@router.get("/images/{image_id}/story")
def get_story(image_id: int, session: SessionDep, account: EngineerDep) -> StoryOut:
    """A film through the iterations: teacher, read, teacher, read."""
    image = get_image(session, image_id)
    labels = [
        StoryLabelOut(
            iteration_id=step.iteration.id,
            index=step.iteration.index,
            finding=step.label.finding,
            decision=step.label.decision,
            presence=step.label.presence,
            mask=mask_rle(step.mask) if step.mask else None,
            reads=[_read_out(said) for said in step.reads],
        )
        for step in bias.image_story(session, image_id, account.id)
    ]
    return StoryOut(image=ImageOut.model_validate(image), project_id=image.project_id, labels=labels)


def _read_out(said: bias.StoryRead) -> StoryReadOut:
    read = said.read
    return StoryReadOut(
        verdict=read.verdict,
        reader=said.reader,
        dice=read.dice,
        note=read.note,
        blind=read.blind,
        at=read.created_at,
        mask=mask_rle(said.mask) if said.mask else None,
    )
