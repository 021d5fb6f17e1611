"""Pseudo labels: recorded shard by shard, read page by page."""

import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, delete, func, insert, select, tuple_
from sqlalchemy.orm import Session, aliased

from overread.db.tables import (
    Image,
    Iteration,
    Labelling,
    Mask,
    MemberMask,
    ProbabilityMap,
    Project,
    PseudoLabel,
    Read,
    Source,
    SourceMask,
)
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.films import pack_maps
from overread.domain.masks import change_of_counts, dice_of_counts
from overread.services.earlier import earlier_counts
from overread.services.jobs import create_job
from overread.services.masks import mask_counts, mask_row, store_masks
from overread.services.teachers import Teacher, record_members
from overread.services.veils import blind_units, seen_by, shown_labels
from overread.storage import BlobStore

SHARD = 512
WRITERS = 8  # maps that are written at once: a disk answers many flushes as fast as one
DECISIONS = ("positive", "negative", "uncertain")
ORDERS = {"risk": PseudoLabel.risk, "public_dice": PseudoLabel.public_dice}


@dataclass(frozen=True)
class Proposal:
    """What the ensemble says of one finding on one film; ``mask`` (height, width) or None where it draws nothing.

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
    mask: NDArray[np.bool_] | None
    members: Sequence[NDArray[np.bool_] | None] = ()


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


@dataclass(frozen=True)
class LabelFilter:
    """Which pseudo labels to list."""

    finding: str | None = None
    decision: str | None = None
    source_id: int | None = None
    order: str = "risk"


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
    # With its nulls spelt out every row has the same columns, and all go in one statement.
    labels = insert(PseudoLabel).execution_options(render_nulls=True)
    session.execute(labels, _label_rows(session, labelling_id, pairs))
    kept = [(images[item.image_id], item.teachers, p) for item in labelled for p in item.proposals if p.members]
    record_members(session, labelling_id, [(image, own, p.finding, p.members) for image, own, p in kept])


def list_labels(
    session: Session,
    labelling_id: int,
    where: LabelFilter,
    after: tuple[float, int] | None,
    limit: int,
    account_id: int,
) -> list[Any]:
    """A page of pseudo labels with their films as this account may see them, riskiest (or least like the public label)
    first.

    ``after`` is the (sort value, id) of the last row seen: keyset pages, as quick at the end as at the start.
    """
    if where.order not in ORDERS or (where.decision is not None and where.decision not in DECISIONS):
        raise InvalidInput(f"order is one of {', '.join(ORDERS)}; decision one of {', '.join(DECISIONS)}.")
    column: ColumnElement[Any] = ORDERS[where.order].expression
    descending = where.order == "risk"
    query = (
        _labels(account_id)
        .where(PseudoLabel.labelling_id == labelling_id, column.is_not(None))
        .where(tuple_(PseudoLabel.image_id, PseudoLabel.finding).not_in(blind_units(account_id)))
        .order_by(column.desc() if descending else column, PseudoLabel.id)
        .limit(limit)
    )
    if where.finding is not None:
        query = query.where(PseudoLabel.finding == where.finding)
    if where.decision is not None:
        query = query.where(PseudoLabel.decision == where.decision)
    if where.source_id is not None:
        query = query.where(Image.source_id == where.source_id)
    if after is not None:
        value, last = after
        # Both ways tell the index where to begin; "beyond, or as far with a later id" would be read from the start.
        if descending:
            query = query.where(column <= value, (column != value) | (PseudoLabel.id > last))
        else:
            query = query.where(tuple_(column, PseudoLabel.id) > (value, last))
    rows = session.execute(query).all()
    shown = shown_labels(session, [row[0] for row in rows])
    return [(shown[row[0].id], row[1], row[2], shown[row[0].id].area, row[4]) for row in rows]


def get_map(session: Session, labelling_id: int, image_id: int) -> ProbabilityMap:
    """The maps' row of one film, or NotFound."""
    row = session.get(ProbabilityMap, (labelling_id, image_id))
    if row is None:
        raise NotFound(f"Labelling {labelling_id} has no probability maps of image {image_id}.")
    return row


def count_decisions(session: Session, labelling_id: int | None) -> dict[str, dict[str, int]]:
    """Pseudo labels by finding (in the project's order) and decision."""
    query = (
        select(PseudoLabel.finding, PseudoLabel.decision, func.count())
        .where(PseudoLabel.labelling_id == labelling_id)
        .group_by(PseudoLabel.finding, PseudoLabel.decision)
    )
    counts: dict[str, dict[str, int]] = {}
    for finding, decision, n in session.execute(query):
        counts.setdefault(finding, dict.fromkeys(DECISIONS, 0))[decision] = n
    order = session.scalar(
        select(Project.findings)
        .join(Iteration, Iteration.project_id == Project.id)
        .join(Labelling, Labelling.iteration_id == Iteration.id)
        .where(Labelling.id == labelling_id)
    )
    return {finding: counts[finding] for finding in order or [] if finding in counts}


def _label_rows(session: Session, labelling_id: int, pairs: list[tuple[Image, Proposal]]) -> list[dict[str, Any]]:
    """Store the masks that were drawn; a row a label, with its mask, its Dice to the public label, and how far it is
    from the iteration before."""
    drawn = [(image, p) for image, p in pairs if p.decision != "negative" and p.mask is not None and p.mask.any()]
    rows = [mask_row(image, p.finding, p.mask, "AUTOMATIC", labelling_id) for image, p in drawn if p.mask is not None]
    keys = [(image.id, p.finding) for image, p in drawn]
    masks = dict(zip(keys, store_masks(session, rows), strict=True))
    areas = {key: row["area"] for key, row in zip(keys, rows, strict=True)}
    counts = {key: zlib.decompress(row["counts"]) for key, row in zip(keys, rows, strict=True)}
    public = _public_masks(session, [image.id for image, _ in pairs])
    before = earlier_counts(session, labelling_id, list({image.id for image, _ in pairs}))
    changed = {
        (image.id, p.finding): change_of_counts(
            counts.get((image.id, p.finding)), before[image.id, p.finding], image.height, image.width
        )
        for image, p in pairs
        if (image.id, p.finding) in before
    }
    return [
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
            "area": areas.get((image.id, p.finding), 0),
            "mask_id": masks.get((image.id, p.finding)),
            "changed": changed.get((image.id, p.finding)),
            "public_dice": _public_dice(counts.get((image.id, p.finding)), public.get((image.id, p.finding))),
        }
        for image, p in pairs
    ]


def _labels(account_id: int) -> Select[Any]:
    verdict = (
        select(Read.verdict)
        .where(Read.image_id == PseudoLabel.image_id, Read.finding == PseudoLabel.finding, seen_by(account_id))
        .order_by(Read.adjudicated.desc(), Read.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(PseudoLabel, Image, Source.name.label("source"), PseudoLabel.area, verdict.label("verdict"))
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
    )


def _public_masks(session: Session, image_ids: list[int]) -> dict[tuple[int, str], Mask]:
    label = aliased(SourceMask)
    query = (
        select(label.image_id, label.finding, Mask)
        .join(Mask, Mask.id == label.mask_id)
        .where(label.image_id.in_(image_ids), label.kind == "public")
    )
    return {(image_id, finding): mask for image_id, finding, mask in session.execute(query)}


def _public_dice(drawn: bytes | None, public: Mask | None) -> float | None:
    """Dice of the pseudo mask (its counts, None for the empty mask) with the public label."""
    if public is None:
        return None
    if drawn is None:
        return 0.0 if public.area else None
    return dice_of_counts(drawn, mask_counts(public), public.height, public.width)
