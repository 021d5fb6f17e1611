"""Reads of public labels: that one is wrong, by whom and why; taken back by a later row, never by a change.

Nothing is trained on them: they are shown, listed and exported. One that was said of a label which has given way to
another since is told as that, and counts no more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Account, Image, Mask, PseudoLabel, PublicLabelRead, Source
from overread.domain.errors import Conflict, InvalidInput, NotFound, StaleMask
from overread.services.blinding.rules import blind_units, require_open_eyes
from overread.services.csv_lines import csv_line
from overread.services.explore.compare import public_mask
from overread.services.heads import of_standing_label
from overread.services.trail import record

VERDICTS = ("wrong", "withdrawn")
COLUMNS = (
    "id", "source", "film", "film_sha256", "finding", "mask_sha256", "verdict", "note", "reader", "at", "counts",
    "older",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A verdict, its reader's name, and whether it is of an ``older`` label than the one that stands."""

    read: PublicLabelRead
    reader: str
    older: bool


def read_public_label(
    session: Session, label_id: int, account_id: int, verdict: str, note: str | None, shown: str | None = None
) -> PublicLabelRead:
    """Record a verdict on the public label beside a pseudo label. ``shown``: the hash of the label that was judged;
    None for a client that does not say.

    Raises NotFound where there is no public label, StaleMask where another one stands than was judged, Conflict for a
    verdict that stands already (or to withdraw none), and for a film that this account is to read blind first;
    InvalidInput for taking another's word back without a note.
    """
    if verdict not in VERDICTS:
        raise InvalidInput(f"{verdict!r} is no verdict on a public label; there are {', '.join(VERDICTS)}.")
    label = session.get(PseudoLabel, label_id)
    if label is None:
        raise NotFound(f"There is no public label beside pseudo label {label_id}.")
    require_open_eyes(session, account_id, label.image_id)
    # Two readers at once, or a reader and an import: the second waits, and is told what stands by then.
    image = session.scalars(select(Image).where(Image.id == label.image_id).with_for_update()).one()
    mask = public_mask(session, image.id, label.finding)
    if mask is None:
        raise NotFound(f"There is no public label beside pseudo label {label_id}.")
    if shown not in (None, mask.sha256):
        raise StaleMask(
            "This public label gave way to a newer one while you looked at it, so your word was not taken. Look at the "
            "newer one, and say it of that."
        )
    _check_next(verdict, history(session, image.id, label.finding), account_id, note)
    row = PublicLabelRead(
        image_id=image.id,
        image_sha256=image.sha256,
        finding=label.finding,
        mask_id=mask.id,
        account_id=account_id,
        verdict=verdict,
        note=(note or "").strip() or None,
    )
    session.add(row)
    session.flush()
    subject = f"image {image.id}"
    detail = {"finding": label.finding, "verdict": verdict, "mask": mask.sha256, "note": row.note}
    record(session, "public-label.read", subject, project_id=image.project_id, account_id=account_id, **detail)
    return row


def _check_next(verdict: str, said: Sequence[Said], account_id: int, note: str | None) -> None:
    """Raise Conflict or InvalidInput where this cannot be said after all that was."""
    last = next((one for one in said if not one.older), None)
    if (last.read.verdict if last else "withdrawn") == verdict:
        word = "This public label stands as wrong already." if verdict == "wrong" else "Nobody said that it is wrong."
        raise Conflict(word)
    if last and verdict == "withdrawn" and last.read.account_id != account_id and not (note or "").strip():
        raise InvalidInput(f"{last.reader} called it wrong: say in the note why you take that back.")


def history(session: Session, image_id: int, finding: str) -> list[Said]:
    """Every verdict on a public label, newest first: the first that is not of an older label is the one that counts."""
    query = (
        select(PublicLabelRead, Account.name, ~of_standing_label())
        .join(Account, Account.id == PublicLabelRead.account_id)
        .where(PublicLabelRead.image_id == image_id, PublicLabelRead.finding == finding)
        .order_by(PublicLabelRead.id.desc())
    )
    return [Said(*row) for row in session.execute(query)]


def csv_lines(session: Session, project_id: int, account_id: int) -> Iterator[str]:
    """A project's verdicts as CSV (RFC 4180), oldest first; ``counts`` is 1 where no later row took it back and the
    label stands that it was said of; ``older`` is 1 where another one does. Of a film that this account is to read
    blind nothing is told."""
    blind = blind_units(account_id).subquery()
    query = (
        select(PublicLabelRead, Image, Source.name, Mask.sha256, Account.name, ~of_standing_label())
        .join(Image, Image.id == PublicLabelRead.image_id)
        .join(Source, Source.id == Image.source_id)
        .join(Mask, Mask.id == PublicLabelRead.mask_id)
        .join(Account, Account.id == PublicLabelRead.account_id)
        .where(Image.project_id == project_id, Image.id.not_in(select(blind.c.image_id)))
        .order_by(PublicLabelRead.id)
    )
    rows = session.execute(query).all()
    newest = {(row.image_id, row.finding): row.id for row, *_, older in rows if not older}
    yield csv_line(COLUMNS)
    for row, image, source, mask, name, older in rows:
        counts = int(newest.get((row.image_id, row.finding)) == row.id and row.verdict == "wrong")
        values = (row.id, source, image.file_name, image.sha256, row.finding, mask, row.verdict, row.note or "", name)
        yield csv_line((*values, row.created_at.isoformat(), counts, int(older)))
