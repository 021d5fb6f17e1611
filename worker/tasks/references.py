"""Films with their targets, as the engine takes them."""

from sqlalchemy.orm import Session

from backend.services.training_sets import ManifestItem, reference_items
from worker.ml.dataset import TrainingItem
from worker.tasks.desk import Desk


def training_item(desk: Desk, item: ManifestItem) -> TrainingItem:
    path = desk.blobs.path(item.image_sha256)
    return TrainingItem(path, item.height, item.width, item.patient, item.counts, item.weights, item.machine)


def references(desk: Desk, session: Session, project_id: int, split: str) -> list[TrainingItem]:
    return [training_item(desk, item) for item in reference_items(session, project_id, split)]
