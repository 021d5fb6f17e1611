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
    """

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._prints = Prints()
        self._ids: list[int] = []

    def wait(self, session: Session) -> None:
        """Wait until no other transaction adds films to the project; others wait until this one ends. A rehearsal adds
        none, and nobody waits for it."""
        if is_rehearsed(session):
            return
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("films"), cast(self._project_id, Integer))))

    def of(self, session: Session, detail: bytes) -> Sequence[Twin]:
        """The films that are here and show what a fingerprint does, the most alike first."""
        self._catch_up(session)
        ids = [self._ids[number] for number in self._prints.like(detail)]
        if not ids:
            return []
        rows = (
            select(Image.id, Image.file_name, Image.patient_id, Image.split, Patient.held)
            .join(Patient, Patient.id == Image.patient_id)
            .where(Image.id == any_(literal(ids, ARRAY(BigInteger))))
        )
        known = {row.id: Twin(*row) for row in session.execute(rows)}
        return [known[image_id] for image_id in ids]

    def keep(self, session: Session, image: Image, detail: bytes, alike: Sequence[Twin]) -> None:
        """Keep a film's fingerprint, and the first of its twins that lies in another split."""
        apart = next((twin.image_id for twin in alike if twin.split != image.split), None)
        session.add(Fingerprint(image_id=image.id, detail=detail, twin_id=apart))
        session.flush()

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
                    detail = _stored(blobs, image)
                    self.keep(session, image, detail, self.of(session, detail))
                found = bool(images)

    def _catch_up(self, session: Session) -> None:
        """Films that came since; whoever waits sees them in the order of their ids."""
        rows = (
            select(Fingerprint.image_id, Fingerprint.detail)
            .join(Image, Image.id == Fingerprint.image_id)
            .where(Image.project_id == self._project_id, Image.id > (self._ids[-1] if self._ids else 0))
            .order_by(Image.id)
        )
        for batch in session.execute(rows.execution_options(yield_per=10_000)).partitions():
            self._ids.extend(image_id for image_id, _ in batch)
            self._prints.add([detail for _, detail in batch])


def _stored(blobs: BlobStore, image: Image) -> bytes:
    """The fingerprint of a film that is here; none where its pixels are lost."""
    try:
        return fingerprint(unpack_film(blobs.get(image.sha256)))
    except NotFound:
        return b""
