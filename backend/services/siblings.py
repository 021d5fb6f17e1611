"""Late saves: kept beside the read that counts, told to who may see them, taken over or left."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.tables import Account, Mask, Read
from backend.services.reads import newest_reads, read_mask
from backend.services.veils import late_seen_by


@dataclass(frozen=True)
class Sibling:
    """A late save of one finding, whose it is, and the mask it stands for; None is the empty mask."""

    read: Read
    reader: str
    mask: Mask | None


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
    found: dict[str, list[Sibling]] = {}
    for read, reader in session.execute(query):
        mask = read_mask(session, read)
        if _word(read, mask) != standing.get(read.finding):
            found.setdefault(read.finding, []).append(Sibling(read, reader, mask))
    return found


def _word(read: Read, mask: Mask | None) -> tuple[str, str | None]:
    return read.verdict, mask.sha256 if mask is not None else None
