"""What a project has already of a batch's films, looked up together; and the rows of new ones, written together."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Fingerprint, Image, Patient, Project, Source
from overread.domain.errors import OverreadError
from overread.services.films.ahead import Coming
from overread.services.films.masks import MaskRow
from overread.services.films.splits import Drawn
from overread.services.films.told import WordRow, store_mask_rows
from overread.services.films.twins import Twins


@dataclass
class _New:
    """Rows that are not written yet, of films that are new."""

    patients: list[Patient] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    prints: list[Fingerprint] = field(default_factory=list)
    masks: list[MaskRow] = field(default_factory=list)
    words: list[WordRow] = field(default_factory=list)


class Here:
    """What is here of one batch: films by the SHA-256 of their ``files`` (this source's, with their patients' keys) and
    of their ``pixels``, and ``patients`` by their keys. It is true while no other import adds films (``Twins.wait``).

    A new film has its ids at once and its rows when the batch is ``written``: it is whole before, or it is refused.
    """

    def __init__(
        self, session: Session, project: Project, source: Source, drawn: Drawn, twins: Twins, batch: Sequence[Coming]
    ) -> None:
        self.session, self.project, self.source, self.drawn, self.twins = session, project, source, drawn, twins
        twins.catch_up(session)
        self.files = self._find_files(batch)
        new = [one for one in batch if one.file_sha256 not in self.files]
        self.pixels = self._find_pixels(new)
        self.patients = self._find_patients([one.entry.owner for one in new])
        self._ids = self._draw_ids(len(new))
        self._new = _New()

    def new_ids(self) -> tuple[int, int]:
        """An image's and a patient's that nobody has."""
        return next(self._ids)

    def add(
        self,
        patient: Patient,
        image: Image,
        fingerprint: Fingerprint,
        masks: Sequence[MaskRow],
        words: Sequence[WordRow],
    ) -> None:
        """A new film with its patient, who may be here."""
        if patient.key not in self.patients:
            self.patients[patient.key] = patient
            self._new.patients.append(patient)
        self.files[image.file_sha256] = image, patient.key
        self.pixels[image.sha256] = image
        self._new.images.append(image)
        self._new.prints.append(fingerprint)
        self._new.masks += masks
        self._new.words += words

    def write(self) -> None:
        """Write all that was added, table by table: rows point at those of the tables before."""
        new, self._new = self._new, _New()
        for rows in (new.patients, new.images, new.prints):
            self.session.add_all(rows)
            self.session.flush()
        store_mask_rows(self.session, self.source, new.masks)
        self.session.add_all(new.words)
        self.session.flush()

    def _find_files(self, batch: Sequence[Coming]) -> dict[str, tuple[Image, str]]:
        hashes = [one.file_sha256 for one in batch if one.file_sha256 is not None]
        rows = select(Image, Patient.key).join(Patient, Patient.id == Image.patient_id)
        found = self.session.execute(rows.where(Image.source_id == self.source.id, Image.file_sha256.in_(hashes)))
        return {image.file_sha256: (image, key) for image, key in found}

    def _find_pixels(self, new: Sequence[Coming]) -> dict[str, Image]:
        hashes = []
        for one in new:
            with suppress(OverreadError):  # it is told where the film arrives
                hashes.append(one.ready().sha256)
        rows = select(Image).where(Image.project_id == self.source.project_id, Image.sha256.in_(hashes))
        return {image.sha256: image for image in self.session.scalars(rows)} if hashes else {}

    def _find_patients(self, keys: Sequence[str]) -> dict[str, Patient]:
        named = {"project_id": self.source.project_id, "namespace": self.source.namespace}
        rows = select(Patient).filter_by(**named).where(Patient.key.in_(keys))
        return {patient.key: patient for patient in self.session.scalars(rows)} if keys else {}

    def _draw_ids(self, count: int) -> Iterator[tuple[int, int]]:
        drawn = [func.nextval(func.pg_get_serial_sequence(table, "id")) for table in ("image", "patient")]
        rows = self.session.execute(select(*drawn).select_from(func.generate_series(1, count))) if count else ()
        return iter([(image, patient) for image, patient in rows])
