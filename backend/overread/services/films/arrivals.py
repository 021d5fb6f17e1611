"""A film that arrives: its patient, its row and what is said of it, or what becomes of it if it is here already."""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.datasets.reading import Entry, Film
from overread.db.tables import Image, Patient, Source
from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import Rle
from overread.domain.words import Split
from overread.services.films.again import come_again, two_patients
from overread.services.films.ahead import Coming, Ready, masks_of
from overread.services.films.here import Here
from overread.services.films.import_lines import Line
from overread.services.films.splits import SPLITS, side_of
from overread.services.films.told import source_mask_rows, word_rows
from overread.services.films.twins import Twin


def arrive(here: Here, coming: Coming) -> Line:
    """All of one entry: film, patient, masks. Raises InvalidInput, InvalidMask or UnreadableImage where it cannot."""
    source, entry = here.source, coming.entry
    if entry.file_sha256() in here.files:
        return _same_file(here, entry)
    new = coming.ready()
    same_pixels = here.pixels.get(new.sha256)
    if same_pixels is not None and entry.patient is None:  # nobody says that it is another's
        _check_split(entry.file_name, same_pixels.split, entry.split)
        return _again(here, entry, same_pixels, new.masks)
    image_id, patient_id = here.new_ids()
    alike = _alike(here, entry, new.detail)
    patient = _find_patient(here, entry.owner, alike, entry.split, patient_id)
    if same_pixels is not None:
        if same_pixels.patient_id == patient.id:
            return _again(here, entry, same_pixels, new.masks)
        raise two_patients(same_pixels)
    image = _image_row(source, patient, entry, new, image_id)
    findings = here.project.findings
    masks, words = source_mask_rows(source, image, findings, new.masks), word_rows(image, findings, entry)
    here.add(patient, image, here.twins.keep(image, patient, new.detail, alike), masks, words)
    return Line(entry.file_name, "added", _remarks(entry, new.film, patient, alike), image.id)


def _same_file(here: Here, entry: Entry) -> Line:
    """A film whose file is here."""
    image, key = here.files[entry.file_sha256()]
    if entry.patient is not None and key == image.file_name != entry.patient:
        here.write()
        _check_anchor(here.session, here.source, image, entry.patient)
    elif entry.patient is not None and key != entry.patient:
        raise two_patients(image)
    _check_split(key, image.split, entry.split)
    blank = np.broadcast_to(np.uint8(0), (image.height, image.width))
    return _again(here, entry, image, masks_of(entry, Film(blank)))


def _again(here: Here, entry: Entry, image: Image, masks: Mapping[str, Rle]) -> Line:
    """A film that is here: what comes to it comes whole, or not at all."""
    here.write()  # it may be one of this batch
    with here.session.begin_nested():
        return come_again(here.session, here.source, entry, image, here.project.findings, masks)


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


def _alike(here: Here, entry: Entry, detail: bytes) -> Sequence[Twin]:
    """The films that are here and show the same. Phantoms are drawn anew, each of another patient: only one of the same
    number can be the same under other dials."""
    found = here.twins.of(here.session, detail)
    return [twin for twin in found if here.source.reader != "phantom" or twin.file_name == entry.file_name]


def _remarks(entry: Entry, film: Film, patient: Patient, alike: Sequence[Twin]) -> str | None:
    others = [twin for twin in alike if twin.patient_id != patient.id]
    remarks = [*film.remarks, *([entry.remark] if entry.remark else [])]
    remarks += [f"near twin of {others[0].file_name}"] if others else []
    return "; ".join(remarks) or None


def _image_row(source: Source, patient: Patient, entry: Entry, new: Ready, image_id: int) -> Image:
    height, width = new.film.pixels.shape
    between_rows, between_columns = new.film.spacing_mm or (None, None)
    return Image(
        id=image_id,
        project_id=source.project_id,
        source_id=source.id,
        patient_id=patient.id,
        split=patient.split,
        file_name=entry.file_name,
        file_sha256=entry.file_sha256(),
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


def _find_patient(here: Here, key: str, alike: Sequence[Twin], given: Split | None, new_id: int) -> Patient:
    """The patient, made when new; raises InvalidInput when the patient already belongs to another split."""
    source = here.source
    if given is not None and given not in SPLITS[source.role]:
        raise InvalidInput(f"Its split is said to be {given}, and a {source.role} source fills no such split.")
    patient = here.patients.get(key)
    if patient is None:
        split, held = side_of(here.project, source, here.drawn, key, alike, given)
        named = {"project_id": source.project_id, "namespace": source.namespace, "key": key}
        patient = Patient(id=new_id, **named, split=split, held=held)
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
