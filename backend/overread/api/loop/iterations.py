"""Iterations: launch, watch, cancel, resume, report."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import replace

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from overread import recipes
from overread.api.gate import SHUT
from overread.api.http.deps import (
    COOKIE,
    AccountDep,
    EngineerDep,
    Installation,
    InstallationDep,
    ReaderDep,
    SessionDep,
    hold_stream,
)
from overread.api.http.immutable import FOREVER, tagged
from overread.api.loop.schemas import (
    DeclarationIn,
    IterationDetail,
    IterationOut,
    LaunchIn,
    MetricsOut,
    RecipeOut,
    RunOut,
    UnscoredOut,
)
from overread.api.schemas import RecipeIn
from overread.domain.errors import InvalidRecipe
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.policy.plan import Declaration, Plan
from overread.domain.policy.stages import FINAL_STAGES
from overread.services import stages
from overread.services.blinding.rules import may_see_streams
from overread.services.loop import iterations, overview, training_sets
from overread.services.loop.unscored import unscored
from overread.services.people.accounts import signed_in
from overread.services.reports import html_page, report

router = APIRouter(tags=["iterations"])
TICK_SECONDS = 1.0


@router.get("/recipes")
def list_recipes(_account: AccountDep) -> list[RecipeOut]:
    """The recipes that come with Overread."""
    return [RecipeOut(name=name, recipe=recipes.load(name)) for name in recipes.names()]


@router.get("/projects/{project_id}/launch")
def begin_launch(project_id: int, session: SessionDep, _account: EngineerDep) -> Declaration:
    """What the next launch declares where nobody says otherwise: the last one's lasting terms, or the defaults."""
    return iterations.next_declaration(session, project_id)


@router.get("/projects/{project_id}/unscored")
def list_unscored(project_id: int, session: SessionDep, _account: EngineerDep) -> list[UnscoredOut]:
    """What the next iteration could not be scored on: findings that development or external films do not show, or all
    do."""
    return [UnscoredOut.model_validate(row) for row in unscored(session, project_id)]


@router.post("/projects/{project_id}/iterations", status_code=201, responses=SHUT)
def launch_iteration(
    project_id: int, body: LaunchIn, installation: InstallationDep, account: EngineerDep
) -> IterationDetail:
    """Start the next iteration. A shut gate answers 409 and the failing clauses; an override names you and why."""
    iteration = iterations.launch_iteration(
        installation.database,
        installation.blobs,
        project_id,
        plan_of(body),
        account.id,
        installation.settings.workers,
    )
    with installation.database.transaction() as session:
        return _detail_out(overview.describe(session, stages.get_iteration(session, iteration.id)))


def plan_of(body: LaunchIn) -> Plan:
    """What a client launches, as the domain has it."""
    return Plan(**vars(declaration_of(body)), recipes=tuple(named_recipe(one) for one in body.recipes))


def declaration_of(body: DeclarationIn) -> Declaration:
    """What a client declares with a launch, its recipes apart."""
    values = body.model_dump(exclude={"recipes"})
    return Declaration(**values | {"shares": tuple(body.shares), "withhold": tuple(body.withhold)})


def named_recipe(named: str | RecipeIn) -> Recipe:
    """A recipe over HTTP is a name of ours or a whole recipe; a name never becomes a path of this machine."""
    if not isinstance(named, str):
        return from_mapping(named)
    if named not in recipes.names():
        raise InvalidRecipe(f"There is no recipe {named[:80]!r}; there are {', '.join(recipes.names())}.")
    return recipes.load(named)


@router.get("/projects/{project_id}/iterations")
def list_iterations(project_id: int, session: SessionDep, _account: AccountDep) -> list[IterationOut]:
    """Every iteration, oldest first, failed and cancelled ones included."""
    return [_iteration_out(one) for one in overview.list_iterations(session, project_id)]


@router.get("/iterations/{iteration_id}")
def get_iteration(iteration_id: int, session: SessionDep, _account: AccountDep) -> IterationDetail:
    """One iteration with its runs, their curves and its jobs."""
    return _detail_out(overview.describe(session, stages.get_iteration(session, iteration_id)))


@router.get(
    "/iterations/{iteration_id}/events", response_class=EventSourceResponse, dependencies=[Depends(hold_stream)]
)
async def watch_iteration(
    request: Request, iteration_id: int, installation: InstallationDep, _account: AccountDep
) -> AsyncIterable[ServerSentEvent]:
    """Live progress: the iteration again whenever something in it changed, until it is over."""
    last = ""
    while True:
        # A thread only for the look, not for the wait: a hundred open pages must not use up the service's threads.
        detail = await asyncio.to_thread(_look, request, installation, iteration_id)
        if detail is None:
            return
        body = detail.model_dump_json()
        if body != last:
            yield ServerSentEvent(raw_data=body, event="iteration")
            last = body
        if detail.stage in FINAL_STAGES:
            return
        await asyncio.sleep(TICK_SECONDS)


@router.post("/iterations/{iteration_id}/cancel")
def cancel_iteration(iteration_id: int, session: SessionDep, account: EngineerDep) -> IterationDetail:
    """Stop all its jobs."""
    return _detail_out(overview.describe(session, iterations.cancel_iteration(session, iteration_id, account.id)))


@router.post("/iterations/{iteration_id}/resume")
def resume_iteration(iteration_id: int, session: SessionDep, account: EngineerDep) -> IterationDetail:
    """Go on with what failed or was cancelled; trainings go on from their last epoch."""
    return _detail_out(overview.describe(session, iterations.resume_iteration(session, iteration_id, account.id)))


@router.get("/iterations/{iteration_id}/report")
def get_report(iteration_id: int, session: SessionDep, account: AccountDep) -> report.IterationReport:
    """What it came to: runs, ensemble, pseudo labels, audit, gate (null for a reader while the audit is open)."""
    iteration = stages.get_iteration(session, iteration_id)
    found = report.iteration_report(session, iteration)
    return found if may_see_streams(account.role, iteration) else replace(found, gate=None)


@router.get("/iterations/{iteration_id}/report.html", response_class=HTMLResponse)
def get_report_page(
    iteration_id: int, session: SessionDep, installation: InstallationDep, _account: EngineerDep
) -> HTMLResponse:
    """The report as one file to keep or to send: numbers with intervals, lineage, overrides, pictures."""
    iteration = stages.get_iteration(session, iteration_id)
    return HTMLResponse(html_page.report_html(session, installation.blobs, iteration))


@router.get("/runs/{run_id}/pictures/{name}", response_class=Response)
def get_picture(
    request: Request, run_id: int, name: str, session: SessionDep, installation: InstallationDep, _account: ReaderDep
) -> Response:
    """What a run saw and how it did, as PNG: batch (augmented films with masks); worst and best development films."""
    sha256 = overview.picture_of(session, run_id, name)
    return tagged(request, sha256, lambda: installation.blobs.get(sha256), "image/png", FOREVER)


@router.get("/training-sets/{sha256}/manifest", response_class=Response)
def get_manifest(sha256: str, session: SessionDep, installation: InstallationDep, _account: EngineerDep) -> Response:
    """The frozen manifest: JSON lines, whose SHA-256 is their name."""
    manifest = training_sets.manifest_bytes(session, installation.blobs, sha256)
    headers = {"Content-Disposition": f'attachment; filename="training-set-{sha256[:12]}.jsonl"'}
    return Response(manifest, media_type="application/jsonl", headers=headers)


def _look(request: Request, installation: Installation, iteration_id: int) -> IterationDetail | None:
    """The iteration as it is now; None when who asked has signed out or lost the account meanwhile."""
    with installation.database.transaction() as session:
        if signed_in(session, request.cookies.get(COOKIE)) is None:
            return None
        return _detail_out(overview.describe(session, stages.get_iteration(session, iteration_id)))


def _detail_out(found: overview.Detail) -> IterationDetail:
    runs = [_run_out(one) for one in found.runs]
    return IterationDetail(**vars(_iteration_out(found.summary)), runs=runs, jobs=found.jobs)


def _run_out(one: overview.RunState) -> RunOut:
    run = one.run
    return RunOut(
        id=run.id,
        position=run.position,
        recipe=run.recipe,
        seed=run.seed,
        parameters=run.parameters,
        checkpoint_sha256=run.checkpoint_sha256,
        half=run.half,
        pictures=sorted(run.pictures),
        metrics=run.metrics,
        seconds=run.seconds,
        epochs=[point.values for point in one.epochs],
        job=one.job,
    )


def _iteration_out(one: overview.Summary) -> IterationOut:
    row = one.iteration
    return IterationOut(
        id=row.id,
        project_id=row.project_id,
        index=row.index,
        stage=row.stage,
        plan=row.plan,
        training_set_sha256=row.training_set_sha256,
        training_set_counts=one.training_set.counts,
        labelling_id=row.labelling_id,
        audit_id=one.audit_id,
        metrics=MetricsOut(ensemble=one.measured) if one.measured is not None else None,
        decisions=one.decisions,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )
