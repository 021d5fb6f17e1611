"""What an iteration of a project could not be scored on: findings that development or external films do not show, or
all do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, SourceMask
from overread.domain.words import ScoredSplit
from overread.services.films.projects import get_project


@dataclass(frozen=True)
class Unscored:
    """A finding that none of a split's films has or none is known not to have: no score tells it apart there. Of a
    split without any reference both are 0."""

    split: ScoredSplit
    finding: str
    positives: int
    negatives: int


def unscored(session: Session, project_id: int) -> list[Unscored]:
    """By split and finding; nothing of a project that can be scored on all. Without external films development ones are
    told of alone, which thresholds are chosen on. Raises NotFound."""
    findings = get_project(session, project_id).findings
    unit = Image.split, SourceMask.finding
    query = (
        select(*unit, func.count().filter(Mask.area > 0), func.count().filter(Mask.area == 0))
        .join(SourceMask, SourceMask.image_id == Image.id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(Image.project_id == project_id, Image.split.in_(get_args(ScoredSplit)))
        .group_by(*unit)
    )
    counts = {(split, finding): (there, absent) for split, finding, there, absent in session.execute(query)}
    splits: Sequence[ScoredSplit] = get_args(ScoredSplit)
    told = [split for split in splits if split == "development" or any(key[0] == split for key in counts)]
    rows = [Unscored(split, finding, *counts.get((split, finding), (0, 0))) for split in told for finding in findings]
    return [row for row in rows if not (row.positives and row.negatives)]


def in_words(rows: Sequence[Unscored]) -> dict[str, list[str]]:
    """The findings by what is missing, no entry where nothing is."""
    words: dict[str, list[str]] = {}
    for row in rows:
        words.setdefault(f"findings that no {row.split} film {_why(row)}", []).append(row.finding)
    return words


def _why(row: Unscored) -> str:
    if row.positives:
        return "is known not to have"
    return "has" if row.negatives else "tells of"
