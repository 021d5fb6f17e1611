"""Films with their targets, as the engine takes them."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Source
from overread.services.loop.training_sets import ManifestItem, reference_items
from overread.storage import BlobStore
from overread_worker.ml.dataset import TrainingItem


def training_item(blobs: BlobStore, item: ManifestItem) -> TrainingItem:
    path = blobs.path(item.image_sha256)
    return TrainingItem(path, item.height, item.width, item.patient, item.counts, item.weights, item.machine)


def references(blobs: BlobStore, session: Session, project_id: int, split: str) -> list[TrainingItem]:
    """The films of a split that carry reference masks, each with its source's name."""
    query = (
        select(Image.sha256, Source.name)
        .join(Source, Source.id == Image.source_id)
        .where(Image.project_id == project_id, Image.split == split)
    )
    sources: dict[str, str] = dict(session.execute(query).all())
    items = list(reference_items(session, project_id, split))
    blobs.bring(item.image_sha256 for item in items)
    return [replace(training_item(blobs, item), source=sources[item.image_sha256]) for item in items]
