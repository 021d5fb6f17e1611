"""What an import tells beside its refusals: films of nobody known, disputed ones, near twins, and what a split is
missing."""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from overread.datasets.decoding.lettering import MAY
from overread.db.tables import Fingerprint, Image, ImportLine, Patient, Project, Source
from overread.domain.sources import SourceNote
from overread.services.films.report import films_told_of
from overread.services.films.splits import SPLITS, shares_of

Told = dict[str, dict[str, tuple[int, int]]]  # by finding and split: films with it, and films known to be without it


def source_notes(session: Session, source: Source) -> list[SourceNote]:
    """What is to be told of a source; nothing where nothing is amiss. Where patients are drawn into splits, a finding
    that fewer patients have than there are splits must be missing from one."""
    films = select(Image.split).where(Image.source_id == source.id).distinct()
    filled = set[str](session.scalars(films))
    disputed = _disputed(session, source)
    if not filled:
        return [*disputed]
    return [
        *disputed,
        *_alone(session, source),
        *_one_patient(session, source),
        *_twins(session, source),
        *_lettering(session, source),
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


def _twins(session: Session, source: Source) -> Iterator[SourceNote]:
    twin, home = aliased(Image), aliased(Source)
    pairs = (
        select(Image.file_name, home.name, twin.file_name, func.count().over())
        .join(Fingerprint, Fingerprint.image_id == Image.id)
        .join(twin, twin.id == Fingerprint.twin_id)
        .join(home, home.id == twin.source_id)
        .where(Image.source_id == source.id)
        .order_by(Image.id)
    )
    for name, where, other, films in session.execute(pairs.limit(1)):
        yield SourceNote("twins", films, names=(f"{source.name}/{name}", f"{where}/{other}"))


def _disputed(session: Session, source: Source) -> Iterator[SourceNote]:
    home = aliased(Source)
    lines = (
        select(ImportLine.file_name, home.name, Image.file_name, func.count().over())
        .join(Image, Image.id == ImportLine.image_id)
        .join(home, home.id == Image.source_id)
        .where(ImportLine.source_id == source.id, ImportLine.outcome == "refused")
        .where((Image.source_id != source.id) | (Image.file_name != ImportLine.file_name))
        .order_by(ImportLine.file_name)
    )
    for name, where, other, files in session.execute(lines.limit(1)):
        yield SourceNote("disputed", files, names=(f"{source.name}/{name}", f"{where}/{other}"))


def _lettering(session: Session, source: Source) -> Iterator[SourceNote]:
    told = ImportLine.outcome != "refused", ImportLine.reason.contains(MAY)
    films = select(func.count()).select_from(ImportLine).where(ImportLine.source_id == source.id, *told)
    if lettered := session.scalar(films):
        yield SourceNote("lettering", lettered)


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
    """What the masks of a source say, no pool's and so references; findings and splits in their order."""
    told: Told = defaultdict(dict)
    counts = films_told_of(session, source)
    for finding in session.get_one(Project, source.project_id).findings:
        for split in SPLITS[source.role]:
            if (finding, split) in counts:
                told[finding][split] = counts[finding, split]
    return told
