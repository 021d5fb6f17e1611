"""Jobs of the learning engine: pretrain an encoder, train a network, evaluate, label a shard of the pool."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import overload

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.db.tables import Encoder, Epoch, Image, Iteration, Project, Run
from backend.domain.recipe import Recipe
from backend.domain.recipe.values import from_mapping
from backend.domain.teaching import pool_half
from backend.services import labellings
from backend.services.iterations import teacher_parameters
from backend.services.jobs import record_progress
from backend.services.training_sets import ManifestItem, manifest_items, reference_items, teaching_items
from backend.storage import BlobStore
from worker.ml.dataset import TrainingItem
from worker.ml.evaluate import evaluate
from worker.ml.label import FilmLabels, label
from worker.ml.pretrain import StartReport, pretrain
from worker.ml.train import EpochReport, TrainingData, TrainResult, train
from worker.tasks.curves import open_curves
from worker.tasks.desk import Desk

BATCH = 16


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


def run_pretraining(desk: Desk) -> None:
    """Teach an encoder on the pool's films, without a label."""
    encoder_id = desk.job.arguments["encoder_id"]
    with desk.database.transaction() as session:
        row = session.get_one(Encoder, encoder_id)
        recipe, films = from_mapping(row.recipe), _pool(desk, session, row.project_id)

    def on_epoch(report: StartReport) -> None:
        with desk.database.transaction() as session:
            done, total = report.epoch + 1, recipe.start.epochs
            record_progress(session, desk.job.id, desk.fence, done=done, total=total, what=recipe.name)
            session.get_one(Encoder, encoder_id).values = asdict(report)

    result = pretrain(recipe, films, desk.settings.data_folder / "work" / f"encoder-{encoder_id}", on_epoch)
    sha256 = desk.blobs.put(result.checkpoint.read_bytes())

    def write(session: Session) -> None:
        session.get_one(Encoder, encoder_id).checkpoint_sha256 = sha256

    desk.finish(write)


def run_training(desk: Desk) -> None:
    """Train one network on the iteration's frozen training set; goes on from the last epoch it finds."""
    run_id = desk.job.arguments["run_id"]
    with desk.database.transaction() as session:
        run = session.get_one(Run, run_id)
        recipe = from_mapping({**run.recipe, "seed": run.seed})
        iteration = session.get_one(Iteration, run.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        data = _training_data(desk, session, iteration, recipe, run.half)
    folder = desk.settings.data_folder / "work" / f"run-{run_id}"
    curves = open_curves(desk.settings.tensorboard_folder, f"run-{run_id}") if desk.writes else None

    def on_epoch(report: EpochReport) -> None:
        if not desk.writes:
            return
        values = asdict(report)
        epoch = values.pop("epoch")
        row = insert(Epoch).values(run_id=run_id, epoch=epoch, values=values)
        with desk.database.transaction() as session:
            record_progress(session, desk.job.id, desk.fence, done=epoch + 1, total=recipe.epochs, what=recipe.name)
            session.execute(row.on_conflict_do_update(index_elements=["run_id", "epoch"], set_={"values": values}))
        if curves is not None:
            curves(epoch, values)

    result = train(recipe, data, findings, folder, on_epoch, desk.settings.training_processes)
    if desk.writes:
        _finish_training(desk, run_id, result)


def run_evaluation(desk: Desk) -> None:
    """Measure each network and the ensemble on development and external images."""
    iteration_id = desk.job.iteration_id
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        runs = _runs(session, iteration_id)
        splits = {
            split: _references(desk, session, iteration.project_id, split) for split in ("development", "external")
        }
    metrics = evaluate(_checkpoints(desk, runs), _recipe(iteration), splits, findings)

    def write(session: Session) -> None:
        session.get_one(Iteration, iteration_id).metrics = {"ensemble": metrics.ensemble}
        for run, own in zip(runs, metrics.networks, strict=True):
            session.get_one(Run, run.id).metrics = own

    desk.finish(write)


def run_labelling(desk: Desk) -> None:
    """Label one shard of the pool; a shard that runs again replaces what it wrote."""
    arguments = desk.job.arguments
    with desk.database.transaction() as session:
        iteration = session.get_one(Iteration, desk.job.iteration_id)
        findings = session.get_one(Project, iteration.project_id).findings
        films = labellings.shard_images(session, iteration.project_id, arguments["first"], arguments["last"])
        runs = _runs(session, iteration.id)
    label_films(desk, arguments["labelling_id"], films, runs, _recipe(iteration), findings)
    desk.finish()


def label_films(
    desk: Desk,
    labelling_id: int,
    films: list[labellings.ShardImage],
    runs: list[Run],
    recipe: Recipe,
    findings: list[str],
) -> None:
    """Label films and write what was found, some at a time."""
    batch: list[labellings.LabelledImage] = []
    done = 0
    for film in _labelled(desk, films, runs, recipe, findings):
        batch.append(_labelled_image(film))
        if len(batch) == BATCH:
            done = _record(desk, labelling_id, batch, done, len(films))
            batch = []
    if batch:
        _record(desk, labelling_id, batch, done, len(films))


def _labelled(
    desk: Desk, films: list[labellings.ShardImage], runs: list[Run], recipe: Recipe, findings: list[str]
) -> Iterator[FilmLabels]:
    """Every film by all networks; where two were cross-fitted, by those that never saw its half's pseudo labels."""
    halves = ("a", "b") if any(run.half for run in runs) else (None,)
    for half in halves:
        members = [run for run in runs if half is None or run.half != half]
        own = [film for film in films if half is None or pool_half(film.patient) == half]
        paths = ((film.image_id, desk.blobs.path(film.sha256)) for film in own)
        snapshots = [[desk.blobs.path(sha256) for sha256 in run.snapshots] for run in members]
        yield from label(paths, _checkpoints(desk, members), recipe, findings, snapshots)


def _training_data(
    desk: Desk, session: Session, iteration: Iteration, recipe: Recipe, half: str | None
) -> TrainingData:
    project_id = iteration.project_id
    manifest = list(manifest_items(session, desk.blobs, project_id, iteration.training_set_sha256))
    return TrainingData(
        items=[_training_item(desk, item) for item in teaching_items(manifest, recipe.pseudo, half)],
        development=_references(desk, session, project_id, "development"),
        pool=_pool(desk, session, project_id) if recipe.pool.method != "none" else [],
        encoder=None if recipe.encoder_file is None else desk.blobs.path(recipe.encoder_file),
        teacher_parameters=teacher_parameters(session, project_id, iteration.index),
    )


def _finish_training(desk: Desk, run_id: int, result: TrainResult) -> None:
    sha256 = desk.blobs.put(result.checkpoint.read_bytes())
    snapshots = [desk.blobs.put(path.read_bytes()) for path in result.snapshots]
    pictures = {name: desk.blobs.put(path.read_bytes()) for name, path in result.pictures.items()}

    def write(session: Session) -> None:
        row = session.get_one(Run, run_id)
        row.checkpoint_sha256, row.parameters = sha256, result.parameters
        row.snapshots, row.pictures = snapshots, pictures
        row.seconds = round(result.seconds, 2)

    desk.finish(write)


def _record(desk: Desk, labelling_id: int, batch: list[labellings.LabelledImage], done: int, total: int) -> int:
    with desk.database.transaction() as session:
        done += len(batch)
        record_progress(session, desk.job.id, desk.fence, done=done, total=total, what="films labelled")
        labellings.record_labels(session, desk.blobs, labelling_id, batch)
    return done


def _training_item(desk: Desk, item: ManifestItem) -> TrainingItem:
    path = desk.blobs.path(item.image_sha256)
    return TrainingItem(path, item.height, item.width, item.patient, item.counts, item.weights, item.machine)


def _references(desk: Desk, session: Session, project_id: int, split: str) -> list[TrainingItem]:
    return [_training_item(desk, item) for item in reference_items(session, project_id, split)]


def _pool(desk: Desk, session: Session, project_id: int) -> PoolFilms:
    query = select(Image.sha256).where(Image.project_id == project_id, Image.split == "pool").order_by(Image.id)
    return PoolFilms(desk.blobs, list(session.scalars(query)))


def _labelled_image(film: FilmLabels) -> labellings.LabelledImage:
    proposals = [labellings.Proposal(**vars(label)) for label in film.labels]
    return labellings.LabelledImage(film.image_id, film.maps, film.members, proposals)


def _runs(session: Session, iteration_id: int | None) -> list[Run]:
    return list(session.scalars(select(Run).where(Run.iteration_id == iteration_id).order_by(Run.position)))


def _checkpoints(desk: Desk, runs: list[Run]) -> list[Path]:
    return [desk.blobs.path(run.checkpoint_sha256 or "") for run in runs]


def _recipe(iteration: Iteration) -> Recipe:
    """The first network's recipe also says how the ensemble is combined and where its thresholds lie."""
    return from_mapping(iteration.plan["recipes"][0])
