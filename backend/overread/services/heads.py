"""Which reads count, in SQL: every question "what did people say of this" is asked in these words.

A late save (``sibling``) never counts. Of a unit that is to be read blind the first word is *frozen* before anything is
shown. A read of a planted error says something of its reader and nothing of the film. The rest is *counted*; of several
on one unit a judge's counts, else the newest. A word on a public label counts while that very mask stands.
"""

from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, case, exists
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from overread.db.tables import Mask, PseudoLabel, PublicLabelRead, Read, SourceMask

Columns = TypeVarTuple("Columns")
Reads = type[Read]  # the table, or an alias of it


def counted(read: Reads = Read) -> ColumnElement[bool]:
    """Of reads: those that say something of the film. Late ones, blind drafts and reads of planted errors do not."""
    return finished(read) & (read.task != "planted")


def finished(read: Reads = Read) -> ColumnElement[bool]:
    """Of reads: those with which a reader was done, planted errors alike: in time, and no blind draft."""
    return in_time(read) & ~read.blind


def frozen(read: Reads = Read) -> ColumnElement[bool]:
    """Of reads: the words given before any mask was shown."""
    return in_time(read) & read.blind


def of_plants(read: Reads = Read) -> ColumnElement[bool]:
    """Of reads: those of planted errors, which say how far their readers can be trusted."""
    return in_time(read) & (read.task == "planted")


def in_time(read: Reads = Read) -> ColumnElement[bool]:
    """Of reads: whatever was not saved too late to count as anything."""
    return ~read.sibling


def by_weight(read: Reads = Read) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The order in which reads of one unit outweigh each other: a judge's, then the newest."""
    return read.adjudicated.desc(), read.id.desc()


def heads(query: Select[*Columns], *unit: Any, where: ColumnElement[bool] | None = None) -> Select[*Columns]:
    """Of what a query selects of reads one row a ``unit`` (by these columns), in the units' order: the read that
    counts. ``where``: among others than the counted ones, such as those that an account may see."""
    among = counted() if where is None else where
    return query.ext(distinct_on(*unit)).where(among).order_by(*unit, *by_weight())


def stands_for() -> ColumnElement[int | None]:
    """The mask that a counted read of a pseudo label stands for: the label's where it was accepted; null is empty."""
    return case((Read.verdict == "accept", PseudoLabel.mask_id), else_=Read.mask_id)


def of_standing_label() -> ColumnElement[bool]:
    """Of words on public labels: those of the label that stands, pixel for pixel, and not of one that gave way. One
    that comes back finds what was said of it."""
    read, meant, stands = PublicLabelRead, aliased(Mask), aliased(Mask)
    label = (SourceMask.image_id == read.image_id) & (SourceMask.finding == read.finding)
    both = exists().where(label, stands.id == SourceMask.mask_id, meant.id == read.mask_id)
    return both.where(meant.sha256 == stands.sha256).correlate(read)
