"""Near twins among a project's films, looked for as each film comes in: what shows the same belongs in one split."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, Integer, any_, cast, func, literal, select
from sqlalchemy.orm import Session

from overread.db.rehearsal import is_rehearsed
from overread.db.session import Database
from overread.db.tables import Fingerprint, Image, Patient
from overread.domain.errors import NotFound
from overread.domain.imaging.films import unpack_film
from overread.domain.imaging.prints import Prints, fingerprint
from overread.storage import BlobStore

BATCH = 32


@dataclass(frozen=True)
class Twin:
    """A film that is here, and where it lies."""

    image_id: int
    file_name: str
    patient_id: int
    split: str
    held: bool


class Twins:
    """The fingerprints of a project's films, kept up to date with its rows while one import runs.

    Films of a project come in one transaction after the other (``wait``): none misses one that another import adds.
    Those of a batch are kept before their rows are written, until the next batch catches up with the rows.
    """

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._prints = Prints()
        self._ids: list[int] = []
        self._sure = 0  # films of which there are rows
        self._new: dict[int, Twin] = {}  # the others

    def wait(self, session: Session) -> None:
        """Wait until no other transaction adds films to the project; others wait until this one ends. A rehearsal adds
        none, and nobody waits for it."""
        if is_rehearsed(session):
            return
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("films"), cast(self._project_id, Integer))))

    def of(self, session: Session, detail: bytes) -> Sequence[Twin]:
        """The films that are here and show what a fingerprint does, the most alike first."""
        ids = [self._ids[number] for number in self._prints.like(detail)]
        if not set(ids) - self._new.keys():
            return [self._new[image_id] for image_id in ids]
        rows = (
            select(Image.id, Image.file_name, Image.patient_id, Image.split, Patient.held)
            .join(Patient, Patient.id == Image.patient_id)
            .where(Image.id == any_(literal(ids, ARRAY(BigInteger))))
        )
        known = self._new | {row.id: Twin(*row) for row in session.execute(rows)}
        return [known[image_id] for image_id in ids]

    def keep(self, image: Image, patient: Patient, detail: bytes, alike: Sequence[Twin]) -> Fingerprint:
        """Keep a film in mind; returns the row of its fingerprint, with the first of its twins in another split."""
        self._ids.append(image.id)
        self._prints.add([detail])
        self._new[image.id] = Twin(image.id, image.file_name, patient.id, patient.split, patient.held)
        return _row(image, detail, alike)

    def look_at_earlier(self, database: Database, blobs: BlobStore) -> None:
        """Films of before there were fingerprints get theirs. They stay where they are; twins among them are told."""
        unseen = (
            select(Image)
            .outerjoin(Fingerprint, Fingerprint.image_id == Image.id)
            .where(Image.project_id == self._project_id, Fingerprint.image_id.is_(None))
            .order_by(Image.id)
            .limit(BATCH)
        )
        found = True
        while found:
            with database.transaction() as session:
                self.wait(session)
                images = session.scalars(unseen).all()
                for image in images:
                    self.catch_up(session)
                    detail = _stored(blobs, image)
                    session.add(_row(image, detail, self.of(session, detail)))
                    session.flush()
                found = bool(images)

    def catch_up(self, session: Session) -> None:
        """Films of which there are rows, those that came since too; whoever waits sees them in the order of their ids.
        What was kept and never written is forgotten."""
        del self._ids[self._sure :]
        self._prints.cut(self._sure)
        self._new.clear()
        rows = (
            select(Fingerprint.image_id, Fingerprint.detail)
            .join(Image, Image.id == Fingerprint.image_id)
            .where(Image.project_id == self._project_id, Image.id > (self._ids[-1] if self._ids else 0))
            .order_by(Image.id)
        )
        for batch in session.execute(rows.execution_options(yield_per=10_000)).partitions():
            self._ids.extend(image_id for image_id, _ in batch)
            self._prints.add([detail for _, detail in batch])
        self._sure = len(self._ids)


def _row(image: Image, detail: bytes, alike: Sequence[Twin]) -> Fingerprint:
    apart = next((twin.image_id for twin in alike if twin.split != image.split), None)
    return Fingerprint(image_id=image.id, detail=detail, twin_id=apart)


def _stored(blobs: BlobStore, image: Image) -> bytes:
    """The fingerprint of a film that is here; none where its pixels are lost."""
    try:
        return fingerprint(unpack_film(blobs.get(image.sha256)))
    except NotFound:
        return b""
