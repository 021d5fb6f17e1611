"""Jobs that ask trained networks: measure them, label a shard of the pool. None of them loads what training needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Iteration, Project, Run
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.teaching import pool_half
from overread.domain.words import ScoredSplit
from overread.services.films.told import last_change
from overread.services.labelling import recording
from overread.services.labelling.evaluation import record_evaluation
from overread.services.labelling.members import Teacher
from overread.storage import BlobStore
from overread_worker.ml.evaluate import evaluate
from overread_worker.ml.label import FilmLabels, label
from overread_worker.tasks.context import JobContext
from overread_worker.tasks.references import references

BATCH = 16


@dataclass(frozen=True)
class Ensemble:
    """The networks of an iteration, the recipe that says how they are combined and where thresholds lie, and the
    findings that they know."""

    runs: list[Run]
    recipe: Recipe
    findings: list[str]

    def checkpoints(self, blobs: BlobStore) -> list[Path]:
        """Where its networks lie."""
        return checkpoints_of(blobs, self.runs)


def run_evaluation(context: JobContext) -> None:
    """Measure each network and the ensemble on development and external images."""
    iteration_id = context.job.iteration_id
    with context.database.transaction() as session:
        # One look at all of it: an import that changes references meanwhile is seen whole or not at all.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        iteration = session.get_one(Iteration, iteration_id)
        ensemble = ensemble_of(session, iteration)
        change = last_change(session, iteration.project_id)
        names: tuple[ScoredSplit, ...] = "development", "external"
        splits = {split: references(context.blobs, session, iteration.project_id, split) for split in names}
    found = evaluate(ensemble.checkpoints(context.blobs), ensemble.recipe, splits, ensemble.findings)

    def write(session: Session) -> None:
        record_evaluation(session, session.get_one(Iteration, iteration_id), found.ensemble, change)
        for run, own in zip(ensemble.runs, found.networks, strict=True):
            session.get_one(Run, run.id).metrics = own

    context.finish(write)


def run_labelling(context: JobContext) -> None:
    """Label one shard of the pool; a shard that runs again replaces what it wrote."""
    arguments = context.job.arguments
    with context.database.transaction() as session:
        iteration = session.get_one(Iteration, context.job.iteration_id)
        ensemble = ensemble_of(session, iteration)
        films = recording.shard_images(session, iteration.project_id, arguments["first"], arguments["last"])
    label_films(context, arguments["labelling_id"], films, ensemble)
    context.finish()


def label_films(context: JobContext, labelling_id: int, films: list[recording.ShardImage], ensemble: Ensemble) -> None:
    """Label films and write what was found, some at a time."""
    labelled, done = _labelled(context, films, ensemble), 0
    while batch := [_labelled_image(film, teachers) for film, teachers in islice(labelled, BATCH)]:
        done += len(batch)
        with context.database.transaction() as session:
            context.record(session, done, len(films), "films labelled")
            recording.record_labels(session, context.blobs, labelling_id, batch)


def _labelled(
    context: JobContext, films: list[recording.ShardImage], ensemble: Ensemble
) -> Iterator[tuple[FilmLabels, list[Teacher]]]:
    """Every film by all networks, with those that did it; where two were cross-fitted, by those that never saw its
    half's pseudo labels."""
    halves = ("a", "b") if any(run.half for run in ensemble.runs) else (None,)
    for half in halves:
        members = [run for run in ensemble.runs if half is None or run.half != half]
        own = [film for film in films if half is None or pool_half(film.patient) == half]
        context.blobs.bring(film.sha256 for film in own)
        paths = ((film.image_id, context.blobs.path(film.sha256)) for film in own)
        snapshots = [[context.blobs.path(sha256) for sha256 in run.snapshots] for run in members]
        teachers = [Teacher(run.position + 1, run.checkpoint_sha256 or "") for run in members]
        networks = checkpoints_of(context.blobs, members)
        for film_labels in label(paths, networks, ensemble.recipe, ensemble.findings, snapshots):
            yield film_labels, teachers


def _labelled_image(film: FilmLabels, teachers: list[Teacher]) -> recording.LabelledImage:
    proposals = [recording.Proposal(**vars(label)) for label in film.labels]
    return recording.LabelledImage(film.image_id, film.maps, film.members, proposals, teachers)


def ensemble_of(session: Session, iteration: Iteration) -> Ensemble:
    """The first network's recipe speaks for all."""
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    findings = session.get_one(Project, iteration.project_id).findings
    return Ensemble(list(runs), iteration.plan.recipes[0], findings)


def checkpoints_of(blobs: BlobStore, runs: list[Run]) -> list[Path]:
    """Where the networks of these runs lie."""
    return [blobs.path(run.checkpoint_sha256 or "") for run in runs]
