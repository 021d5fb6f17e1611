"""What an import tells beside its refusals: films of nobody known, and what a split is missing."""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, Patient, Project, Source, SourceMask
from overread.services.films.imports import SPLITS, shares_of

Told = dict[str, dict[str, tuple[int, int]]]  # by finding and split: films with it, and films known to be without it


def source_notes(session: Session, source: Source) -> list[str]:
    """Sentences on what is there of a source, none where nothing is amiss.

    A film that names no patient is one by itself; a split that was to get films has none; a finding of reference masks
    is on no film, on every film, or on no (on every) film of one split. Where patients are drawn into splits, one with
    fewer patients than splits must be missing from one.
    """
    by_split = select(Image.split, func.count()).where(Image.source_id == source.id).group_by(Image.split)
    films = {row[0]: row[1] for row in session.execute(by_split)}
    if not films:
        return []
    return [*_alone(session, source, sum(films.values())), *_empty(source, films.keys()), *_missing(session, source)]


def _alone(session: Session, source: Source, films: int) -> Iterator[str]:
    named_after_it = (
        select(func.count())
        .select_from(Image)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.source_id == source.id, Patient.key == Image.file_name)
    )
    alone = session.scalar(named_after_it) or 0
    if alone:
        yield (
            f"{alone:,} of {films:,} films name no patient: each is taken for a patient of its own. Where several "
            "are of one patient, say so (a folder's patients.csv), or that patient may lie on two sides of a split."
        )


def _empty(source: Source, filled: AbstractSet[str]) -> Iterator[str]:
    if source.role == "labelled":
        for split in (name for name, share in shares_of(source.options).items() if share > 0 and name not in filled):
            yield f"No film was drawn into {split}: there are too few patients for its share."


def _missing(session: Session, source: Source) -> Iterator[str]:
    if source.role == "pool":  # its masks are only compared with
        return
    for finding, splits in _told(session, source).items():
        have, have_not = (sum(counts) for counts in zip(*splits.values(), strict=True))
        if not have or not have_not:
            yield f"{finding}: no film has it." if not have else f"{finding}: every film has it."
            continue
        for split, (there, absent) in splits.items():
            if not there:
                yield f"{finding}: no {split} film has it; {have} of the others do."
            elif not absent:
                yield f"{finding}: every {split} film has it."


def _told(session: Session, source: Source) -> Told:
    """What reference masks say, findings and splits in their order."""
    query = (
        select(SourceMask.finding, Image.split, func.count().filter(Mask.area > 0), func.count())
        .join(Image, Image.id == SourceMask.image_id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(Image.source_id == source.id, SourceMask.kind == "reference")
        .group_by(SourceMask.finding, Image.split)
    )
    told: Told = defaultdict(dict)
    rows: dict[tuple[str, str], tuple[int, int]] = {
        (finding, split): (there, known - there) for finding, split, there, known in session.execute(query)
    }
    for finding in session.get_one(Project, source.project_id).findings:
        for split in SPLITS[source.role]:
            if (finding, split) in rows:
                told[finding][split] = rows[finding, split]
    return told
