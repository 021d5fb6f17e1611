"""Iterations: launch, watch, cancel, resume, report."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import replace

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread import recipes
from overread.api.gate import SHUT
from overread.api.http.deps import COOKIE, AccountDep, EngineerDep, House, HouseDep, ReaderDep, SessionDep, hold_stream
from overread.api.http.immutable import FOREVER, tagged
from overread.api.jobs import job_out
from overread.api.schemas import (
    DeclarationIn,
    IterationDetail,
    IterationOut,
    Json,
    LaunchIn,
    MetricsOut,
    RecipeIn,
    RecipeOut,
    RunOut,
)
from overread.db.tables import Epoch, Iteration, Job, Run, TrainingSet
from overread.domain.errors import InvalidRecipe, NotFound
from overread.domain.imaging.evaluation import EnsembleMetrics
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.learning.reports import EpochReport
from overread.domain.policy.plan import Declaration, Plan
from overread.domain.policy.stages import FINAL_STAGES
from overread.domain.words import ScoredSplit
from overread.services import stages
from overread.services.audit.audits import find_audit
from overread.services.blinding.rules import may_see_streams
from overread.services.films.projects import get_project
from overread.services.labelling.evaluation import ensemble_metrics
from overread.services.labelling.labels import count_decisions
from overread.services.loop import iterations, training_sets
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


@router.post("/projects/{project_id}/iterations", status_code=201, responses=SHUT)
def launch_iteration(project_id: int, body: LaunchIn, house: HouseDep, account: EngineerDep) -> IterationDetail:
    """Start the next iteration. A shut gate answers 409 and the failing clauses; an override names you and why."""
    iteration = iterations.launch_iteration(house.database, house.blobs, project_id, plan_of(body), account.id)
    with house.database.transaction() as session:
        return describe(session, session.merge(iteration))


def plan_of(body: LaunchIn) -> Plan:
    """What a client launches, as the domain has it."""
    return Plan(**vars(declaration_of(body)), recipes=tuple(named_recipe(one) for one in body.recipes))


def declaration_of(body: DeclarationIn) -> Declaration:
    """What a client declares with a launch, its recipes apart."""
    told = body.model_dump(exclude={"recipes"})
    return Declaration(**told | {"shares": tuple(body.shares), "withhold": tuple(body.withhold)})


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
    get_project(session, project_id)
    rows = session.scalars(select(Iteration).where(Iteration.project_id == project_id).order_by(Iteration.id)).all()
    measured = ensemble_metrics(session, [row.id for row in rows])
    return [IterationOut.model_validate(_summary(session, row, measured.get(row.id))) for row in rows]


@router.get("/iterations/{iteration_id}")
def get_iteration(iteration_id: int, session: SessionDep, _account: AccountDep) -> IterationDetail:
    """One iteration with its runs, their curves and its jobs."""
    return describe(session, stages.get_iteration(session, iteration_id))


@router.get(
    "/iterations/{iteration_id}/events", response_class=EventSourceResponse, dependencies=[Depends(hold_stream)]
)
async def watch_iteration(
    request: Request, iteration_id: int, house: HouseDep, _account: AccountDep
) -> AsyncIterable[ServerSentEvent]:
    """Live progress: the iteration again whenever something in it changed, until it is over."""
    last = ""
    while True:
        # A thread only for the look, not for the wait: a hundred open pages must not use up the service's threads.
        detail = await asyncio.to_thread(_look, request, house, iteration_id)
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
    return describe(session, iterations.cancel_iteration(session, iteration_id, account.id))


@router.post("/iterations/{iteration_id}/resume")
def resume_iteration(iteration_id: int, session: SessionDep, account: EngineerDep) -> IterationDetail:
    """Go on with what failed or was cancelled; trainings go on from their last epoch."""
    return describe(session, iterations.resume_iteration(session, iteration_id, account.id))


@router.get("/iterations/{iteration_id}/report")
def get_report(iteration_id: int, session: SessionDep, account: AccountDep) -> report.IterationReport:
    """What it came to: runs, ensemble, pseudo labels, audit, gate (null for a reader while the audit is open)."""
    iteration = stages.get_iteration(session, iteration_id)
    told = report.iteration_report(session, iteration)
    return told if may_see_streams(account.role, iteration) else replace(told, gate=None)


@router.get("/iterations/{iteration_id}/report.html", response_class=HTMLResponse)
def get_report_page(iteration_id: int, session: SessionDep, house: HouseDep, _account: EngineerDep) -> HTMLResponse:
    """The report as one file to keep or to send: numbers with intervals, lineage, overrides, pictures."""
    iteration = stages.get_iteration(session, iteration_id)
    return HTMLResponse(html_page.report_html(session, house.blobs, iteration))


@router.get("/runs/{run_id}/pictures/{name}", response_class=Response)
def get_picture(
    request: Request, run_id: int, name: str, session: SessionDep, house: HouseDep, _account: ReaderDep
) -> Response:
    """What a run saw and how it did, as PNG: batch (augmented films with masks); worst and best development films."""
    run = session.get(Run, run_id)
    sha256 = run.pictures.get(name) if run is not None else None
    if sha256 is None:
        raise NotFound(f"Run {run_id} has no picture {name[:40]!r}.")
    return tagged(request, sha256, lambda: house.blobs.get(sha256), "image/png", FOREVER)


@router.get("/training-sets/{sha256}/manifest", response_class=Response)
def get_manifest(sha256: str, session: SessionDep, house: HouseDep, _account: EngineerDep) -> Response:
    """The frozen manifest: JSON lines, whose SHA-256 is their name."""
    manifest = training_sets.manifest_bytes(session, house.blobs, sha256)
    headers = {"Content-Disposition": f'attachment; filename="training-set-{sha256[:12]}.jsonl"'}
    return Response(manifest, media_type="application/jsonl", headers=headers)


def _look(request: Request, house: House, iteration_id: int) -> IterationDetail | None:
    """The iteration as it is now; None when who asked has signed out or lost the account meanwhile."""
    with house.database.transaction() as session:
        if signed_in(session, request.cookies.get(COOKIE)) is None:
            return None
        return describe(session, stages.get_iteration(session, iteration_id))


def describe(session: Session, iteration: Iteration) -> IterationDetail:
    """The iteration with everything a page about it shows."""
    jobs = {
        job.id: job for job in session.scalars(select(Job).where(Job.iteration_id == iteration.id).order_by(Job.id))
    }
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
    curves: dict[int, list[EpochReport]] = {}
    points = select(Epoch).where(Epoch.run_id.in_([run.id for run in runs])).order_by(Epoch.run_id, Epoch.epoch)
    for point in session.scalars(points):
        curves.setdefault(point.run_id, []).append(point.values)
    run_rows = [
        RunOut(
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
            epochs=curves.get(run.id, []),
            job=job_out(jobs[run.job_id]) if run.job_id in jobs else None,
        )
        for run in runs
    ]
    summary = _summary(session, iteration, ensemble_metrics(session, [iteration.id]).get(iteration.id))
    return IterationDetail(**summary, runs=run_rows, jobs=[job_out(job) for job in jobs.values()])


def _summary(session: Session, row: Iteration, ensemble: dict[ScoredSplit, EnsembleMetrics] | None) -> Json:
    audit = find_audit(session, row.id)
    columns = ("id", "project_id", "index", "stage", "plan", "training_set_sha256", "labelling_id")
    return {name: getattr(row, name) for name in (*columns, "created_at", "closed_at")} | {
        "training_set_counts": session.get_one(TrainingSet, row.training_set_sha256).counts,
        "audit_id": audit.id if audit is not None else None,
        "metrics": MetricsOut(ensemble=ensemble) if ensemble is not None else None,
        "decisions": count_decisions(session, row.labelling_id),
    }
