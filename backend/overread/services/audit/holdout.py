"""HOLDOUT: films that no network learns from, read blind once; what was read is their reference for ever.

Each audit reads as many new units as its plan says, in an order that the project's seed settled; a unit that was read
is compared with every later iteration's label and costs nothing again. A second reader, where there is one, reads blind
as well, and a judge decides where the two do not agree.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, TypeVarTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    HoldoutReference,
    Image,
    Iteration,
    Mask,
    Patient,
    Project,
    PseudoLabel,
    Read,
)
from overread.domain.imaging.masks import Rle
from overread.domain.readers.trust import differ
from overread.services.films.masks import mask_of, rle_of
from overread.services.heads import frozen
from overread.services.history import last_published, previous_published

Columns = TypeVarTuple("Columns")
Unit = tuple[int, str]  # image, finding


def draw_panel(
    session: Session, audit: Audit, seed: int, units: Sequence[Unit], budget: int
) -> tuple[NDArray[np.bool_], float]:
    """Which of these held-out units an audit reads, (N,), and their share of all that no earlier audit read: the first
    ones of an order that holds for the whole of the project, those first that the iteration before labelled too. What
    was drawn earlier and nobody read comes again."""
    known = read_before(session, audit)
    old = set(session.scalars(labelled_before(session, session.get_one(Iteration, audit.iteration_id))))
    new = [i for i, unit in enumerate(units) if unit not in known]
    chosen = sorted(new, key=lambda i: (units[i][0] not in old, place(seed, units[i])))[:budget]
    panel = np.zeros(len(units), bool)
    panel[chosen] = True
    return panel, len(chosen) / max(len(new), 1)


def labelled_before(session: Session, iteration: Iteration) -> Select[int]:
    """The ids of the held-out films that the iteration before this one labelled: of others a change cannot be told yet.
    All of the project's where there was none."""
    return _held_films(select(Image.id), iteration.project_id, previous_published(session, iteration))


def _held_films(query: Select[*Columns], project_id: int, labelled: Iteration | None) -> Select[*Columns]:
    """Of images: the project's held-out ones, those that this iteration labelled where one is given."""
    held = query.join(Patient, Patient.id == Image.patient_id).where(Image.project_id == project_id, Patient.held)
    if labelled is None:
        return held
    return held.where(
        exists().where(PseudoLabel.labelling_id == labelled.labelling_id, PseudoLabel.image_id == Image.id)
    )


def place(seed: int, unit: Unit) -> bytes:
    """Where a unit stands in the order that a project reads HOLDOUT in, for ever."""
    return hashlib.sha256(f"{seed}/{unit[0]}/{unit[1]}".encode()).digest()


def patients_after(session: Session, project: Project, budget: int) -> int:
    """How many patients HOLDOUT rests on once all that was drawn is read, and after it ``budget`` units more; of films
    that the last iteration labelled, where there was one: of others no change can be told yet."""
    films = select(Image.id, Image.patient_id).where(Image.split == "pool")
    held = _held_films(films, project.id, last_published(session, project.id))
    patient_of: dict[int, int] = {row.id: row.patient_id for row in session.execute(held)}
    items = _blind_items(select(AuditCase.image_id, AuditItem.finding).select_from(AuditItem), project.id)
    drawn = {(image, finding) for image, finding in session.execute(items.where(AuditCase.look == "first"))}
    new = {(image, finding) for image in patient_of for finding in project.findings} - drawn
    following = sorted(new, key=lambda unit: place(project.seed, unit))[:budget]
    return len({patient_of[image] for image, _ in [*drawn, *following] if image in patient_of})


def settle(session: Session, audit_id: int, image_id: int, finding: str, closed: bool = False) -> None:
    """Write a HOLDOUT unit's reference once its blind reads, and where they differ a judge, have said what it is.

    Does nothing for other units, for one that has its reference, and while a word is missing. ``closed``: nobody will
    read in this audit any more, and the first reader's word stands where a second never came.
    """
    words, awaited = _blind_words(session, audit_id, image_id, finding)
    if not words or (len(words) < awaited and not closed):
        return
    word = words[0]
    if len(words) > 1 and disputed(session, *words):
        judged = _judged(session, audit_id, image_id, finding)
        if judged is None:
            return
        word = judged
    row = {"image_id": image_id, "finding": finding, "told": word.verdict != "cannot_tell", "mask_id": word.mask_id}
    row |= {"read_id": word.id, "second_read_id": words[1].id if len(words) > 1 else None}
    session.execute(insert(HoldoutReference).values(row).on_conflict_do_nothing())


def settle_earlier(session: Session, audit: Audit) -> None:
    """Settle what earlier audits of this project left: they are closed."""
    project_id = session.get_one(Iteration, audit.iteration_id).project_id
    known = exists().where(
        HoldoutReference.image_id == AuditCase.image_id, HoldoutReference.finding == AuditItem.finding
    )
    query = select(AuditCase.audit_id, AuditCase.image_id, AuditItem.finding).select_from(AuditItem)
    left = _blind_items(query, project_id).where(Audit.id < audit.id, ~known).order_by(AuditItem.id)
    for audit_id, image_id, finding in session.execute(left).all():
        settle(session, audit_id, image_id, finding, closed=True)


def disputed(session: Session, first: Read, second: Read) -> bool:
    """Whether two blind reads need a judge: one cannot tell and the other can, or the masks are not of one opinion."""
    image = session.get_one(Image, first.image_id)
    value = rle_of(mask_of(session, first), image).dice(rle_of(mask_of(session, second), image))
    return differ(first.verdict == "cannot_tell", second.verdict == "cannot_tell", value)


def references(session: Session, project_id: int) -> dict[Unit, Rle]:
    """The reference of each HOLDOUT unit that has one. Where a second reader was asked and has not come yet, the first
    one's word stands in."""
    settled = (
        select(Image.id, HoldoutReference.finding, Image.height, Image.width, Mask.counts)
        .join(Image, Image.id == HoldoutReference.image_id)
        .outerjoin(Mask, Mask.id == HoldoutReference.mask_id)
        .where(Image.project_id == project_id, HoldoutReference.told)
    )
    alone = (
        select(Image.id, Read.finding, Image.height, Image.width, Mask.counts)
        .join(Image, Image.id == Read.image_id)
        .outerjoin(Mask, Mask.id == Read.mask_id)
        .where(Read.id.in_(_alone(project_id)), Read.verdict != "cannot_tell")
    )
    return {
        (image_id, finding): Rle.stored((height, width), counts)
        for query in (settled, alone)
        for image_id, finding, height, width, counts in session.execute(query)
    }


def count_unsettled(session: Session, iteration: Iteration) -> int:
    """HOLDOUT items of an iteration's audit without a word on what is there: unread, or two readers await a judge."""
    known = exists().where(
        HoldoutReference.image_id == AuditCase.image_id, HoldoutReference.finding == AuditItem.finding
    )
    alone = exists().where(
        Read.id.in_(_alone(iteration.project_id)),
        Read.image_id == AuditCase.image_id,
        Read.finding == AuditItem.finding,
    )
    query = _blind_items(select(func.count()).select_from(AuditItem), iteration.project_id)
    return session.scalar(query.where(Audit.iteration_id == iteration.id, ~known, ~alone)) or 0


def _alone(project_id: int) -> Select[int]:
    """The blind read of each HOLDOUT unit that has no reference and one reader's word."""
    known = exists().where(HoldoutReference.image_id == Read.image_id, HoldoutReference.finding == Read.finding)
    first, film = aliased(AuditCase), aliased(AuditCase)
    unit = (
        exists()
        .where(AuditItem.case_id == first.id, AuditItem.finding == Read.finding, AuditItem.stream == "HOLDOUT")
        .where(first.audit_id == film.audit_id, first.image_id == film.image_id, film.id == Read.case_id)
    )
    return (
        select(func.min(Read.id))
        .join(Image, Image.id == Read.image_id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(Image.project_id == project_id, frozen(), unit, ~known)
        .group_by(AuditCase.audit_id, Read.image_id, Read.finding)
        .having(func.count(Read.case_id.distinct()) == 1)
    )


def read_before(session: Session, audit: Audit) -> set[Unit]:
    """Units with a blind read in an earlier audit: whoever reads one again may have seen its masks since."""
    project_id = session.get_one(Iteration, audit.iteration_id).project_id
    read = exists().where(Read.case_id == AuditCase.id, Read.finding == AuditItem.finding, frozen())
    query = _blind_items(select(AuditCase.image_id, AuditItem.finding).select_from(AuditItem), project_id)
    return {(image, finding) for image, finding in session.execute(query.where(Audit.id < audit.id, read))}


def _blind_items(query: Select[*tuple[Any, ...]], project_id: int) -> Select[*tuple[Any, ...]]:
    return (
        query.join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id, AuditItem.stream == "HOLDOUT", AuditItem.task == "blind")
    )


def _blind_words(session: Session, audit_id: int, image_id: int, finding: str) -> tuple[list[Read], int]:
    """The first blind read of each look at a HOLDOUT unit, first look first, and how many looks there are; none for
    other units. The film's first case is locked: of two readers who freeze at once, the later sees the other's word."""
    film = select(AuditCase).where(AuditCase.audit_id == audit_id, AuditCase.image_id == image_id)
    session.execute(film.where(AuditCase.look == "first").with_for_update())
    looks = session.execute(
        select(AuditCase.id, AuditItem.stream)
        .join(AuditItem, AuditItem.case_id == AuditCase.id)
        .where(AuditCase.audit_id == audit_id, AuditCase.image_id == image_id, AuditCase.look.in_(("first", "second")))
        .where(AuditItem.finding == finding, AuditItem.task == "blind")
        .order_by(AuditCase.look)
    ).all()
    if not looks or looks[0].stream != "HOLDOUT":
        return [], 0
    words: list[Read] = []
    for case_id, _ in looks:
        query = select(Read).where(Read.case_id == case_id, Read.finding == finding, frozen())
        words += session.scalars(query.order_by(Read.id).limit(1)).all()
    return words, len(looks)


def _judged(session: Session, audit_id: int, image_id: int, finding: str) -> Read | None:
    return session.scalars(
        select(Read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .where(AuditCase.audit_id == audit_id, Read.image_id == image_id, Read.finding == finding, Read.adjudicated)
    ).one_or_none()
