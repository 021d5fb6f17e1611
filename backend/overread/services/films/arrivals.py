"""A film that arrives: its patient, its row and what is said of it, or what becomes of it if it is here already."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.datasets.reading import Entry, Film
from overread.db.tables import Image, Patient, Project, Source
from overread.domain.errors import InvalidInput
from overread.domain.words import Split
from overread.services.films.again import come_again, two_patients
from overread.services.films.ahead import Coming, Ready, masks_of
from overread.services.films.import_lines import Line
from overread.services.films.splits import SPLITS, Drawn, side_of
from overread.services.films.told import store_source_masks, store_words
from overread.services.films.twins import Twin, Twins


def arrive(session: Session, twins: Twins, source: Source, drawn: Drawn, findings: list[str], coming: Coming) -> Line:
    """All of one entry: film, patient, masks. Raises InvalidInput, InvalidMask or UnreadableImage where it cannot."""
    entry = coming.entry
    file_sha256 = entry.file_sha256()
    same_file = (
        select(Image, Patient.key)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.source_id == source.id, Image.file_sha256 == file_sha256)
    )
    for image, key in session.execute(same_file.limit(1)):
        if entry.patient is not None and key == image.file_name != entry.patient:
            _check_anchor(session, source, image, entry.patient)
        elif entry.patient is not None and key != entry.patient:
            raise two_patients(image)
        _check_split(key, image.split, entry.split)
        blank = np.broadcast_to(np.uint8(0), (image.height, image.width))
        return come_again(session, source, entry, image, findings, masks_of(entry, Film(blank)))
    new = coming.ready()
    same_pixels = session.scalars(
        select(Image).where(Image.project_id == source.project_id, Image.sha256 == new.sha256)
    ).one_or_none()
    if same_pixels is not None and entry.patient is None:  # nobody says that it is another's
        _check_split(entry.file_name, same_pixels.split, entry.split)
        return come_again(session, source, entry, same_pixels, findings, new.masks)
    alike = _alike(session, twins, source, entry, new.detail)
    patient = _find_patient(session, source, drawn, entry.owner, alike, entry.split)
    if same_pixels is not None:
        if same_pixels.patient_id == patient.id:
            return come_again(session, source, entry, same_pixels, findings, new.masks)
        raise two_patients(same_pixels)
    image = _image_row(source, patient, entry, new, file_sha256)
    session.add(image)
    session.flush()
    twins.keep(session, image, new.detail, alike)
    store_source_masks(session, source, image, findings, new.masks)
    store_words(session, source, image, findings, entry)
    return Line(entry.file_name, "added", _remarks(entry, new.film, patient, alike), image.id)


def _check_anchor(session: Session, source: Source, image: Image, key: str) -> None:
    """Raise InvalidInput where a film that came without a patient lies on another side than the one that it is now said
    to be of (``anchors``)."""
    named = {"project_id": source.project_id, "namespace": source.namespace, "key": key}
    patient = session.scalars(select(Patient).filter_by(**named)).one_or_none()
    own = session.get_one(Patient, image.patient_id)
    if patient is None or (patient.split, patient.held) != (own.split, own.held):
        raise InvalidInput(
            f"It came without a patient and lies in {own.split}; {key}, whose it is now said to be, lies elsewhere. No "
            "import moves a film: import the source into a new project."
        )


def _alike(session: Session, twins: Twins, source: Source, entry: Entry, detail: bytes) -> Sequence[Twin]:
    """The films that are here and show the same. Phantoms are drawn anew, each of another patient: only one of the same
    number can be the same under other dials."""
    found = twins.of(session, detail)
    return [twin for twin in found if source.reader != "phantom" or twin.file_name == entry.file_name]


def _remarks(entry: Entry, film: Film, patient: Patient, alike: Sequence[Twin]) -> str | None:
    others = [twin for twin in alike if twin.patient_id != patient.id]
    remarks = [*film.remarks, *([entry.remark] if entry.remark else [])]
    remarks += [f"near twin of {others[0].file_name}"] if others else []
    return "; ".join(remarks) or None


def _image_row(source: Source, patient: Patient, entry: Entry, new: Ready, file_sha256: str) -> Image:
    height, width = new.film.pixels.shape
    between_rows, between_columns = new.film.spacing_mm or (None, None)
    return Image(
        project_id=source.project_id,
        source_id=source.id,
        patient_id=patient.id,
        split=patient.split,
        file_name=entry.file_name,
        file_sha256=file_sha256,
        sha256=new.sha256,
        width=width,
        height=height,
        bits=new.film.bits,
        row_spacing_mm=between_rows,
        column_spacing_mm=between_columns,
        view=entry.view,
        sex=entry.sex,
        age=entry.age,
    )


def _find_patient(
    session: Session, source: Source, drawn: Drawn, key: str, alike: Sequence[Twin], given: Split | None
) -> Patient:
    """The patient's row, made when new; raises InvalidInput when the patient already belongs to another split."""
    if given is not None and given not in SPLITS[source.role]:
        raise InvalidInput(f"Its split is said to be {given}, and a {source.role} source fills no such split.")
    named = {"project_id": source.project_id, "namespace": source.namespace, "key": key}
    split, held = side_of(session.get_one(Project, source.project_id), source, drawn, key, alike, given)
    session.execute(insert(Patient).values(**named, split=split, held=held).on_conflict_do_nothing())
    patient = session.scalars(select(Patient).filter_by(**named)).one()
    if patient.split not in SPLITS[source.role]:
        raise InvalidInput(
            f"Patient {key} is already in the {patient.split} split; a {source.role} source cannot use the same "
            "patient. Leave this patient's films out of one of the two sources."
        )
    _check_split(key, patient.split, given)
    return patient


def _check_split(key: str, here: Split, given: Split | None) -> None:
    """Raise InvalidInput where a patient is here, and a source now puts it elsewhere."""
    if given is not None and given != here:
        raise InvalidInput(
            f"Patient {key} is already in the {here} split, and is now said to be in {given}: nobody moves, since "
            "networks may have learned from it. Say the old split, or import into a new project."
        )
