"""Encoders that recipes start from: taught on the pool without a label, or brought along as safetensors."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Encoder, Image, Job
from overread.domain.errors import InvalidInput, InvalidRecipe, NotFound
from overread.domain.learning.recipe import Recipe, check_batch
from overread.domain.learning.workers import DEFAULT, Workers
from overread.encoders import check_imagenet, check_name
from overread.services.films.projects import get_project
from overread.services.jobs import create_job
from overread.services.trail import record
from overread.storage import BlobStore

LARGEST_HEADER = 100_000_000  # safetensors' own limit


@dataclass(frozen=True)
class EncoderState:
    """An encoder, and the job that teaches it; none where it was brought along."""

    encoder: Encoder
    job: Job | None


def start_encoder(
    session: Session, project_id: int, recipe: Recipe, account_id: int | None = None, workers: Workers = DEFAULT
) -> Encoder:
    """Enqueue a self-supervised training on the pool. Raises InvalidInput for a recipe without one, an encoder that is
    none, or no pool; MissingDependency where the ImageNet weights that it starts from are not installed."""
    get_project(session, project_id)
    _check_network(recipe, workers)
    if recipe.start.method == "none":
        raise InvalidInput(f"{recipe.name} names no self-supervised method; set start.method to simclr or moco.")
    pool = select(func.count()).where(Image.project_id == project_id, Image.split == "pool")
    films = session.scalar(pool) or 0
    if films < recipe.start.batch:
        raise InvalidInput(f"The pool has {films} films, a mini-batch of {recipe.name} {recipe.start.batch}.")
    encoder = Encoder(project_id=project_id, recipe=recipe)
    session.add(encoder)
    session.flush()
    encoder.job_id = create_job(session, "pretrain", project_id, encoder_id=encoder.id).id
    subject = f"encoder {encoder.id}"
    record(
        session, "encoder.started", subject, project_id=project_id, account_id=account_id, method=recipe.start.method
    )
    return encoder


def list_encoders(session: Session, project_id: int) -> list[EncoderState]:
    """A project's encoders, newest first."""
    query = select(Encoder, Job).outerjoin(Job, Job.id == Encoder.job_id).where(Encoder.project_id == project_id)
    return [EncoderState(encoder, job) for encoder, job in session.execute(query.order_by(Encoder.id.desc()))]


def describe_encoder(session: Session, encoder: Encoder) -> EncoderState:
    """An encoder with its job."""
    return EncoderState(encoder, session.get(Job, encoder.job_id) if encoder.job_id is not None else None)


def adopt_encoder(blobs: BlobStore, recipe: Recipe) -> Recipe:
    """The recipe with a checkpoint file's hash in its place, the file being kept as a blob; others as they are."""
    if not recipe.encoder_weights.endswith(".safetensors"):
        return recipe
    path = Path(recipe.encoder_weights)
    if not path.is_file():
        raise InvalidRecipe(f"{recipe.name} starts from {path}, and there is no such file.")
    _check_safetensors(path)
    return replace(recipe, encoder_weights=blobs.put(path.read_bytes()))


def check_encoder(blobs: BlobStore, recipe: Recipe, workers: Workers) -> None:
    """Raise InvalidRecipe unless ``workers`` can build the network, have where it starts, and can train it: an encoder
    that there is, ImageNet weights that can be had, a checkpoint that is here and is one, films enough in a mini-batch.
    MissingDependency where the ImageNet weights of a package are not installed."""
    _check_network(recipe, workers)
    check_batch(recipe, workers.processes)
    weights = recipe.encoder_file
    if weights is None:
        return
    if weights.endswith(".safetensors"):
        raise InvalidRecipe(
            f"{recipe.name} names a file; over the network a recipe names a checkpoint by its SHA-256. "
            "`overread iterate` takes files."
        )
    try:
        path = blobs.path(weights)
    except NotFound:
        path = Path()
    if not path.is_file():
        raise InvalidRecipe(f"{recipe.name} starts from checkpoint {weights[:12]}…, which is not here.")
    _check_safetensors(path)


def _check_network(recipe: Recipe, workers: Workers) -> None:
    check_name(recipe.network)
    if recipe.encoder_weights == "imagenet":
        check_imagenet(recipe.network, hub=workers.hub)


def _check_safetensors(path: Path) -> None:
    """The eight bytes of length and the JSON header that a safetensors file begins with; nothing is unpickled."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            if size < 8 or not 2 <= length <= min(size - 8, LARGEST_HEADER):
                raise ValueError
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            header = None
    if not isinstance(header, dict):
        raise InvalidRecipe(
            f"{path.name[:12]}… is no safetensors file, and Overread opens no other kind: a pickled one can run code."
        )
