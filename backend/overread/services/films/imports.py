"""Films in: each file of a source ends as added, unchanged or refused, and importing twice adds nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from overread.datasets import READERS
from overread.datasets.reading import Entry, Film, Masks, Refusal
from overread.db.session import Database
from overread.db.tables import Image, ImportLine, Mask, Patient, Project, Source, SourceMask
from overread.domain.errors import BucketUnreachable, DiskFull, InvalidInput, InvalidMask, NotFound, OverreadError
from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import Rle
from overread.domain.imaging.prints import fingerprint
from overread.domain.words import Origin, SourceMaskKind
from overread.services.films.masks import mask_row, store_masks
from overread.services.films.notes import source_notes
from overread.services.films.splits import SPLITS, side_of
from overread.services.films.twins import Twin, Twins
from overread.services.trail import record
from overread.storage import BlobStore

BATCH = 32


@dataclass(frozen=True)
class Line:
    """What became of one file; ``reason``: why it was refused, or what is to be said of it though it was added."""

    file_name: str
    outcome: str
    reason: str | None = None
    image_id: int | None = None


def import_source(
    database: Database, blobs: BlobStore, source_id: int, on_line: Callable[[Line], None] = lambda _line: None
) -> Counter[str]:
    """Read every file of a source, in transactions of a few files; returns how many were added, unchanged, refused."""
    with database.transaction() as session:
        source = session.get_one(Source, source_id)
        findings = session.get_one(Project, source.project_id).findings
    options = {key: value for key, value in source.options.items() if key != "shares"}
    entries = READERS[source.reader](Path(source.path) if source.path else None, findings, **options)
    outcomes: Counter[str] = Counter()
    twins = Twins(source.project_id)
    twins.look_at_earlier(database, blobs)
    for batch in _batches(entries):
        with database.transaction() as session:
            twins.wait(session)
            lines = [_import_entry(session, blobs, twins, source, findings, _storable(entry)) for entry in batch]
            _store_lines(session, source, lines)
        for line in lines:
            outcomes[line.outcome] += 1
            on_line(line)
    with database.transaction() as session:
        session.get_one(Source, source_id).notes = source_notes(session, source)
        record(session, "source.imported", f"source {source.id}", project_id=source.project_id, **outcomes)
    return outcomes


def refuse_nothing(outcomes: Mapping[str, int]) -> None:
    """Raise InvalidInput where an import brought no film, whether it found none or refused each."""
    if not outcomes.get("added") and not outcomes.get("unchanged"):
        refused = outcomes.get("refused", 0)
        why = f"all that was found was refused ({refused:,} lines say why)" if refused else "there is none in it"
        raise InvalidInput(f"The source brought no film: {why}. Give the folder that holds the films.")


def list_lines(session: Session, source_id: int, outcome: str | None, after: str, limit: int) -> Sequence[ImportLine]:
    """What became of each file of a source, by name, from the one after ``after`` on. Raises NotFound."""
    if session.get(Source, source_id) is None:
        raise NotFound(f"There is no source {source_id}.")
    query = select(ImportLine).where(ImportLine.source_id == source_id, ImportLine.file_name > after)
    if outcome is not None:
        query = query.where(ImportLine.outcome == outcome)
    return session.scalars(query.order_by(ImportLine.file_name).limit(limit)).all()


def _batches(entries: Iterator[Entry | Refusal]) -> Iterator[list[Entry | Refusal]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


def _import_entry(
    session: Session, blobs: BlobStore, twins: Twins, source: Source, findings: list[str], entry: Entry | Refusal
) -> Line:
    """One file: all of it (film, patient, masks) or nothing but its line."""
    if isinstance(entry, Refusal):
        return Line(entry.file_name, "refused", entry.reason)
    try:
        try:
            with session.begin_nested():
                return _add_image(session, blobs, twins, source, findings, entry)
        except IntegrityError:  # another import of the same film was quicker: now we see its row
            with session.begin_nested():
                return _add_image(session, blobs, twins, source, findings, entry)
    except (DiskFull, BucketUnreachable):  # no fault of the file's: the import stops, and goes on another time
        raise
    except OverreadError as error:
        return Line(entry.file_name, "refused", error.detail)


def _storable(entry: Entry | Refusal) -> Entry | Refusal:
    """The entry with texts that Postgres can hold: bytes of a name that are no UTF-8, and NULs, are spelled out."""
    texts = {}
    for field in fields(entry):
        text = getattr(entry, field.name)
        if isinstance(text, str):
            texts[field.name] = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return replace(entry, **texts)  # type: ignore[arg-type]


def _add_image(
    session: Session, blobs: BlobStore, twins: Twins, source: Source, findings: list[str], entry: Entry
) -> Line:
    file_sha256 = entry.file_sha256()
    same_file = (
        select(Image, Patient.key)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.source_id == source.id, Image.file_sha256 == file_sha256)
    )
    for image, key in session.execute(same_file.limit(1)):
        if entry.patient is not None and key != entry.patient:
            raise _two_patients(image)
        blank = np.broadcast_to(np.uint8(0), (image.height, image.width))
        return _come_again(session, source, entry, image, findings, entry.masks(Film(blank)))
    film = entry.load()
    masks = entry.masks(film)
    sha256 = blobs.put(pack_film(film.pixels))
    same_pixels = session.scalars(
        select(Image).where(Image.project_id == source.project_id, Image.sha256 == sha256)
    ).one_or_none()
    if same_pixels is not None and entry.patient is None:  # nobody says that it is another's
        return _come_again(session, source, entry, same_pixels, findings, masks)
    detail = fingerprint(film.pixels)
    alike = twins.of(session, detail)
    # A film of nobody known is a patient of its own, named after it.
    patient = _find_patient(session, source, entry.patient or entry.file_name, alike)
    if same_pixels is not None:
        if same_pixels.patient_id == patient.id:
            return _come_again(session, source, entry, same_pixels, findings, masks)
        raise _two_patients(same_pixels)
    image = _image_row(source, patient, entry, film, file_sha256, sha256)
    session.add(image)
    session.flush()
    twins.keep(session, image, detail, alike)
    _store_source_masks(session, source, image, findings, masks)
    others = [twin for twin in alike if twin.patient_id != patient.id]
    remarks = [*film.remarks, *([entry.remark] if entry.remark else [])]
    remarks += [f"near twin of {others[0].file_name}"] if others else []
    return Line(entry.file_name, "added", "; ".join(remarks) or None, image.id)


def _come_again(
    session: Session, source: Source, entry: Entry, image: Image, findings: list[str], masks: Masks
) -> Line:
    """A film that is here: unchanged, or with masks of findings that were unknown. Raises InvalidMask where a mask says
    something else than the one that is here: nobody has said which is right."""
    query = select(SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    known = {row.finding: row.Mask for row in session.execute(query.where(SourceMask.image_id == image.id))}
    for finding in masks.keys() & known.keys():
        if Rle.of(masks[finding]).sha256 != known[finding].sha256:
            raise InvalidMask(
                f"Its {finding} mask has {masks[finding].sum():,} px, and {image.file_name}, with the same pixels, "
                f"came with another one, of {known[finding].area:,} px. Find out which is right: no import replaces a "
                "mask, so the one that is here stays, unless the right one goes into a new project."
            )
    new = {finding: mask for finding, mask in masks.items() if finding not in known}
    if not new:
        same = None if entry.file_name == image.file_name else f"same pixels as {image.file_name}"
        return Line(entry.file_name, "unchanged", same, image.id)
    if image.source_id != source.id:
        raise InvalidMask(
            f"It says {', '.join(new)} of the same pixels as {image.file_name}, of another source, where that is "
            "unknown. Leave the film out of one of the two sources."
        )
    _store_source_masks(session, source, image, findings, new)
    return Line(entry.file_name, "added", f"{', '.join(new)}, unknown before, to {image.file_name}", image.id)


def _two_patients(image: Image) -> InvalidInput:
    return InvalidInput(
        f"The same pixels are already here under another patient ({image.file_name}). "
        "Find out whose film it is, then import the right one only."
    )


def _image_row(source: Source, patient: Patient, entry: Entry, film: Film, file_sha256: str, sha256: str) -> Image:
    height, width = film.pixels.shape
    between_rows, between_columns = film.spacing_mm or (None, None)
    return Image(
        project_id=source.project_id,
        source_id=source.id,
        patient_id=patient.id,
        split=patient.split,
        file_name=entry.file_name,
        file_sha256=file_sha256,
        sha256=sha256,
        width=width,
        height=height,
        bits=film.bits,
        row_spacing_mm=between_rows,
        column_spacing_mm=between_columns,
        view=entry.view,
        sex=entry.sex,
        age=entry.age,
    )


def _find_patient(session: Session, source: Source, key: str, alike: Sequence[Twin]) -> Patient:
    """The patient's row, made when new; raises InvalidInput when the patient already belongs to another split."""
    named = {"project_id": source.project_id, "namespace": source.namespace, "key": key}
    split, held = side_of(session.get_one(Project, source.project_id), source, key, alike)
    session.execute(insert(Patient).values(**named, split=split, held=held).on_conflict_do_nothing())
    patient = session.scalars(select(Patient).filter_by(**named)).one()
    if patient.split not in SPLITS[source.role]:
        raise InvalidInput(
            f"Patient {key} is already in the {patient.split} split; a {source.role} source cannot use the same "
            "patient. Leave this patient's films out of one of the two sources."
        )
    return patient


def _store_source_masks(session: Session, source: Source, image: Image, findings: list[str], masks: Masks) -> None:
    unknown = set(masks) - set(findings)
    if unknown:
        raise InvalidInput(f"Mask for unknown finding {sorted(unknown)[0]!r}; this project has {', '.join(findings)}.")
    public = source.role == "pool"
    kind: SourceMaskKind = "public" if public else "reference"
    origin: Origin = "SEMIAUTOMATIC" if public else "MANUAL"
    ids = store_masks(session, [mask_row(image, finding, Rle.of(mask), origin) for finding, mask in masks.items()])
    for finding, mask_id in zip(masks, ids, strict=True):
        session.add(SourceMask(image_id=image.id, finding=finding, kind=kind, mask_id=mask_id))


def _store_lines(session: Session, source: Source, lines: list[Line]) -> None:
    rows = {
        line.file_name: {
            "source_id": source.id,
            "file_name": line.file_name,
            "outcome": line.outcome,
            "reason": line.reason,
            "image_id": line.image_id,
        }
        for line in lines
    }
    statement = insert(ImportLine)
    keep = {column: statement.excluded[column] for column in ("outcome", "reason", "image_id", "at")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "file_name"], set_=keep), list(rows.values())
    )
