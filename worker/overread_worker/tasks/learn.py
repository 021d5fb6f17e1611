"""Jobs that learn: pretrain an encoder, train a network."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.db.tables import Encoder, Epoch, Image, Iteration, Patient, Project, Run
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import EpochReport, StartReport
from overread.services.loop.lineage import teacher_parameters, teacher_weights
from overread.services.loop.training_sets import manifest_items, teaching_items
from overread.storage import BlobStore
from overread_worker.ml.learner import Lineage
from overread_worker.ml.pretrain import pretrain
from overread_worker.ml.train import TrainingData, TrainResult, train
from overread_worker.tasks.context import JobContext
from overread_worker.tasks.curves import open_curves
from overread_worker.tasks.references import references, training_item


class PoolFilms(Sequence[Path]):
    """Where the pool's films lie: 64 bytes a film in memory, whatever the pool's size."""

    def __init__(self, blobs: BlobStore, hashes: Sequence[str]) -> None:
        self._blobs, self._hashes = blobs, np.array(hashes, "S64")

    def __len__(self) -> int:
        return len(self._hashes)

    @overload
    def __getitem__(self, row: int) -> Path: ...
    @overload
    def __getitem__(self, row: slice) -> "PoolFilms": ...
    def __getitem__(self, row: int | slice) -> "Path | PoolFilms":
        if isinstance(row, slice):
            return PoolFilms(self._blobs, [name.decode() for name in self._hashes[row]])
        return self._blobs.path(self._hashes[row].decode())


def run_pretraining(context: JobContext) -> None:
    """Teach an encoder on the pool's films, without a label."""
    encoder_id = context.job.arguments["encoder_id"]
    with context.database.transaction() as session:
        row = session.get_one(Encoder, encoder_id)
        recipe, films = row.recipe, _pool(context, session, row.project_id)

    def on_epoch(report: StartReport) -> None:
        with context.database.transaction() as session:
            context.record(session, report.epoch + 1, recipe.start.epochs, recipe.name)
            session.get_one(Encoder, encoder_id).values = report

    result = pretrain(recipe, films, context.settings.data_folder / "work" / f"encoder-{encoder_id}", on_epoch)
    sha256 = context.blobs.put(result.checkpoint.read_bytes())

    def write(session: Session) -> None:
        session.get_one(Encoder, encoder_id).checkpoint_sha256 = sha256

    context.finish(write)


def run_training(context: JobContext) -> None:
    """Train one network on the iteration's frozen training set; goes on from the last epoch it finds."""
    run_id = context.job.arguments["run_id"]
    with context.database.transaction() as session:
        run = session.get_one(Run, run_id)
        recipe = replace(run.recipe, seed=run.seed)
        iteration = session.get_one(Iteration, run.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        data = _training_data(context, session, iteration, run, recipe)
    folder = context.settings.data_folder / "work" / f"run-{run_id}"
    curves = open_curves(context.settings.tensorboard_folder, f"run-{run_id}") if context.writes else None

    def on_epoch(report: EpochReport) -> None:
        if not context.writes:
            return
        row = insert(Epoch).values(run_id=run_id, epoch=report.epoch, values=report)
        with context.database.transaction() as session:
            context.record(session, report.epoch + 1, recipe.epochs, recipe.name)
            session.execute(row.on_conflict_do_update(index_elements=["run_id", "epoch"], set_={"values": report}))
        if curves is not None:
            curves(report.epoch, report.values())

    result = train(recipe, data, findings, folder, on_epoch, context.settings.training_processes)
    if context.writes:
        _finish_training(context, run_id, result)


def _training_data(
    context: JobContext, session: Session, iteration: Iteration, run: Run, recipe: Recipe
) -> TrainingData:
    project_id = iteration.project_id
    weights = teacher_weights(session, project_id, iteration.index, recipe, run.position)
    manifest = list(manifest_items(session, context.blobs, project_id, iteration.training_set_sha256))
    items = teaching_items(manifest, recipe.pseudo, run.half)
    context.blobs.bring(item.image_sha256 for item in items)
    return TrainingData(
        items=[training_item(context.blobs, item) for item in items],
        development=references(context.blobs, session, project_id, "development"),
        pool=_pool(context, session, project_id) if recipe.pool.method != "none" else [],
        lineage=Lineage(
            encoder=None if recipe.encoder_file is None else context.blobs.path(recipe.encoder_file),
            teacher=None if weights is None else context.blobs.path(weights),
            teacher_parameters=teacher_parameters(session, project_id, iteration.index),
        ),
    )


def _finish_training(context: JobContext, run_id: int, result: TrainResult) -> None:
    sha256 = context.blobs.put(result.checkpoint.read_bytes())
    snapshots = [context.blobs.put(path.read_bytes()) for path in result.snapshots]
    pictures = {name: context.blobs.put(path.read_bytes()) for name, path in result.pictures.items()}

    def write(session: Session) -> None:
        row = session.get_one(Run, run_id)
        row.checkpoint_sha256, row.parameters = sha256, result.parameters
        row.snapshots, row.pictures = snapshots, pictures
        row.seconds = round(result.seconds, 2)

    context.finish(write)


def _pool(context: JobContext, session: Session, project_id: int) -> PoolFilms:
    query = (
        select(Image.sha256)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.project_id == project_id, Image.split == "pool", ~Patient.held)  # HOLDOUT teaches nothing
        .order_by(Image.id)
    )
    hashes = list(session.scalars(query))
    context.blobs.bring(hashes)
    return PoolFilms(context.blobs, hashes)
