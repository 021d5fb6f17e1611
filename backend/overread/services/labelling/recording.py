"""Pseudo labels: recorded shard by shard, read page by page."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Image,
    Iteration,
    Labelling,
    MemberMask,
    ProbabilityMap,
    PseudoLabel,
)
from overread.domain.imaging.films import pack_maps
from overread.domain.imaging.masks import Rle
from overread.services.films.compared import hold_public_labels, public_masks
from overread.services.films.masks import mask_row, store_masks
from overread.services.history import earlier_masks
from overread.services.jobs import create_job
from overread.services.labelling.members import Teacher, record_members
from overread.storage import BlobStore

SHARD = 512
WRITERS = 8  # maps that are written at once: a disk answers many flushes as fast as one


@dataclass(frozen=True)
class Proposal:
    """What the ensemble says of one finding on one film; ``mask`` is None, or empty, where it draws nothing.

    ``agreement`` and ``variance`` say how far its members are apart (definitions: section 2): mean Dice of pairs of
    masks, variance at a pixel averaged over the map. ``members``: each one's own mask, in their order; empty where none
    is kept.

    A negative decision draws nothing, whatever the probabilities say below their threshold.
    """

    finding: str
    decision: str
    presence: float
    agreement: float
    variance: float
    risk: float
    weight: float
    stability: float | None
    mask: Rle | None
    members: Sequence[Rle | None] = ()


@dataclass(frozen=True)
class LabelledImage:
    """All that labelling found on one film: maps uint8 (findings, size, size), each member's presence, proposals, and
    the ``teachers`` that made the proposals' ``members``."""

    image_id: int
    maps: NDArray[np.uint8]
    members: dict[str, list[float]]
    proposals: list[Proposal]
    teachers: Sequence[Teacher] = ()


@dataclass(frozen=True)
class ShardImage:
    """A film to label: its blob, and its patient, who says in which half of the pool it lies."""

    image_id: int
    sha256: str
    patient: str


def start_labelling(session: Session, iteration: Iteration) -> None:
    """Enqueue one pass over the pool, a job a shard, and the evaluation beside it."""
    labelling = Labelling(iteration_id=iteration.id)
    session.add(labelling)
    session.flush()
    pool = session.scalars(
        select(Image.id).where(Image.project_id == iteration.project_id, Image.split == "pool").order_by(Image.id)
    ).all()
    for start in range(0, len(pool), SHARD):
        ids = pool[start : start + SHARD]
        create_job(
            session, "label", iteration.project_id, iteration.id, labelling_id=labelling.id, first=ids[0], last=ids[-1]
        )
    create_job(session, "evaluate", iteration.project_id, iteration.id)


def shard_images(session: Session, project_id: int, first: int, last: int) -> list[ShardImage]:
    """The pool images of a shard."""
    query = select(Image.id, Image.sha256, Image.patient_id).where(
        Image.project_id == project_id, Image.split == "pool", Image.id.between(first, last)
    )
    rows = session.execute(query.order_by(Image.id))
    return [ShardImage(image_id, sha256, str(patient_id)) for image_id, sha256, patient_id in rows]


def record_labels(session: Session, blobs: BlobStore, labelling_id: int, labelled: Sequence[LabelledImage]) -> None:
    """Write the labels of some films. A shard that runs again replaces its rows; none is visible before publication."""
    iteration = session.get_one(Iteration, session.get_one(Labelling, labelling_id).iteration_id)
    hold_public_labels(session, iteration.project_id)
    ids = [item.image_id for item in labelled]
    for table in (MemberMask, PseudoLabel, ProbabilityMap):
        session.execute(delete(table).where(table.labelling_id == labelling_id, table.image_id.in_(ids)))
    with ThreadPoolExecutor(WRITERS) as writers:
        stored = list(writers.map(lambda item: blobs.put(pack_maps(item.maps)), labelled))
    maps = [
        {
            "labelling_id": labelling_id,
            "image_id": item.image_id,
            "sha256": sha256,
            "size": item.maps.shape[-1],
            "members": item.members,
        }
        for item, sha256 in zip(labelled, stored, strict=True)
    ]
    session.execute(insert(ProbabilityMap), maps)
    images = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}
    pairs = [(images[item.image_id], proposal) for item in labelled for proposal in item.proposals]
    _store_labels(session, labelling_id, pairs)
    kept = [(images[item.image_id], item.teachers, p) for item in labelled for p in item.proposals if p.members]
    record_members(session, labelling_id, [(image, own, p.finding, p.members) for image, own, p in kept])


def _store_labels(session: Session, labelling_id: int, pairs: list[tuple[Image, Proposal]]) -> None:
    """Store the masks that were drawn, and a row a label: with its mask, its Dice to the public label, and how far it
    is from the iteration before."""
    rows = {
        (image.id, p.finding): mask_row(image, p.finding, p.mask, "AUTOMATIC", labelling_id)
        for image, p in pairs
        if p.decision != "negative" and p.mask is not None and not p.mask.is_empty
    }
    mask_ids = dict(zip(rows, store_masks(session, rows.values()), strict=True))
    drawn = {(image.id, p.finding): Rle.empty((image.height, image.width)) for image, p in pairs}
    drawn |= {key: row.rle for key, row in rows.items()}
    public = public_masks(session, {image.id for image, _ in pairs})
    before = earlier_masks(session, labelling_id, list({image.id for image, _ in pairs}))
    labels = [
        {
            "labelling_id": labelling_id,
            "image_id": image.id,
            "finding": p.finding,
            "decision": p.decision,
            "presence": p.presence,
            "agreement": p.agreement,
            "variance": p.variance,
            "stability": p.stability,
            "risk": p.risk,
            "weight": p.weight,
            "area": rows[key].area if key in rows else 0,
            "mask_id": mask_ids.get(key),
            "changed": drawn[key].change(before[key]) if key in before else None,
            "public_dice": drawn[key].dice(public[key]) if key in public else None,
        }
        for image, p in pairs
        for key in ((image.id, p.finding),)
    ]
    # With its nulls spelt out every row has the same columns, and all go in one statement.
    session.execute(insert(PseudoLabel).execution_options(render_nulls=True), labels)
