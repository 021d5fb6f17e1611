"""What an import tells beside its refusals: films of nobody known, and what a split is missing."""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Mask, Patient, Project, Source, SourceMask
from overread.domain.words import SourceRemark
from overread.services.films.imports import SPLITS, shares_of

Told = dict[str, dict[str, tuple[int, int]]]  # by finding and split: films with it, and films known to be without it


@dataclass(frozen=True)
class SourceNote:
    """What is amiss: ``films`` that name no patient (``alone``) or all name one (``one_patient``), a ``split`` that got
    no film (``empty``), or a finding that no film has, or every one, of the source or of one ``split``; ``films`` is
    then how many others have it."""

    remark: SourceRemark
    films: int = 0
    finding: str | None = None
    split: str | None = None

    @property
    def sentence(self) -> str:
        """In words."""
        where = f"{self.split} film" if self.split else "film"
        if self.remark == "alone":
            return (
                f"{self.films:,} films name no patient: each is taken for a patient of its own. Where several are of "
                "one patient, say so (a folder's patients.csv), or that patient may lie on two sides of a split."
            )
        if self.remark == "one_patient":
            return (
                f"All {self.films:,} films are of one patient, so that all lie in one split. If they are of several, "
                "say so (a folder's patients.csv) before anything is trained."
            )
        if self.remark == "empty":
            return f"No film was drawn into {self.split}: there are too few patients for its share."
        if self.remark == "everybody_has":
            return f"{self.finding}: every {where} has it."
        others = f"; {self.films} of the others do" if self.split else ""
        return f"{self.finding}: no {where} has it{others}."


def source_notes(session: Session, source: Source) -> list[SourceNote]:
    """What is to be told of a source; nothing where nothing is amiss. Where patients are drawn into splits, a finding
    that fewer patients have than there are splits must be missing from one."""
    films = select(Image.split).where(Image.source_id == source.id).distinct()
    filled = set[str](session.scalars(films))
    if not filled:
        return []
    return [
        *_alone(session, source),
        *_one_patient(session, source),
        *_empty(source, filled),
        *_missing(session, source),
    ]


def _alone(session: Session, source: Source) -> Iterator[SourceNote]:
    named_after_it = (
        select(func.count())
        .select_from(Image)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.source_id == source.id, Patient.key == Image.file_name)
    )
    if alone := session.scalar(named_after_it):
        yield SourceNote("alone", alone)


def _one_patient(session: Session, source: Source) -> Iterator[SourceNote]:
    counts = select(func.count(), func.count(Image.patient_id.distinct())).where(Image.source_id == source.id)
    films, patients = session.execute(counts).one()
    if films > 1 and patients == 1:
        yield SourceNote("one_patient", films)


def _empty(source: Source, filled: AbstractSet[str]) -> Iterator[SourceNote]:
    if source.role == "labelled":
        for split in (name for name, share in shares_of(source.options).items() if share > 0 and name not in filled):
            yield SourceNote("empty", split=split)


def _missing(session: Session, source: Source) -> Iterator[SourceNote]:
    if source.role == "pool":  # its masks are only compared with
        return
    for finding, splits in _told(session, source).items():
        have, have_not = (sum(counts) for counts in zip(*splits.values(), strict=True))
        if not have or not have_not:
            yield SourceNote("everybody_has" if have else "nobody_has", have, finding)
            continue
        for split, (there, absent) in splits.items():
            if not there or not absent:
                yield SourceNote("everybody_has" if there else "nobody_has", have - there, finding, split)


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
