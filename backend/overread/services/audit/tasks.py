"""Which drawn items are read blind, meet a planted error or are looked at twice: settled with the draw, by its seed.

All of HOLDOUT is read blind; the rest are SENTINEL.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Image, PseudoLabel
from overread.domain.imaging.masks import Rle
from overread.domain.readers.tasks import TASKS, plant_any, reading_order, share_tasks
from overread.services.audit.items import Item, PlantedError
from overread.services.films.masks import MaskRow, mask_row
from overread.services.labelling.labels import proposed_pixels


def assign_looks(session: Session, audit: Audit, items: Sequence[Item]) -> tuple[tuple[Item, ...], dict[int, MaskRow]]:
    """The items with their tasks and second looks, in reading order; and the masks to plant, by label."""
    rng = np.random.default_rng([audit.seed, 1])
    shares = {task: audit.design.tasks.get(task, 0) for task in TASKS}  # jsonb keeps no order
    sentinels = [i for i, item in enumerate(items) if item.stream == "SENTINEL"]
    tasks = dict(zip(sentinels, share_tasks(len(sentinels), shares, rng), strict=True))
    plants, masks = make_plants(session, audit, [items[i] for i in sentinels if tasks[i] == "planted"])
    films: dict[int, list[Item]] = {}
    again: dict[int, list[Item]] = {}
    for i, item in enumerate(items):
        task = "blind" if item.stream == "HOLDOUT" else tasks.get(i, "read")
        if task == "planted" and item.label not in plants:
            task = "blind"  # no mask can be made clearly wrong here
        own = films.setdefault(item.image, [])
        if task == "again":
            again.setdefault(item.image, []).append(replace(item, look="again", task="again", rank=None))
            task = "read"
        own.append(replace(item, task=task, plant=plants.get(item.label)))
    once = {image: own for image, own in films.items() if image not in again}
    second = _second_looks(once, round(audit.design.second * len(films)), rng)
    order = list(films)
    place = {image: at for at, image in enumerate(order)}
    turns = reading_order(len(order), [place[i] for i in second], [place[i] for i in again], rng)
    looks = {"first": films, "second": second, "again": again}
    return tuple(item for at, look in turns for item in looks[look][order[at]]), masks


def _second_looks(films: dict[int, list[Item]], wanted: int, rng: np.random.Generator) -> dict[int, list[Item]]:
    """The films that another reader reads as well, HOLDOUT blind as the first does; what tests readers otherwise is
    left out."""
    plain = {
        image: [item for item in own if item.task == "read" or item.stream == "HOLDOUT"] for image, own in films.items()
    }
    able = [image for image, own in plain.items() if own]
    chosen = rng.permutation(len(able))[:wanted]
    return {
        able[i]: [
            replace(item, look="second", task=task, stream="SENTINEL", rank=None)
            for item in plain[able[i]]
            for task in ("blind" if item.task == "blind" else "second",)
        ]
        for i in sorted(chosen.tolist())
    }


def make_plants(
    session: Session, audit: Audit, items: Sequence[Item]
) -> tuple[dict[int, PlantedError], dict[int, MaskRow]]:
    """Planted errors for these items and their masks, by label; none where no mask is clearly wrong."""
    plants: dict[int, PlantedError] = {}
    masks: dict[int, MaskRow] = {}
    for item in items:
        label, image = session.get_one(PseudoLabel, item.label), session.get_one(Image, item.image)
        rng = np.random.default_rng([audit.seed, label.id])
        shows = audit.design.by_film  # older versions also planted masks that show nothing
        made = plant_any(proposed_pixels(session, label, image), rng, shows)
        if made is None:
            continue
        kind, pixels = made
        masks[label.id] = mask_row(image, item.finding, Rle.of(pixels), "AUTOMATIC", label.labelling_id, planted=True)
        donor = _donor(session, label, "positive" if pixels.any() else "negative")
        plants[label.id] = PlantedError(kind, masks[label.id].sha256, donor)
    return plants, masks


def _donor(session: Session, label: PseudoLabel, decision: str) -> int:
    """A label of the same finding that was decided as the planted mask looks: itself, or the next one that was."""
    if label.decision == decision:
        return label.id
    alike = (
        select(PseudoLabel.id)
        .where(PseudoLabel.labelling_id == label.labelling_id)
        .where(PseudoLabel.finding == label.finding, PseudoLabel.decision == decision)
        .order_by(PseudoLabel.id)
        .limit(1)
    )
    later = session.scalar(alike.where(PseudoLabel.id > label.id))
    return later or session.scalar(alike) or label.id
