"""What a reader yields: entries that can be loaded, and refusals that say why not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.words import Says, Split

MAX_PIXELS = 50_000_000
Masks = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Film:
    """Grey pixels (height, width), uint8 or uint16. ``spacing_mm``: from row to row and from column to column, where
    the file tells both. ``remarks``: what is to be said of the film though it comes in."""

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    spacing_mm: tuple[float, float] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def bits(self) -> int:
        """8 or 16."""
        return self.pixels.dtype.itemsize * 8


@dataclass(frozen=True)
class Box:
    """A rectangle that a finding lies in, in pixels of the film: x from ``left`` to ``right``, y from ``top`` to
    ``bottom``. ``reader``: who drew it, in the source's words, or "" where it does not say."""

    finding: str
    left: float
    top: float
    right: float
    bottom: float
    reader: str = ""


@dataclass(frozen=True)
class Statement:
    """What a source says of a finding on a whole film, without saying where it is; ``reader`` as of a box."""

    finding: str
    says: Says
    reader: str = ""


@dataclass(frozen=True)
class Entry:
    """One file of a source. ``patient`` is None where nobody says whose film it is. ``load`` raises UnreadableImage.
    ``masks`` maps findings to bool masks at the film's size: an empty one means "reviewed, no lesion", a missing one
    "unknown"; it raises InvalidMask, and asks of the film no more than its shape, as ``boxes`` does. ``classes``: what
    the source itself calls the findings that it labels on this film, whichever of them are the project's. ``assumed``:
    findings that it is taken not to have only since no mask of them is there. ``marked`` tells findings that it has
    masks or boxes of, as far as a quick look at these says. ``split``: where the source itself puts the film, by its
    patient. ``remark`` is to be said of it though it comes in."""

    file_name: str
    patient: str | None
    file_sha256: Callable[[], str]
    load: Callable[[], Film]
    masks: Callable[[Film], Masks]
    view: str | None = None
    sex: str | None = None
    age: float | None = None
    split: Split | None = None
    remark: str | None = None
    classes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    marked: Callable[[], Iterable[str]] = tuple
    statements: tuple[Statement, ...] = ()
    boxes: Callable[[Film], Sequence[Box]] = lambda _film: ()

    @property
    def owner(self) -> str:
        """The patient; a film of nobody known is a patient of its own, named after it."""
        return self.patient or self.file_name

    def declared(self) -> frozenset[str]:
        """The findings that the film should show, by all that is known before it is read. Raises InvalidMask and
        UnreadableImage."""
        return frozenset(self.marked()).union(one.finding for one in self.statements if one.says == "present")


@dataclass(frozen=True)
class Refusal:
    """A file, or a label without one, that cannot become an entry."""

    file_name: str
    reason: str


@dataclass(frozen=True)
class Beside:
    """Files of one kind that lie beside the films and are not read, such as labels of another format; they are told
    together, since none of them is a film that did not come in."""

    files: int
    such_as: str


# Reads one public format: (path, findings, **options) → entries and refusals, and what lies beside.
Reader = Callable[..., Iterator[Entry | Refusal | Beside]]


def need_folder(path: Path | None) -> Path:
    """The folder, or InvalidInput."""
    if path is None or not path.is_dir():
        raise InvalidInput(f"{path or 'No path'} is not a folder. Give the folder that holds the source.")
    return path


def no_masks(_film: Film) -> Masks:
    """A file without labels."""
    return {}
