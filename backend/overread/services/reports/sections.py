"""What a report is made of, before ``page.html`` says how it looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Code:
    """A cell that is a hash."""

    text: str


@dataclass(frozen=True)
class Light:
    """A cell that is a word with a colour."""

    word: str


@dataclass(frozen=True)
class Table:
    """``rows`` of plain values, Code and Light, below ``names``."""

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Figure:
    """A PNG as a data: URL."""

    png: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A part of the page: sentences ``before`` and ``after`` its tables, and pictures by the kind of case."""

    heading: str
    before: Sequence[str] = ()
    tables: Sequence[Table] = ()
    after: Sequence[str] = ()
    pictures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    anchor: str | None = None


@dataclass(frozen=True)
class Overridden:
    """A gate that was shut and that somebody opened by name."""

    index: int
    name: str
    at: str
    reason: str


@dataclass(frozen=True)
class Page:
    title: str
    state: str
    overrides: Sequence[Overridden]
    sections: Sequence[Section]
