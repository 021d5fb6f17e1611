"""What others said of a film, for who has said something themselves: reads that count, and late saves kept beside."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Account, Audit, AuditCase, Image, Iteration, Mask, Read
from overread.domain.imaging.masks import Rle
from overread.services.audit.reads import newest_reads, read_mask, read_rle
from overread.services.blinding.rules import late_seen_by, seen_by
from overread.services.heads import counted


@dataclass(frozen=True)
class Said:
    """What somebody said of a finding of a film, and the mask that stands for; None is the empty mask."""

    read: Read
    reader: str
    image: Image
    mask: Mask | None

    @property
    def rle(self) -> Rle | None:
        """The mask as it is sent; None where the reader could not tell."""
        return read_rle(self.image, self.read, self.mask)


@dataclass(frozen=True)
class Sibling(Said):
    """A late save."""


@dataclass(frozen=True)
class Other(Said):
    """A read of the audit of this ``iteration``."""

    iteration: int


def others_of(session: Session, case: AuditCase, account_id: int) -> dict[str, list[Other]]:
    """By finding: the last word of each other reader on a case's film, and everybody's in other audits, newest first;
    of those that the account may see. Nobody may be told before they have given their own."""
    query = (
        select(Read, Account.name, Audit.id, Iteration.index)
        .join(Account, Account.id == Read.account_id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Read.image_id == case.image_id, counted(), seen_by(account_id))
        .where((Audit.id != case.audit_id) | (Read.account_id != account_id))
        .order_by(Read.id.desc())
    )
    image = session.get_one(Image, case.image_id)
    found: dict[str, list[Other]] = {}
    seen = set()
    for read, reader, audit_id, index in session.execute(query):
        word = (read.finding, read.account_id, audit_id, read.adjudicated)
        if word not in seen:
            found.setdefault(read.finding, []).append(Other(read, reader, image, read_mask(session, read), index))
        seen.add(word)
    return found


def siblings_of(
    session: Session, image_id: int, account_id: int, case_id: int | None = None
) -> dict[str, list[Sibling]]:
    """By finding: the late saves on a film (of one case of it) that the account may see, newest first; those that say
    what the read that counts says are left out."""
    heads = newest_reads(session, image_id, account_id)
    standing = {finding: _word(read, read_mask(session, read)) for finding, read in heads.items()}
    query = select(Read, Account.name).join(Account, Account.id == Read.account_id)
    query = query.where(Read.image_id == image_id, late_seen_by(account_id)).order_by(Read.id.desc())
    if case_id is not None:
        query = query.where(Read.case_id == case_id)
    image = session.get_one(Image, image_id)
    found: dict[str, list[Sibling]] = {}
    for read, reader in session.execute(query):
        mask = read_mask(session, read)
        if _word(read, mask) != standing.get(read.finding):
            found.setdefault(read.finding, []).append(Sibling(read, reader, image, mask))
    return found


def _word(read: Read, mask: Mask | None) -> tuple[str, str | None]:
    return read.verdict, mask.sha256 if mask is not None else None
