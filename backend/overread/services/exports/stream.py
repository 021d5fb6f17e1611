"""Labels as they stand, film by film, in pages: a project of any size in the memory of one page.

A reference outranks a read, and a read a machine, as in training sets. Each page is a transaction of its own, so that
an export of hours holds nothing open: a film goes out as it stands when its turn comes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import (
    Account,
    AuditItem,
    HoldoutReference,
    Image,
    Iteration,
    KeptOut,
    Labelling,
    Mask,
    Patient,
    Project,
    PseudoLabel,
    PublicLabelRead,
    Read,
    Run,
    Source,
    SourceMask,
)
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.imaging.masks import Rle
from overread.domain.people import name_key
from overread.domain.words import SourceMaskKind, Told, ToldBy
from overread.services.exports.labels import Film, Label, LabelFilter, LabelledFilm, Machine, Word
from overread.services.heads import heads, of_standing_label, stands_for
from overread.services.history import last_published, newest_iteration

PAGE = 500  # films
Said = dict[tuple[int, str], Label]  # by film's id and finding
FilmRow = Row[Image, str, Patient]
Looked = TypeVar("Looked")
Watch = Callable[[int], None]  # is told of films that were looked at


@dataclass(frozen=True)
class Export:
    """What an export is of, settled before its first film: ``findings`` that go out, ``labelling_id`` whose labels
    speak where no person did, how many ``films`` are looked through, and whether films of two sources have one name
    (``by_source``: it takes both to tell them apart)."""

    project_id: int
    project: str
    findings: tuple[str, ...]
    where: LabelFilter
    labelling_id: int | None
    films: int
    by_source: bool = False


@dataclass(frozen=True)
class _Teachers:
    """The iteration that a labelling is of, when it labelled, and its networks' checkpoints."""

    iteration: Iteration
    at: str
    checkpoints: tuple[str, ...]

    def said(self, label: PseudoLabel | Row[*tuple[Any, ...]]) -> Machine:
        by = self.iteration.plan.recipes[0].labelling
        low, high = by.thresholds(label.finding)
        return Machine(
            self.iteration.index, self.checkpoints, low, high, by.tau_mask,
            label.decision, label.presence, label.agreement, label.risk, label.weight,
        )  # fmt: skip


def plan_export(session: Session, project_id: int, where: LabelFilter) -> Export:
    """Settle what goes out. Raises NotFound for a source, reader or iteration that there is not, and InvalidInput for
    another project's finding."""
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound(f"There is no project {project_id}.")
    if where.finding is not None and where.finding not in project.findings:
        raise InvalidInput(f"There is no finding {where.finding!r} here; there are {', '.join(project.findings)}.")
    of_project = select(Source.id).where(Source.project_id == project_id)
    if where.source is not None and session.scalar(of_project.where(Source.name == where.source)) is None:
        raise NotFound(f"There is no source {where.source!r} in this project.")
    if where.reader is not None:
        name = session.scalar(select(Account.name).where(Account.name_key == name_key(where.reader)))
        if name is None:
            raise NotFound(f"There is nobody called {where.reader!r}. `overread people` lists who there is.")
        where = replace(where, reader=name)
    findings = tuple(project.findings) if where.finding is None else (where.finding,)
    labelling = _labelling_of(session, project_id, where.iteration)
    export = Export(project_id, project.name, findings, where, labelling, films=0)
    twice = films_of(export, Image.file_name).group_by(Image.file_name).having(func.count() > 1).limit(1)
    by_source = session.scalar(twice) is not None
    return replace(export, films=session.scalar(films_of(export, func.count())) or 0, by_source=by_source)


def _labelling_of(session: Session, project_id: int, index: int | None) -> int | None:
    if index is None:
        newest = last_published(session, project_id)
        return newest.labelling_id if newest is not None else None
    named = newest_iteration(session, project_id, index)
    if named is None or named.labelling_id is None:
        raise NotFound(f"Iteration {index} has no labels. `overread report PROJECT` lists the iterations there are.")
    return named.labelling_id


def films_of(export: Export, *columns: Any) -> Select[Any]:
    """The films that an export looks through."""
    query = select(*columns).select_from(Image)
    query = query.join(Source, Source.id == Image.source_id).join(Patient, Patient.id == Image.patient_id)
    query = query.where(Image.project_id == export.project_id)
    if export.where.source is not None:
        query = query.where(Source.name == export.where.source)
    if export.where.split is not None:
        held = export.where.split == "holdout"
        query = query.where(Image.split == ("pool" if held else export.where.split), Patient.held == held)
    return query


def film_pages(
    database: Database, export: Export, look: Callable[[Session, Sequence[Image]], Looked], on_films: Watch
) -> Iterator[tuple[Sequence[FilmRow], Looked]]:
    """The films of an export in the order they came in, some at a time, each with its source's name and its patient;
    and what a ``look`` at those finds in the same transaction. ``on_films`` is told of films looked at."""
    after = 0
    while True:
        query = films_of(export, Image, Source.name, Patient).where(Image.id > after)
        with database.transaction() as session:
            page = session.execute(query.order_by(Image.id).limit(PAGE)).all()
            looked = look(session, [image for image, *_ in page])
        if not page:
            return
        after = page[-1][0].id
        yield page, looked
        on_films(len(page))


def labelled_films(database: Database, export: Export, on_films: Watch = lambda _count: None) -> Iterator[LabelledFilm]:
    """Every film that has a label to go out, in the order they came in. ``on_films`` is told of films looked at."""
    teachers = dict[int, _Teachers]()

    def look(session: Session, images: Sequence[Image]) -> Said:
        return _said(session, export, {image.id: image for image in images}, teachers)

    for page, said in film_pages(database, export, look, on_films):
        for image, source, patient in page:
            found = [said[image.id, finding] for finding in export.findings if (image.id, finding) in said]
            labels = tuple(label for label in found if export.where.takes(label))
            if labels:
                yield LabelledFilm(film_out(image, source, patient), labels)


def film_out(image: Image, source: str, patient: Patient) -> Film:
    """A film as it goes out."""
    return Film(
        image.file_name, image.sha256, source, f"p{patient.id}",
        "holdout" if patient.held else image.split, image.width, image.height, image.bits,
        image.row_spacing_mm, image.column_spacing_mm, image.view, image.sex, image.age,
    )  # fmt: skip


def _said(session: Session, export: Export, films: dict[int, Image], teachers: dict[int, _Teachers]) -> Said:
    """What stands on these films: each further word outranks the ones before it."""
    if export.where.by == "public":
        return _came_with(session, films, "public")
    said = _machine_said(session, export, films, teachers)
    said |= _people_said(session, films, teachers)
    said |= _held_references(session, films)
    said |= _came_with(session, films, "reference")
    kept = select(KeptOut.image_id, KeptOut.finding).where(KeptOut.image_id.in_(films))
    return said | {
        (image, finding): replace(said[image, finding], kept_out=True)
        for image, finding in session.execute(kept)
        if (image, finding) in said
    }


def _machine_said(session: Session, export: Export, films: dict[int, Image], teachers: dict[int, _Teachers]) -> Said:
    if export.labelling_id is None:
        return {}
    of = PseudoLabel  # its columns alone: a label that is a row of its own costs more than the rest of it
    query = select(of.labelling_id, of.image_id, of.finding, of.decision, of.presence, of.agreement, of.risk, of.weight,
                   of.area, Mask.counts).outerjoin(Mask, Mask.id == of.mask_id)  # fmt: skip
    query = query.where(PseudoLabel.labelling_id == export.labelling_id, PseudoLabel.image_id.in_(films))
    said: Said = {}
    for label in session.execute(query):
        size, counts = _size(films[label.image_id]), label.counts
        teacher = _teachers(session, label.labelling_id, teachers)
        drawn = Rle(size, counts) if counts is not None and label.area else None
        # A lesion that the machine is sure of and draws nothing of is not told by an empty mask.
        told: Told = "lesion" if label.decision == "positive" and drawn is not None else "uncertain"
        if label.decision == "negative":
            told, drawn = "no_lesion", Rle.empty(size)
        said[label.image_id, label.finding] = Label(
            label.finding, told, "pseudo", drawn, teacher.at, teacher.said(label)
        )
    return said


def _people_said(session: Session, films: dict[int, Image], teachers: dict[int, _Teachers]) -> Said:
    query = (
        select(Read, PseudoLabel, Account.name, AuditItem.stream, Mask.counts, Mask.area)
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        .join(Account, Account.id == Read.account_id)
        .outerjoin(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .outerjoin(Mask, Mask.id == stands_for())
        .where(Read.image_id.in_(films))
    )
    said: Said = {}
    for read, label, name, stream, counts, area in session.execute(heads(query, Read.image_id, Read.finding)):
        word = Word(name, read.verdict, stream, read.adjudicated, read.created_at.isoformat())
        machine = _teachers(session, label.labelling_id, teachers).said(label)
        told = _drawn(read.finding, "read", films[read.image_id], counts if area else None, word.at)
        if read.verdict == "cannot_tell":
            told = replace(told, told="uncertain", mask=None)
        said[read.image_id, read.finding] = replace(told, machine=machine, read=word)
    return said


def _held_references(session: Session, films: dict[int, Image]) -> Said:
    """What is on units of HOLDOUT, by readers who had seen no machine's mask; nothing where they could not tell."""
    query = (
        select(HoldoutReference, Read, Account.name, Mask.counts, Mask.area)
        .join(Read, Read.id == HoldoutReference.read_id)
        .join(Account, Account.id == Read.account_id)
        .outerjoin(Mask, Mask.id == HoldoutReference.mask_id)
        .where(HoldoutReference.image_id.in_(films), HoldoutReference.told)
    )
    said: Said = {}
    for unit, read, name, counts, area in session.execute(query):
        word = Word(name, read.verdict, "HOLDOUT", read.adjudicated, read.created_at.isoformat())
        told = _drawn(unit.finding, "reference", films[unit.image_id], counts if area else None, word.at)
        said[unit.image_id, unit.finding] = replace(told, read=word)
    return said


def _came_with(session: Session, films: dict[int, Image], kind: SourceMaskKind) -> Said:
    """What a source brought; of public labels also that somebody called this very one wrong."""
    query = (
        select(SourceMask.image_id, SourceMask.finding, Mask.counts, Mask.area, Mask.created_at)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(SourceMask.image_id.in_(films), SourceMask.kind == kind)
    )
    said = {
        (image, finding): _drawn(finding, kind, films[image], counts if area else None, at.isoformat())
        for image, finding, counts, area, at in session.execute(query)
    }
    if kind == "public":
        reads = select(PublicLabelRead, Account.name).join(Account, Account.id == PublicLabelRead.account_id)
        standing = reads.where(PublicLabelRead.image_id.in_(films), of_standing_label())
        for read, name in session.execute(standing.order_by(PublicLabelRead.id)):  # the newest last
            word = Word(name, read.verdict, None, False, read.created_at.isoformat())
            said[read.image_id, read.finding] = replace(said[read.image_id, read.finding], read=word)
    return said


def _drawn(finding: str, by: ToldBy, image: Image, counts: str | None, at: str) -> Label:
    """A label by its mask alone; no counts are no lesion."""
    return Label(finding, "no_lesion" if counts is None else "lesion", by, Rle.stored(_size(image), counts), at)


def _size(image: Image) -> tuple[int, int]:
    return image.height, image.width


def _teachers(session: Session, labelling_id: int, known: dict[int, _Teachers]) -> _Teachers:
    if labelling_id not in known:
        iteration, at = session.execute(
            select(Iteration, Labelling.created_at)
            .join(Labelling, Labelling.iteration_id == Iteration.id)
            .where(Labelling.id == labelling_id)
        ).one()
        runs: Sequence[str | None] = session.scalars(
            select(Run.checkpoint_sha256).where(Run.iteration_id == iteration.id).order_by(Run.position)
        ).all()
        known[labelling_id] = _Teachers(
            iteration, at.isoformat(), tuple(sha256 for sha256 in runs if sha256 is not None)
        )
    return known[labelling_id]
