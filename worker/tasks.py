"""What a job does: the only place where services and the learning engine meet.

Runs as ``python -m worker.tasks JOB FENCE`` in a process of its own. Reads rows, computes with no transaction open,
writes rows back under the fence; a lost lease ends it without a word.
"""

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backend.db.session import Database
from backend.db.tables import Epoch, Iteration, Job, Labelling, Project, Run
from backend.domain.errors import OverreadError, StaleVersion
from backend.domain.recipe import Recipe
from backend.domain.recipe.values import from_mapping
from backend.jobs import Sender
from backend.services import imports, labellings
from backend.services.audits import open_audit
from backend.services.iterations import advance_iteration
from backend.services.jobs import fail_job, finish_job, hold_job, record_progress
from backend.services.training_sets import ManifestItem, manifest_items, reference_items
from backend.settings import Settings
from backend.storage import BlobStore

if TYPE_CHECKING:  # the learning engine is imported by the jobs that learn: an import of films needs no torch
    from worker.ml.dataset import TrainingItem
    from worker.ml.label import FilmLabels

PROGRESS_SECONDS = 0.5
BATCH = 32


@dataclass(frozen=True)
class Desk:
    """What every job has: the house, its own row as claimed, and the fence of every write."""

    settings: Settings
    database: Database
    blobs: BlobStore
    job: Job

    @property
    def fence(self) -> int:
        return self.job.fence

    def progress(self, done: int, total: int | None, what: str) -> None:
        """Write the progress line; raises StaleVersion when the job is no longer ours."""
        with self.database.transaction() as session:
            record_progress(session, self.job.id, self.fence, done=done, total=total, what=what)

    def finish(self, write: Callable[[Any], None]) -> None:
        """The last results, the job's end and the iteration's next step, in one transaction."""
        with self.database.transaction() as session:
            hold_job(session, self.job.id, self.fence)
            write(session)
            finish_job(session, self.job.id, self.fence)
            if self.job.iteration_id is not None:
                advance_iteration(session, self.job.iteration_id)


def run_import(desk: Desk) -> None:
    """Import a source."""
    done, told = 0, 0.0

    def on_line(line: imports.Line) -> None:
        nonlocal done, told
        done += 1
        if time.monotonic() - told > PROGRESS_SECONDS:
            desk.progress(done, None, line.file_name)
            told = time.monotonic()

    outcomes = imports.import_source(desk.database, desk.blobs, desk.job.arguments["source_id"], on_line)
    desk.progress(done, done, ", ".join(f"{n} {word}" for word, n in outcomes.items()))
    desk.finish(lambda _session: None)


def run_training(desk: Desk) -> None:
    """Train one network on the iteration's frozen training set; goes on from the last epoch it finds."""
    from worker.ml.train import EpochReport, train

    run_id = desk.job.arguments["run_id"]
    with desk.database.transaction() as session:
        run = session.get_one(Run, run_id)
        iteration = session.get_one(Iteration, run.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        manifest = manifest_items(session, desk.blobs, iteration.project_id, iteration.training_set_sha256)
        training = [_training_item(desk, item) for item in manifest]
        development = _references(desk, session, iteration.project_id, "development")
    recipe = from_mapping({**run.recipe, "seed": run.seed})

    def on_epoch(report: EpochReport) -> None:
        values = asdict(report)
        epoch = values.pop("epoch")
        row = insert(Epoch).values(run_id=run_id, epoch=epoch, values=values)
        with desk.database.transaction() as session:
            record_progress(session, desk.job.id, desk.fence, done=epoch + 1, total=recipe.epochs, what=recipe.name)
            session.execute(row.on_conflict_do_update(index_elements=["run_id", "epoch"], set_={"values": values}))

    folder = desk.settings.data_folder / "work" / f"run-{run_id}"
    result = train(recipe, training, development, findings, folder, on_epoch)
    sha256 = desk.blobs.put(result.checkpoint.read_bytes())

    def write(session: Any) -> None:
        row = session.get_one(Run, run_id)
        row.checkpoint_sha256, row.parameters = sha256, result.parameters
        row.seconds = round(result.seconds, 2)

    desk.finish(write)


def run_evaluation(desk: Desk) -> None:
    """Measure each network and the ensemble on development and external images."""
    from worker.ml.evaluate import evaluate

    iteration_id = desk.job.iteration_id
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        runs = _runs(session, iteration_id)
        splits = {
            split: _references(desk, session, iteration.project_id, split) for split in ("development", "external")
        }
    metrics = evaluate(_checkpoints(desk, runs), _recipe(iteration), splits, findings)

    def write(session: Any) -> None:
        session.get_one(Iteration, iteration_id).metrics = {"ensemble": metrics.ensemble}
        for run, own in zip(runs, metrics.networks, strict=True):
            session.get_one(Run, run.id).metrics = own

    desk.finish(write)


def run_labelling(desk: Desk) -> None:
    """Label one shard of the pool; a shard that runs again replaces what it wrote."""
    from worker.ml.label import label

    arguments = desk.job.arguments
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, desk.job.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        films = labellings.shard_images(session, iteration.project_id, arguments["first"], arguments["last"])
        runs = _runs(session, iteration.id)
    paths = ((image_id, desk.blobs.path(sha256)) for image_id, sha256 in films)
    batch: list[labellings.LabelledImage] = []
    done = 0
    for film in label(paths, _checkpoints(desk, runs), _recipe(iteration), findings):
        batch.append(_labelled_image(film))
        if len(batch) == BATCH:
            done = _record(desk, arguments["labelling_id"], batch, done, len(films))
            batch = []
    if batch:
        _record(desk, arguments["labelling_id"], batch, done, len(films))
    desk.finish(lambda _session: None)


def run_audit(desk: Desk) -> None:
    """Draw the audit of a finished labelling."""

    def write(session: Any) -> None:
        labelling = session.get_one(Labelling, desk.job.arguments["labelling_id"])
        open_audit(session, session.get_one(Iteration, labelling.iteration_id), labelling.id)

    desk.finish(write)


TASKS: dict[str, Callable[[Desk], None]] = {
    "import": run_import,
    "train": run_training,
    "evaluate": run_evaluation,
    "label": run_labelling,
    "audit": run_audit,
}


def run(settings: Settings, job_id: int, fence: int) -> None:
    """Do a claimed job; an error is recorded as its sentence, and its iteration told."""
    database = Database(settings.database_url, Sender(settings.redis_url), pool_size=2)
    with database.transaction() as session:
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
    if job.fence != fence:
        return
    try:
        TASKS[job.kind](Desk(settings, database, BlobStore(settings.blob_folder), job))
    except StaleVersion:
        return
    except OverreadError as error:
        _fail(database, job, error.detail)
    except Exception as error:  # whatever it was, the row must say so: a person reads the row, not this log
        traceback.print_exc()
        _fail(database, job, f"{type(error).__name__}: {error}")


def _fail(database: Database, job: Job, sentence: str) -> None:
    with database.transaction() as session:
        failed = fail_job(session, job.id, job.fence, sentence)
        if failed is not None and failed.iteration_id is not None:
            advance_iteration(session, failed.iteration_id)


def _record(desk: Desk, labelling_id: int, batch: list[labellings.LabelledImage], done: int, total: int) -> int:
    with desk.database.transaction() as session:
        done += len(batch)
        record_progress(session, desk.job.id, desk.fence, done=done, total=total, what="films labelled")
        labellings.record_labels(session, desk.blobs, labelling_id, batch)
    return done


def _training_item(desk: Desk, item: ManifestItem) -> "TrainingItem":
    from worker.ml.dataset import TrainingItem

    path = desk.blobs.path(item.image_sha256)
    return TrainingItem(path, item.height, item.width, item.patient, item.counts, item.weights, item.machine)


def _references(desk: Desk, session: Any, project_id: int, split: str) -> "list[TrainingItem]":
    return [_training_item(desk, item) for item in reference_items(session, project_id, split)]


def _labelled_image(film: "FilmLabels") -> labellings.LabelledImage:
    proposals = [labellings.Proposal(**vars(label)) for label in film.labels]
    return labellings.LabelledImage(film.image_id, film.maps, film.members, proposals)


def _runs(session: Any, iteration_id: int | None) -> list[Run]:
    return list(session.scalars(select(Run).where(Run.iteration_id == iteration_id).order_by(Run.position)))


def _checkpoints(desk: Desk, runs: list[Run]) -> list[Path]:
    return [desk.blobs.path(run.checkpoint_sha256 or "") for run in runs]


def _recipe(iteration: Iteration) -> Recipe:
    """The first network's recipe also says how the ensemble is combined and where its thresholds lie."""
    return from_mapping(iteration.plan["recipes"][0])


if __name__ == "__main__":
    run(Settings(), int(sys.argv[1]), int(sys.argv[2]))
