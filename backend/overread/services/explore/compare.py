"""Masks beside each other: the pairs that agree least, and all that stands on one finding of one film.

Dice with the public label is stored with the label, Dice with a read with the read; the rest is computed when a pair is
looked at, once: masks never change, so what was computed of two of them is kept.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from overread.datasets.reading import Box, Statement
from overread.db.tables import (
    Image,
    Iteration,
    Labelling,
    Mask,
    PseudoLabel,
    PublicLabelRead,
    Read,
    Source,
    SourceMask,
)  # fmt: skip
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.imaging.masks import Rle
from overread.domain.imaging.surfaces import Scale, scale_of, surface_dice
from overread.services.audit.late_saves import Sibling, siblings_of
from overread.services.audit.reads import VERDICTS, newest_reads, read_mask
from overread.services.blinding.planted import planted_labels, shown_labels
from overread.services.blinding.rules import blind_units, require_open_eyes, seen_by
from overread.services.explore.listing import LabelRow
from overread.services.films.masks import mask_of, rle_of
from overread.services.films.told import KINDS, words_of
from overread.services.heads import heads, of_standing_label
from overread.services.history import previous_labels

PANES = ("pseudo", "public", "read", "previous")
AGAINST = ("public", "read")
UNREAD = "unread"


@dataclass(frozen=True)
class PairFilter:
    """Which pairs to list: the pseudo mask ``against`` the public label or the read, Dice in [low, high].

    ``verdict``: of the newest read, or UNREAD; ``wrong``: the public label stands as wrong (True), or does not (False).
    """

    against: str = "public"
    finding: str | None = None
    source_id: int | None = None
    verdict: str | None = None
    wrong: bool | None = None
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.against not in AGAINST or self.verdict not in (None, UNREAD, *VERDICTS):
            raise InvalidInput(
                f"against is one of {', '.join(AGAINST)}; verdict one of {', '.join((*VERDICTS, UNREAD))}."
            )


@dataclass(frozen=True)
class Pane:
    """One mask, its area in pixels and, where the spacing is known, in mm²."""

    mask: Rle
    area: int
    area_mm2: float | None


@dataclass(frozen=True)
class PaneAgreement:
    """How far two panes agree; None where both are empty, so that neither measure is defined."""

    a: str
    b: str
    dice: float | None
    nsd: float | None


@dataclass(frozen=True)
class Comparison(LabelRow):
    """All masks of one finding on one film, by the name of their pane; a pane is missing where nobody drew. ``said``:
    what the film's source says of the finding beside masks."""

    iteration_id: int
    read: Read | None
    panes: dict[str, Pane]
    agreements: list[PaneAgreement]
    scale: Scale
    siblings: list[Sibling] = field(default_factory=list)
    said: list[Statement | Box] = field(default_factory=list)


@dataclass(frozen=True)
class ComparedLabel(LabelRow):
    """A pseudo label, how far it agrees (``dice``) with what it is compared with, and whether the public label stands
    as wrong."""

    public_wrong: bool
    dice: float


def list_pairs(
    session: Session,
    labelling_id: int,
    where: PairFilter,
    after: tuple[float, int] | None,
    limit: int,
    account_id: int,
) -> list[ComparedLabel]:
    """A page of pairs, least alike first.

    ``after`` is the (Dice, label id) of the last pair seen. What the account may not see yet is left out.
    """
    query, value = _pairs(labelling_id, where, account_id)
    if after is not None:
        query = query.where(tuple_(value, PseudoLabel.id) > after)
    return [ComparedLabel(*row) for row in session.execute(query.order_by(value, PseudoLabel.id).limit(limit))]


def count_pairs(session: Session, labelling_id: int, where: PairFilter, account_id: int) -> int:
    """How many pairs there are in all, for this account."""
    query, _ = _pairs(labelling_id, where, account_id)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def compare_masks(session: Session, label_id: int, account_id: int) -> Comparison:
    """All masks of the film and finding of a pseudo label as the account may see them, each pair measured; NotFound for
    no such label, Conflict for a film that is to be read blind first."""
    stored = session.get(PseudoLabel, label_id)
    if stored is None:
        raise NotFound(f"There is no pseudo label {label_id}.")
    require_open_eyes(session, account_id, stored.image_id)
    label = shown_labels(session, [stored])[label_id]
    image = session.get_one(Image, label.image_id)
    read = newest_reads(session, image.id, account_id).get(label.finding)
    found: dict[str, Mask | None] = {"pseudo": mask_of(session, label)}
    public = public_mask(session, image.id, label.finding)
    if public is not None:
        found["public"] = public
    if read is not None and read.verdict != "cannot_tell":
        found["read"] = read_mask(session, read)
    iteration = session.scalars(
        select(Iteration)
        .join(Labelling, Labelling.iteration_id == Iteration.id)
        .where(Labelling.id == label.labelling_id)
    ).one()
    previous = previous_labels(session, iteration, image.id).get(label.finding)
    if previous is not None:
        found["previous"] = mask_of(session, previous)
    source = session.get_one(Source, image.source_id).name
    scale = scale_of(image.height, image.width, _spacing(image))
    panes = {name: _pane(image, mask) for name, mask in found.items()}
    agreements, late = _agreements(panes, scale), siblings_of(session, image.id, account_id)
    beside = late.get(label.finding, [])
    word = read.verdict if read is not None else None
    said = _said(session, image.id, label.finding)
    return Comparison(label, image, source, word, iteration.id, read, panes, agreements, scale, beside, said)


def public_mask(session: Session, image_id: int, finding: str) -> Mask | None:
    """The public label of a finding, or None."""
    return session.scalars(
        select(Mask)
        .join(SourceMask, SourceMask.mask_id == Mask.id)
        .where(SourceMask.image_id == image_id, SourceMask.finding == finding, SourceMask.kind == "public")
    ).one_or_none()


def _said(session: Session, image_id: int, finding: str) -> list[Statement | Box]:
    words = [one for kind in KINDS for one in words_of(session, kind, [image_id]).get(image_id, ())]
    return [one for one in words if one.finding == finding]


@lru_cache(maxsize=4096)
def measure(a: Rle, b: Rle, scale: Scale) -> tuple[float | None, float | None]:
    """Dice and NSD of two masks; None where both are empty."""
    return a.dice(b), surface_dice(a.pixels, b.pixels, scale)


def _pane(image: Image, mask: Mask | None) -> Pane:
    """A mask as a pane; None is the empty mask."""
    area = mask.area if mask is not None else 0
    spacing = _spacing(image)
    return Pane(rle_of(mask, image), area, area * spacing[0] * spacing[1] if spacing else None)


def _spacing(image: Image) -> tuple[float, float] | None:
    rows, columns = image.row_spacing_mm, image.column_spacing_mm
    return (rows, columns) if rows is not None and columns is not None else None


def _agreements(panes: dict[str, Pane], scale: Scale) -> list[PaneAgreement]:
    return [
        PaneAgreement(a, b, *measure(panes[a].mask, panes[b].mask, scale))
        for a, b in combinations((name for name in PANES if name in panes), 2)
    ]


def _pairs(labelling_id: int, where: PairFilter, account_id: int) -> tuple[Select[Any], ColumnElement[Any]]:
    """The pairs that a filter leaves, and the Dice that they are sorted by. A film to be read blind is not listed, nor
    is a label with a planted error: its place in the order would give it away."""
    reads = heads(select(Read), Read.image_id, Read.finding, where=seen_by(account_id)).subquery()
    marks = _newest_marks()
    wrong = func.coalesce(marks.c.verdict == "wrong", False)
    of_label = reads.c.pseudo_label_id == PseudoLabel.id
    value: ColumnElement[Any] = PseudoLabel.public_dice.expression if where.against == "public" else reads.c.dice
    query = (
        select(PseudoLabel, Image, Source.name, reads.c.verdict, wrong, value.label("value"))
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
        .outerjoin(reads, (reads.c.image_id == PseudoLabel.image_id) & (reads.c.finding == PseudoLabel.finding))
        .outerjoin(marks, (marks.c.image_id == PseudoLabel.image_id) & (marks.c.finding == PseudoLabel.finding))
        .where(PseudoLabel.labelling_id == labelling_id, value.between(where.low, where.high))
        .where(tuple_(PseudoLabel.image_id, PseudoLabel.finding).not_in(blind_units(account_id)))
        .where(PseudoLabel.id.not_in(planted_labels()))
    )
    if where.against == "read":
        query = query.where(of_label)  # a read of an earlier iteration's mask has that mask's Dice
    if where.finding is not None:
        query = query.where(PseudoLabel.finding == where.finding)
    if where.source_id is not None:
        query = query.where(Image.source_id == where.source_id)
    if where.verdict is not None:
        read = reads.c.verdict
        query = query.where(read.is_(None) if where.verdict == UNREAD else read == where.verdict)
    if where.wrong is not None:
        query = query.where(wrong if where.wrong else ~wrong)
    return query, value


def _newest_marks() -> Subquery:
    """The newest word on the public label that stands, of each finding of each film."""
    unit = (PublicLabelRead.image_id, PublicLabelRead.finding)
    said = select(PublicLabelRead).where(of_standing_label())
    return said.ext(distinct_on(*unit)).order_by(*unit, PublicLabelRead.id.desc()).subquery()
