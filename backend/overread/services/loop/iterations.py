"""Iterations: launched against the gate, advanced as their jobs end, cancelled and resumed."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Image, Iteration, Job, Labelling, Run, TrainingSet
from overread.domain.errors import Conflict, InvalidInput, InvalidRecipe
from overread.domain.learning.recipe import Recipe, check_student
from overread.domain.learning.workers import DEFAULT, Workers
from overread.domain.policy.gate import Override
from overread.domain.policy.plan import Declaration, Plan, declared_next
from overread.domain.words import Stage, Thresholds
from overread.services.films.projects import get_project
from overread.services.gate.judging import judge_gate, refusal
from overread.services.history import newest_iteration
from overread.services.jobs import cancel_job, create_job, retry_job
from overread.services.labelling.recording import start_labelling
from overread.services.loop.encoders import check_encoder
from overread.services.loop.lineage import code_version, teacher_parameters, teacher_weights
from overread.services.loop.training_sets import freeze_training_set
from overread.services.stages import get_iteration, move_stage
from overread.services.trail import record
from overread.storage import BlobStore

ACTIVE = ("planned", "training", "labelling")


def launch_iteration(
    database: Database,
    blobs: BlobStore,
    project_id: int,
    plan: Plan,
    account_id: int | None = None,
    workers: Workers = DEFAULT,
) -> Iteration:
    """Judge the last iteration's gate, freeze the training set, plan the runs, enqueue them.

    Raises InvalidRecipe (also where one learns more from pseudo labels than their audit spoke of, and for what
    ``workers`` could not train), MissingDependency (ImageNet weights that are not installed), InvalidInput (nothing to
    learn from, or no pool), GateShut (with the failing clauses), or Conflict (an iteration is still at work). The
    gate's decision is kept even when it refuses.
    """
    for recipe in plan.recipes:
        check_encoder(blobs, recipe, workers)
    with database.transaction() as session:
        previous = _previous(session, project_id)
        _check_data(session, project_id, plan)
        _check_students(session, project_id, previous.index + 1 if previous else 0, plan.recipes)
        withheld = _withheld(session, project_id, previous, plan)
        thresholds: Thresholds = "hand" if plan.refresh else plan.thresholds
        override = Override.of(plan.override, account_id) if previous is not None else None
        judged = judge_gate(session, previous.id, withheld, override, thresholds) if previous is not None else None
    # The verdict is committed, a shut one too. Nobody waits for the iteration or the trail while labels are gathered
    # into the training set, which takes 35 s a million.
    if judged is not None and (shut := refusal(judged)) is not None:
        raise shut
    with database.transaction() as session:
        previous = _previous(session, project_id)
        manifest = freeze_training_set(session, blobs, project_id, previous, withheld, thresholds)
        iteration = _plan_iteration(session, project_id, plan, manifest, previous, account_id)
        _start_training(session, iteration)
        record(
            session,
            "iteration.launched",
            f"iteration {iteration.id}",
            project_id=project_id,
            account_id=account_id,
            index=iteration.index,
            training_set=manifest.sha256,
        )
        return iteration


def _withheld(session: Session, project_id: int, previous: Iteration | None, plan: Plan) -> list[str]:
    """The findings that add no pseudo label: all of them where teachers are refreshed."""
    if previous is None and plan.refresh:
        raise InvalidInput("There is no teacher to refresh yet: launch iteration 0 first.")
    findings = get_project(session, project_id).findings
    withheld = findings if plan.refresh else list(plan.withhold)
    if previous is not None and set(withheld) < set(findings):
        _check_entry(previous, plan.recipes)
    return withheld


def next_declaration(session: Session, project_id: int) -> Declaration:
    """What the next launch of a project declares where nobody says otherwise (``domain.policy.plan``)."""
    get_project(session, project_id)
    last = newest_iteration(session, project_id)
    return declared_next(last.plan if last is not None else None)


def advance_iteration(session: Session, iteration_id: int) -> Iteration:
    """Called in the transaction that ends a job: count what is done under the iteration's lock, take the next step."""
    iteration = get_iteration(session, iteration_id, lock=True)
    jobs = _jobs(session, iteration)
    states = {job.state for job in jobs}
    if iteration.stage not in ACTIVE:
        return iteration
    if states & {"failed", "cancelled"}:
        for job in jobs:
            if job.state in ("queued", "running"):
                cancel_job(session, job.id)
        move_stage(session, iteration, "failed" if "failed" in states else "cancelled")
    elif states == {"done"}:
        _next_stage(session, iteration, {job.kind for job in jobs})
    return iteration


def cancel_iteration(session: Session, iteration_id: int, account_id: int | None = None) -> Iteration:
    """Stop its jobs and end it; what was trained stays, so a resume goes on from there."""
    iteration = get_iteration(session, iteration_id, lock=True)
    if iteration.stage not in ACTIVE:
        raise Conflict(f"Iteration {iteration.index} is {iteration.stage}; only one at work can be cancelled.")
    for job in _jobs(session, iteration):
        if job.state in ("queued", "running"):
            cancel_job(session, job.id)
    record(
        session,
        "iteration.cancelled",
        f"iteration {iteration.id}",
        project_id=iteration.project_id,
        account_id=account_id,
    )
    move_stage(session, iteration, "cancelled")
    return iteration


def resume_iteration(session: Session, iteration_id: int, account_id: int | None = None) -> Iteration:
    """Queue again what failed or was cancelled; a training goes on from its last epoch."""
    iteration = get_iteration(session, iteration_id, lock=True)
    jobs = _jobs(session, iteration)
    if any(job.state == "running" for job in jobs):
        raise Conflict("A job of this iteration is still stopping. Try again in a few seconds.")
    if superseded(session, iteration):
        raise Conflict("A newer iteration has taken its place; launch again instead.")
    stage: Stage = "labelling" if any(job.kind == "label" for job in jobs) else "training"
    move_stage(session, iteration, stage)
    for job in jobs:
        if job.state in ("failed", "cancelled"):
            retry_job(session, job)
    record(
        session,
        "iteration.resumed",
        f"iteration {iteration.id}",
        project_id=iteration.project_id,
        account_id=account_id,
    )
    return iteration


def superseded(session: Session, iteration: Iteration) -> bool:
    """Whether a newer iteration has taken its place: it is never resumed."""
    newer = select(Iteration.id).where(
        Iteration.project_id == iteration.project_id, Iteration.index >= iteration.index, Iteration.id > iteration.id
    )
    return session.scalar(newer.limit(1)) is not None


def _previous(session: Session, project_id: int) -> Iteration | None:
    """The newest iteration in the loop, which the next one learns from; raises Conflict while it is at work."""
    newest = newest_iteration(session, project_id)
    if newest is not None and newest.stage in ACTIVE:
        raise Conflict(f"Iteration {newest.index} is {newest.stage}. Wait for it, or cancel it.")
    return newest


def _check_data(session: Session, project_id: int, plan: Plan) -> None:
    project = get_project(session, project_id)
    unknown = set(plan.withhold) - set(project.findings)
    if unknown:
        raise InvalidInput(f"{sorted(unknown)[0]!r} cannot be withheld: it is no finding of {project.name}.")
    pool = select(func.count()).where(Image.project_id == project_id, Image.split == "pool")
    if not session.scalar(pool):
        raise InvalidInput("The pool is empty: nothing to label. Import a source with role pool first.")


def _check_students(session: Session, project_id: int, index: int, recipes: Sequence[Recipe]) -> None:
    largest = teacher_parameters(session, project_id, index)
    findings = get_project(session, project_id).findings
    for position, recipe in enumerate(recipes):
        check_student(recipe, largest, len(findings))
        teacher_weights(session, project_id, index, recipe, position)


def _check_entry(teacher: Iteration, recipes: Sequence[Recipe]) -> None:
    """Labels whose audit spoke of contours alone teach no more: nobody bounded how often they miss a finding."""
    more = [recipe.name for recipe in recipes if recipe.pseudo.teaches != "contour"]
    if teacher.plan.teaches == "contour" and more:
        raise InvalidRecipe(
            f"{more[0]} would learn from pseudo labels whether a finding is there, and the audit of iteration "
            f'{teacher.index} spoke of contours alone. Say [pseudo] teaches = "contour" in it, withhold every finding, '
            "or refresh the teachers."
        )


def _plan_iteration(
    session: Session,
    project_id: int,
    plan: Plan,
    manifest: TrainingSet,
    previous: Iteration | None,
    account_id: int | None,
) -> Iteration:
    iteration = Iteration(
        project_id=project_id,
        index=previous.index + 1 if previous else 0,
        stage="planned",
        plan=plan,
        training_set_sha256=manifest.sha256,
        code_version=code_version(),
        account_id=account_id,
    )
    session.add(iteration)
    session.flush()
    return iteration


def _start_training(session: Session, iteration: Iteration) -> None:
    halves = ("a", "b") if iteration.index else (None,)  # cross-fitting needs pseudo labels to be fitted across
    runs = [
        (recipe, half) for recipe in iteration.plan.recipes for half in (halves if recipe.pseudo.cross_fit else (None,))
    ]
    for position, (recipe, half) in enumerate(runs):
        run = Run(
            iteration_id=iteration.id,
            position=position,
            recipe=recipe,
            seed=iteration.plan.seed * 1000 + position,
            half=half,
        )
        session.add(run)
        session.flush()
        run.job_id = create_job(session, "train", iteration.project_id, iteration.id, run_id=run.id).id
    move_stage(session, iteration, "training")


def _next_stage(session: Session, iteration: Iteration, kinds: set[str]) -> None:
    """All jobs are done: training is followed by labelling and evaluation, those by the draw of the audit."""
    if iteration.stage == "training":
        start_labelling(session, iteration)
        move_stage(session, iteration, "labelling")
    elif "audit" not in kinds:
        create_job(session, "audit", iteration.project_id, iteration.id, labelling_id=_labelling(session, iteration))
    else:
        iteration.labelling_id = _labelling(session, iteration)  # the one pointer that publishes the labels
        move_stage(session, iteration, "auditing")


def _labelling(session: Session, iteration: Iteration) -> int:
    return session.scalars(
        select(Labelling.id).where(Labelling.iteration_id == iteration.id).order_by(Labelling.id.desc()).limit(1)
    ).one()


def _jobs(session: Session, iteration: Iteration) -> list[Job]:
    return list(session.scalars(select(Job).where(Job.iteration_id == iteration.id).order_by(Job.id)))
