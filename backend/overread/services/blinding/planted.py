"""What is shown of a unit with a planted error, in every answer alike, as long as its audit is open."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Iteration,
    Labelling,
    Mask,
    Plant,
    ProbabilityMap,
    Project,
    PseudoLabel,
)
from overread.domain.imaging.films import pack_maps, unpack_maps
from overread.services.films.compared import public_masks
from overread.services.films.masks import mask_pixels, mask_rle
from overread.services.history import earlier_masks
from overread.storage import BlobStore

_WORDS = ("agreement", "variance", "stability", "risk")
NUDGE = 0.02  # of the way to 0 or 1: what goes with a donor's words, and is no listed label's to the last digit
STEEPNESS = 0.5  # logits a map pixel, from a planted mask's edge


def planted_masks(
    session: Session, label_ids: Iterable[int], in_case: bool = False
) -> dict[int, tuple[Plant, PseudoLabel]]:
    """Of labels with a planted error in an open audit: the plant, and the label whose words go with it.

    ``in_case``: closed audits too. Whoever has a case before them judges what it shows, however late they save.
    """
    query = (
        select(Plant, PseudoLabel)
        .join(PseudoLabel, PseudoLabel.id == Plant.donor_label_id)
        .where(Plant.label_id.in_(list(label_ids)))
    )
    if not in_case:
        query = query.where(Plant.label_id.in_(planted_labels()))
    return {plant.label_id: (plant, donor) for plant, donor in session.execute(query)}


def planted_labels() -> Select[int]:
    """The ids of labels with a planted error in an open audit."""
    return (
        select(Plant.label_id)
        .join(AuditItem, AuditItem.id == Plant.item_id)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.stage == "auditing")
    )


def shown_labels(session: Session, labels: Iterable[PseudoLabel], in_case: bool = False) -> dict[int, PseudoLabel]:
    """Labels by id as readers see them: with a planted error, a copy (of no row) that says what goes with its mask."""
    rows = {label.id: label for label in labels}
    for label_id, (plant, donor) in planted_masks(session, rows, in_case).items():
        rows[label_id] = _disguised(session, rows[label_id], plant, donor)
    return rows


def shown_maps(session: Session, blobs: BlobStore, row: ProbabilityMap) -> bytes:
    """The stored maps of a film; where an error is planted, a plane that goes with its mask at τ_mask."""
    stored = blobs.get(row.sha256)
    labels = session.scalars(
        select(PseudoLabel).where(PseudoLabel.labelling_id == row.labelling_id, PseudoLabel.image_id == row.image_id)
    ).all()
    plants = planted_masks(session, [label.id for label in labels])
    if not plants:
        return stored
    iteration = session.get_one(Iteration, session.get_one(Labelling, row.labelling_id).iteration_id)
    findings = session.get_one(Project, iteration.project_id).findings
    tau = iteration.plan.recipes[0].labelling.tau_mask
    maps = unpack_maps(stored).copy()
    for label in labels:
        if label.id in plants:
            mask = mask_pixels(session.get_one(Mask, plants[label.id][0].mask_id))
            maps[findings.index(label.finding)] = _plane(mask, row.size, tau)
    return pack_maps(maps)


def _plane(mask: NDArray[np.bool_], size: int, tau: float) -> NDArray[np.uint8]:
    """A map (size, size) of this mask (height, width): tau at its edge, fading with the distance from it."""
    rows = (np.arange(size) * mask.shape[0] // size).clip(0, mask.shape[0] - 1)
    columns = (np.arange(size) * mask.shape[1] // size).clip(0, mask.shape[1] - 1)
    small = mask[np.ix_(rows, columns)]
    if small.any():
        signed = ndimage.distance_transform_edt(small) - ndimage.distance_transform_edt(~small)
    else:
        signed = np.full(small.shape, -size / 4)
    logit = np.log(tau / (1 - tau)) + STEEPNESS * signed
    return np.asarray(np.round(255 / (1 + np.exp(-logit))), np.uint8)


def _disguised(session: Session, label: PseudoLabel, plant: Plant, donor: PseudoLabel) -> PseudoLabel:
    mask = session.get_one(Mask, plant.mask_id)
    values = {column.key: getattr(label, column.key) for column in inspect(PseudoLabel).column_attrs}
    values |= _nudged(plant, donor)
    values |= {"mask_id": mask.id if mask.area else None, "area": mask.area}
    public = public_masks(session, [label.image_id]).get((label.image_id, label.finding))
    values["public_dice"] = mask_rle(mask).dice(public) if public is not None else None
    if label.changed is not None:
        before = earlier_masks(session, label.labelling_id, [label.image_id])
        values["changed"] = mask_rle(mask).change(before[label.image_id, label.finding])
    return PseudoLabel(**values)


def _nudged(plant: Plant, donor: PseudoLabel) -> dict[str, float | str | None]:
    """A donor's words, each moved a little, always the same for one plant: the donor is in the listing too, and of two
    labels with the same digits one would be a planted error. Presence moves away from the other decision."""
    random = np.random.default_rng(plant.item_id)
    moved = {"positive": 1.0, "negative": 0.0}
    presence = _toward(donor.presence, moved.get(donor.decision, 0.5), random)
    words: dict[str, float | str | None] = {"decision": donor.decision, "presence": presence}
    words["weight"] = abs(2 * presence - 1)  # as every label's
    for name in _WORDS:
        value: float | None = getattr(donor, name)
        # What is exactly all or nothing is so of many labels.
        words[name] = value if value in (None, 0.0, 1.0) else _toward(value, 0.0, random)
    return words


def _toward(value: float, end: float, random: np.random.Generator) -> float:
    return value + (end - value) * float(random.uniform(NUDGE / 4, NUDGE))
