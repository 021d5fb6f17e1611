"""Masks that gave way to newer ones: how many, and which iterations learned from those of before."""

from collections.abc import Sequence

from sqlalchemy import Subquery, case, func, select, true
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Image, Iteration, Mask, MaskChange, Source, SourceMask, TrainingImage
from overread.domain.source_reports import ChangedMasks, OlderMasks
from overread.domain.sources import SourceNote
from overread.domain.words import ScoredSplit
from overread.services.history import list_iterations


def changed_masks(session: Session, source: Source) -> list[ChangedMasks]:
    """By finding and split; of what never changed nothing is said."""
    unit = MaskChange.finding, Image.split
    query = select(*unit, func.count(MaskChange.image_id.distinct())).join(Image, Image.id == MaskChange.image_id)
    rows = session.execute(query.where(Image.source_id == source.id).group_by(*unit).order_by(*unit))
    return [ChangedMasks(*row) for row in rows]


def older_masks(session: Session, source: Source) -> list[OlderMasks]:
    """Each iteration in the project's loop that learned from masks of this source that stand no more."""
    iterations = list_iterations(session, source.project_id)
    return [OlderMasks(one.index, count) for one, count in _older(session, source, iterations)]


def newer_notes(session: Session, source: Source) -> list[SourceNote]:
    """What is to be told before the next launch: that the newest iteration learned from masks of before."""
    iterations = list_iterations(session, source.project_id)[-1:]
    return [SourceNote("newer", count, iteration=one.index) for one, count in _older(session, source, iterations)]


def changed_between(
    session: Session, project_id: int, split: ScoredSplit, earlier: int | None, later: int | None
) -> dict[str, int]:
    """By finding the films of a split whose reference gave way after one change of the project and up to another."""
    first, last = sorted((earlier or 0, later or 0))
    query = (
        select(MaskChange.finding, func.count(MaskChange.image_id.distinct()))
        .join(Image, Image.id == MaskChange.image_id)
        .where(Image.project_id == project_id, Image.split == split, MaskChange.id > first, MaskChange.id <= last)
        .group_by(MaskChange.finding)
        .order_by(MaskChange.finding)
    )
    return dict(session.execute(query).all())


def _older(session: Session, source: Source, iterations: Sequence[Iteration]) -> list[tuple[Iteration, int]]:
    """Of these iterations those that learned from references of this source that stand no more, and from how many."""
    lists = (TrainingImage.findings, TrainingImage.kinds, TrainingImage.masks)
    target = func.unnest(*lists).table_valued("finding", "kind", "mask_id").render_derived(name="target")
    changed, taught = _standing(source), aliased(Mask)
    query = (
        select(TrainingImage.training_set_sha256, func.count())
        .join(changed, changed.c.image_id == TrainingImage.image_id)
        .join(target, true())
        .outerjoin(taught, taught.id == target.c.mask_id)
        .where(
            TrainingImage.training_set_sha256.in_([one.training_set_sha256 for one in iterations]),
            target.c.kind == "reference",
            target.c.finding == changed.c.finding,
            taught.sha256.is_distinct_from(changed.c.sha256),  # what has come back is no other
        )
        .group_by(TrainingImage.training_set_sha256)
    )
    counts: dict[str, int] = dict(session.execute(query).all())
    return [(one, counts[one.training_set_sha256]) for one in iterations if one.training_set_sha256 in counts]


def _standing(source: Source) -> Subquery:
    """What stands where a mask of this source has ever changed, as training sets name it: without a lesion, nothing."""
    named = case((Mask.area > 0, Mask.sha256))
    return (
        select(SourceMask.image_id, SourceMask.finding, named.label("sha256"))
        .join(Mask, Mask.id == SourceMask.mask_id)
        .join(MaskChange, (MaskChange.image_id == SourceMask.image_id) & (MaskChange.finding == SourceMask.finding))
        .join(Image, Image.id == SourceMask.image_id)
        .where(Image.source_id == source.id)
        .distinct()
        .subquery()
    )
