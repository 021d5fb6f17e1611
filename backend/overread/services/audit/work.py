"""Which kind of work a read was, by what stood before its reader and what became of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Read
from overread.domain.imaging.masks import Rle
from overread.domain.readers.effort import work_of
from overread.domain.words import Work
from overread.services.films.masks import mask_of, rle_of
from overread.services.heads import in_time


def kind_of_work(session: Session, image: Image, read: Read, touched_up: bool | None) -> Work | None:
    """Of a read that is not stored yet. None where it is not told whether its mask was drawn on after the slider
    made it, or after it was taken over. A reader's own mask of before, left as it is, was taken as it stood."""
    empty = Rle.empty((image.height, image.width)).sha256
    stood, drawn = _stood(session, image, read, empty), _named(session, image, read)
    taken: Work | None = None
    if not read.blind and (read.adopted is not None or read.threshold is not None):
        taken = "adopt" if read.adopted is not None else "slider"
    if read.verdict == "fix" and taken is None and drawn in (stood, empty):
        return "reject" if drawn == empty else "accept"
    return work_of(read.verdict, stood == empty, taken, touched_up)


def kind_of_decision(decided: Read, drawn: str | None, shown: tuple[Rle, Rle]) -> Work | None:
    """Of a judge's decision between two masks: one of them taken over, or what was ``drawn`` (its hash) instead."""
    between = {mask.sha256 for mask in shown}
    return work_of(decided.verdict, all(mask.is_empty for mask in shown), "adopt" if drawn in between else None)


def _stood(session: Session, image: Image, read: Read, empty: str) -> str | None:
    """The hash of the mask that the case began with: what its reader had said in it before, else blind, else the one
    that is judged; nothing where none is shown."""
    own = select(Read).where(Read.case_id == read.case_id, Read.account_id == read.account_id, in_time())
    own = own.where(Read.finding == read.finding, ~Read.adjudicated).order_by(Read.blind, Read.id.desc()).limit(1)
    before = session.scalars(own).one_or_none()
    if before is not None and before.verdict != "cannot_tell":
        return _named(session, image, before)
    return empty if read.blind else read.shown_sha256


def _named(session: Session, image: Image, read: Read) -> str | None:
    """The hash of the mask that a read stands for."""
    if read.verdict == "accept":
        return read.shown_sha256
    return rle_of(mask_of(session, read), image).sha256
