"""What came in with a source, counted: films and patients a split, masks a finding with the least and the largest, what
it says without masks and what it calls its findings, and what was refused for which reason."""

from typing import Any, get_args

from sqlalchemy import ColumnElement, Float, Select, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from overread.db.tables import Image, ImportLine, Mask, Project, Source, SourceBox, SourceMask, SourceStatement
from overread.domain.errors import NotFound
from overread.domain.source_reports import FindingCount, MaskSize, Refused, SourceReport, SplitCount
from overread.domain.words import Says, Split
from overread.services.films.changes import changed_masks, older_masks

REASONS = 20  # that are told, the most frequent first
_SHARE = cast(Mask.area, Float) / (Mask.width * Mask.height)


def source_report(session: Session, source_id: int) -> SourceReport:
    """Raises NotFound."""
    source = session.get(Source, source_id)
    if source is None:
        raise NotFound(f"There is no source {source_id}.")
    splits = _splits(session, source)
    found = _findings(session, source, splits)
    changes = changed_masks(session, source), older_masks(session, source)
    return SourceReport(splits, found, source.classes or [], _refused(session, source), *changes)


def _splits(session: Session, source: Source) -> list[SplitCount]:
    of_one = (
        select(Image.split, func.count().label("films"))
        .where(Image.source_id == source.id)
        .group_by(Image.split, Image.patient_id)
        .subquery()
    )
    counts = (func.sum(of_one.c.films), func.count(), func.max(of_one.c.films))
    rows = session.execute(select(of_one.c.split, *counts).group_by(of_one.c.split).order_by(of_one.c.split))
    return [SplitCount(split, int(films), patients, most) for split, films, patients, most in rows]


def films_told_of(session: Session, source: Source) -> dict[tuple[str, Split], tuple[int, int]]:
    """By finding and split what came with a source says: of how many films that they show it, and that they do not."""
    query = _told(source, SourceMask.finding, Image.split, func.count().filter(Mask.area > 0), func.count())
    rows = session.execute(query.group_by(SourceMask.finding, Image.split))
    return {(finding, split): (lesion, known - lesion) for finding, split, lesion, known in rows}


def _findings(session: Session, source: Source, splits: list[SplitCount]) -> list[FindingCount]:
    told = films_told_of(session, source)
    said, boxed = _said(session, source), _boxed(session, source)
    least, largest = (_ends(session, source, order) for order in (_SHARE.asc(), _SHARE.desc()))
    found = []
    for finding in session.get_one(Project, source.project_id).findings:
        for one in splits:
            key = finding, one.split
            lesion, without = told.get(key, (0, 0))
            ends = least.get(key), largest.get(key)
            words = (said.get((*key, says), 0) for says in get_args(Says))
            unknown = one.films - lesion - without
            found.append(FindingCount(*key, lesion, without, unknown, *ends, boxed.get(key, 0), *words))
    return found


def _said(session: Session, source: Source) -> dict[tuple[str, Split, Says], int]:
    """Of how many films of a split somebody says this word of a finding."""
    unit = SourceStatement.finding, Image.split, SourceStatement.says
    query = select(*unit, func.count(Image.id.distinct())).join(Image, Image.id == SourceStatement.image_id)
    rows = session.execute(query.where(Image.source_id == source.id).group_by(*unit))
    return {(finding, split, says): films for finding, split, says, films in rows}


def _boxed(session: Session, source: Source) -> dict[tuple[str, Split], int]:
    """By finding and split how many films have a box."""
    unit = SourceBox.finding, Image.split
    query = select(*unit, func.count(Image.id.distinct())).join(Image, Image.id == SourceBox.image_id)
    rows = session.execute(query.where(Image.source_id == source.id).group_by(*unit))
    return {(finding, split): films for finding, split, films in rows}


def _ends(session: Session, source: Source, order: ColumnElement[Any]) -> dict[tuple[str, Split], MaskSize]:
    """The first mask of each finding and split in this order."""
    unit = SourceMask.finding, Image.split
    query = _told(source, *unit, Image.file_name, _SHARE).where(Mask.area > 0)
    rows = session.execute(query.ext(distinct_on(*unit)).order_by(*unit, order, Image.file_name))
    return {(finding, split): MaskSize(file_name, share) for finding, split, file_name, share in rows}


def _told(source: Source, *columns: Any) -> Select[Any]:
    """What the masks that came with a source's films say."""
    return (
        select(*columns)
        .join(Image, Image.id == SourceMask.image_id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(Image.source_id == source.id)
        .select_from(SourceMask)
    )


def _refused(session: Session, source: Source) -> list[Refused]:
    reason = func.coalesce(ImportLine.reason, "")
    query = (
        select(reason, func.count(), func.min(ImportLine.file_name))
        .where(ImportLine.source_id == source.id, ImportLine.outcome == "refused")
        .group_by(reason)
        .order_by(func.count().desc(), reason)
        .limit(REASONS)
    )
    return [Refused(*row) for row in session.execute(query)]
