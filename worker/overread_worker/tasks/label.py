"""Jobs that ask trained networks: measure them, label a shard of the pool. None of them loads what training needs."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Iteration, Project, Run
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import JobProgress
from overread.domain.learning.teaching import pool_half
from overread.domain.words import ScoredSplit
from overread.services.jobs import record_progress
from overread.services.labelling import recording
from overread.services.labelling.evaluation import record_evaluation
from overread.services.labelling.members import Teacher
from overread_worker.ml.evaluate import evaluate
from overread_worker.ml.label import FilmLabels, label
from overread_worker.tasks.desk import Desk
from overread_worker.tasks.references import references

BATCH = 16


def run_evaluation(desk: Desk) -> None:
    """Measure each network and the ensemble on development and external images."""
    iteration_id = desk.job.iteration_id
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        runs = _runs(session, iteration_id)
        names: tuple[ScoredSplit, ...] = ("development", "external")
        splits = {split: references(desk, session, iteration.project_id, split) for split in names}
    metrics = evaluate(_checkpoints(desk, runs), _recipe(iteration), splits, findings)

    def write(session: Session) -> None:
        record_evaluation(session, session.get_one(Iteration, iteration_id), metrics.ensemble)
        for run, own in zip(runs, metrics.networks, strict=True):
            session.get_one(Run, run.id).metrics = own

    desk.finish(write)


def run_labelling(desk: Desk) -> None:
    """Label one shard of the pool; a shard that runs again replaces what it wrote."""
    arguments = desk.job.arguments
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, desk.job.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        films = recording.shard_images(session, iteration.project_id, arguments["first"], arguments["last"])
        runs = _runs(session, iteration.id)
    label_films(desk, arguments["labelling_id"], films, runs, _recipe(iteration), findings)
    desk.finish()


def label_films(
    desk: Desk,
    labelling_id: int,
    films: list[recording.ShardImage],
    runs: list[Run],
    recipe: Recipe,
    findings: list[str],
) -> None:
    """Label films and write what was found, some at a time."""
    batch: list[recording.LabelledImage] = []
    done = 0
    for film, teachers in _labelled(desk, films, runs, recipe, findings):
        batch.append(_labelled_image(film, teachers))
        if len(batch) == BATCH:
            done = _record(desk, labelling_id, batch, done, len(films))
            batch = []
    if batch:
        _record(desk, labelling_id, batch, done, len(films))


def _labelled(
    desk: Desk, films: list[recording.ShardImage], runs: list[Run], recipe: Recipe, findings: list[str]
) -> Iterator[tuple[FilmLabels, list[Teacher]]]:
    """Every film by all networks, with those that did it; where two were cross-fitted, by those that never saw its
    half's pseudo labels."""
    halves = ("a", "b") if any(run.half for run in runs) else (None,)
    for half in halves:
        members = [run for run in runs if half is None or run.half != half]
        own = [film for film in films if half is None or pool_half(film.patient) == half]
        paths = ((film.image_id, desk.blobs.path(film.sha256)) for film in own)
        snapshots = [[desk.blobs.path(sha256) for sha256 in run.snapshots] for run in members]
        teachers = [Teacher(run.position + 1, run.checkpoint_sha256 or "") for run in members]
        for film_labels in label(paths, _checkpoints(desk, members), recipe, findings, snapshots):
            yield film_labels, teachers


def _record(desk: Desk, labelling_id: int, batch: list[recording.LabelledImage], done: int, total: int) -> int:
    with desk.database.transaction() as session:
        done += len(batch)
        record_progress(session, desk.job.id, desk.fence, JobProgress(done, total, "films labelled"))
        recording.record_labels(session, desk.blobs, labelling_id, batch)
    return done


def _labelled_image(film: FilmLabels, teachers: list[Teacher]) -> recording.LabelledImage:
    proposals = [recording.Proposal(**vars(label)) for label in film.labels]
    return recording.LabelledImage(film.image_id, film.maps, film.members, proposals, teachers)


def _runs(session: Session, iteration_id: int | None) -> list[Run]:
    return list(session.scalars(select(Run).where(Run.iteration_id == iteration_id).order_by(Run.position)))


def _checkpoints(desk: Desk, runs: list[Run]) -> list[Path]:
    return [desk.blobs.path(run.checkpoint_sha256 or "") for run in runs]


def _recipe(iteration: Iteration) -> Recipe:
    """The first network's recipe also says how the ensemble is combined and where its thresholds lie."""
    return iteration.plan.recipes[0]
