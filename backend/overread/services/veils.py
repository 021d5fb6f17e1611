"""What a reader may not see yet, and what they see in its place, in every answer alike.

A film that is to be read blind shows no machine's mask before this reader's blind read is frozen. A unit with a planted
error shows the planted mask, with words that go with it, as long as its audit is open. A read of a film that is to be
read as well, by somebody else or in a later audit, shows to nobody but its maker until that is done.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sqlalchemy import ColumnElement, Exists, Select, exists, inspect, select
from sqlalchemy.orm import Session, aliased

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
    Read,
    SourceMask,
)
from overread.domain.errors import Conflict
from overread.domain.films import pack_maps, unpack_maps
from overread.domain.masks import change_of_counts, dice
from overread.services.earlier import earlier_counts
from overread.services.masks import mask_counts, mask_pixels
from overread.storage import BlobStore

_WORDS = ("presence", "agreement", "variance", "stability", "risk", "weight", "decision")
STEEPNESS = 0.5  # logits a map pixel, from a planted mask's edge


def may_see_streams(role: str, iteration: Iteration) -> bool:
    """Whether an account may be told what moves with one stream alone, as the gate's counts do with MEASURE: no reader
    while the audit is open. An engineer may; who runs the study and reads in it knows that they do."""
    return role != "reader" or iteration.stage != "auditing"


def blind_units(account_id: int) -> Select[int, str]:
    """(image, finding) of every open blind item that this account has not frozen a blind read of."""
    look = aliased(AuditCase)  # whichever look at the film: who froze theirs in the first may see what it shows
    frozen = exists().where(
        Read.case_id == look.id,
        look.audit_id == AuditCase.audit_id,
        look.image_id == AuditCase.image_id,
        Read.finding == AuditItem.finding,
        Read.account_id == account_id,
        Read.blind,
        ~Read.sibling,
    )
    return (
        select(AuditCase.image_id, AuditItem.finding)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.stage == "auditing", AuditItem.task == "blind", ~AuditCase.done, ~frozen, ~_told(account_id))
    )


def require_open_eyes(session: Session, account_id: int, image_id: int) -> None:
    """Raise Conflict while this account has yet to read the film blind."""
    units = blind_units(account_id).subquery()
    if session.scalar(select(exists().where(units.c.image_id == image_id))):
        raise Conflict("This film is read blind first: masks and maps are shown once the blind read is frozen.")


def pending_blind(session: Session, case: AuditCase, account_id: int) -> set[str]:
    """The findings of a case that this account has to read blind before it sees anything."""
    if case.done:
        return set()
    frozen = select(Read.finding).where(
        Read.case_id == case.id, Read.account_id == account_id, Read.blind, ~Read.sibling
    )
    query = select(AuditItem.finding).where(AuditItem.case_id == case.id, AuditItem.task == "blind")
    return set(session.scalars(query.where(AuditItem.finding.not_in(frozen), ~_told(account_id))))


def _told(account_id: int) -> Exists:
    """Of items: another has finished it. A film that comes up again for something else asks nobody to read it anew."""
    return exists().where(
        Read.case_id == AuditItem.case_id, Read.finding == AuditItem.finding, Read.account_id != account_id,
        ~Read.blind, ~Read.sibling,
    )  # fmt: skip


def seen_by(account_id: int) -> ColumnElement[bool]:
    """Of reads: those that count and that this account may see; and its own of planted errors, which look alike to it
    as long as the audit is open."""
    own, other = aliased(AuditCase), aliased(AuditCase)
    auditing = _looked_at(own).where(own.id == Read.case_id)
    waiting = _looked_at(other).where(other.image_id == Read.image_id, other.id != Read.case_id, ~other.done)
    mine = Read.account_id == account_id
    return counted() & (mine | ~waiting) | ~Read.sibling & (Read.task == "planted") & mine & auditing


def late_seen_by(account_id: int) -> ColumnElement[bool]:
    """Of late saves: this account's own; another's once every look at the film is done, in whatever audit. Another's
    blind drafts never, nor another's reads of planted errors; its own of those as long as the audit is open."""
    own, other = aliased(AuditCase), aliased(AuditCase)
    auditing = _looked_at(own).where(own.id == Read.case_id)
    waiting = _looked_at(other).where(other.image_id == Read.image_id, ~other.done)
    mine, plain = Read.account_id == account_id, Read.task != "planted"
    return Read.sibling & (mine & (plain | auditing) | ~mine & plain & ~Read.blind & ~waiting)


def _looked_at(case: type[AuditCase]) -> Exists:
    """That there is such a case, in an open audit."""
    of_audit = exists().where(Audit.id == case.audit_id, Iteration.id == Audit.iteration_id)
    return of_audit.where(Iteration.stage == "auditing")


def counted() -> ColumnElement[bool]:
    """Of reads: those that say something of the film. Late ones, blind drafts and reads of planted errors do not."""
    return ~Read.sibling & ~Read.blind & (Read.task != "planted")


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
    tau = iteration.plan["recipes"][0]["labelling"]["tau_mask"]
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
    values |= {name: getattr(donor, name) for name in _WORDS}
    values |= {"mask_id": mask.id if mask.area else None, "area": mask.area}
    if label.public_dice is not None:
        values["public_dice"] = _public_dice(session, label, mask)
    if label.changed is not None:
        before = earlier_counts(session, label.labelling_id, [label.image_id]).get((label.image_id, label.finding))
        values["changed"] = change_of_counts(mask_counts(mask) if mask.area else None, before, mask.height, mask.width)
    return PseudoLabel(**values)


def _public_dice(session: Session, label: PseudoLabel, mask: Mask) -> float | None:
    public = session.scalars(
        select(Mask)
        .join(SourceMask, SourceMask.mask_id == Mask.id)
        .where(SourceMask.image_id == label.image_id, SourceMask.finding == label.finding, SourceMask.kind == "public")
    ).one_or_none()
    value = dice(mask_pixels(mask), mask_pixels(public)) if public is not None else float("nan")
    return None if np.isnan(value) else float(value)
