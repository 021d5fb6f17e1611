"""Masks as booleans (height, width) and as COCO compressed RLE (column-major, ASCII).

The codec is pycocotools'; what it would crash on or believe blindly is checked here first.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco
from scipy import ndimage

from overread.domain.errors import InvalidMask
from overread.domain.imaging.regions import Integers, Part, magnified, parts_of

Pixels = NDArray[np.bool_]
MOST_GROUPS = 7  # of five bits, for a run


@dataclass(frozen=True, order=True)
class Box:
    """The smallest rectangle around one region, in film pixels from the upper left: rows y ≤ row < y + height, columns
    x ≤ column < x + width. Boxes sort by where they begin, downwards and then to the right."""

    y: int
    x: int
    height: int
    width: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """Its rows and columns, to take them out of a mask (height, width)."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True)
class Rle:
    """A mask as a value, and as it is sent: ``size`` is (height, width), ``counts`` its COCO compressed counts, which
    are ASCII. The empty mask, "no lesion", is one like any other. Raises InvalidMask for counts of another size."""

    size: tuple[int, int]
    counts: str

    @classmethod
    def of(cls, mask: Pixels) -> "Rle":
        """These pixels (height, width)."""
        if not mask.any():  # as most masks are that a source declares: encoding takes a hundred times as long
            return cls.empty((mask.shape[0], mask.shape[1]))
        return cls((mask.shape[0], mask.shape[1]), encode(mask).decode("ascii"))

    @classmethod
    def within(cls, part: Pixels, top: int, left: int, size: tuple[int, int]) -> "Rle":
        """Pixels (h, w) that lie in a mask of ``size`` from row ``top`` and column ``left`` on, nothing around them:
        what ``of`` would give, in the time of the columns that they lie in."""
        height, width = size
        columns = np.zeros((part.shape[1], height), bool)
        columns[:, top : top + part.shape[0]] = part.T
        flat = columns.ravel()
        changes = np.flatnonzero(flat[1:] != flat[:-1]) + (1 + left * height)
        ends = [left * height] * bool(flat[0]) + changes.tolist() + [(left + part.shape[1]) * height] * bool(flat[-1])
        # Where the last run reaches the last pixel, nothing follows it.
        runs = np.diff([0, *ends] + [height * width] * (not ends or ends[-1] < height * width))
        return cls.of_runs(runs.tolist(), size)

    @classmethod
    def of_runs(cls, runs: list[int], size: tuple[int, int]) -> "Rle":
        """These runs, column by column and background first, which fill the size."""
        return cls(size, coco.frPyObjects({"size": list(size), "counts": runs}, *size)["counts"].decode())

    @classmethod
    def empty(cls, size: tuple[int, int]) -> "Rle":
        """Nothing marked."""
        return cls(size, empty(*size).decode("ascii"))

    @classmethod
    def stored(cls, size: tuple[int, int], counts: str | None) -> "Rle":
        """As rows keep it: no counts are the empty mask's."""
        return cls(size, counts) if counts is not None else cls.empty(size)

    @property
    def pixels(self) -> Pixels:
        """The mask as booleans (height, width)."""
        return decode(self._ascii, *self.size)

    @property
    def is_empty(self) -> bool:
        return self._ascii == empty(*self.size)

    @property
    def area(self) -> int:
        """How many pixels are marked."""
        return sum(run_lengths(self._ascii)[1::2])

    @property
    def boxes(self) -> tuple[Box, ...]:
        """A box for each 8-connected region, sorted; none for the empty mask. Boxes may overlap, regions do not. They
        are computed, not stored; once for a mask that is looked at again."""
        return _boxes_of(self)

    @property
    def regions(self) -> list["Region"]:
        """Each 8-connected region, sorted by its box: masks of this size that add up to this one and share no pixel."""
        return [Region(Box(*part[:4]), part.area, Rle.of_runs(part.runs, self.size)) for part in self._parts]

    def magnified(self, down: int, across: int) -> list[int]:
        """The runs, background first, of this mask with every pixel a block of ``down`` × ``across``."""
        return magnified(_runs_of_size(self._ascii, *self.size), self.size, (down, across))

    @property
    def sha256(self) -> str:
        """What names it: the hash of its size and its counts."""
        return content_hash(self._ascii, *self.size)

    def dice(self, other: "Rle") -> float | None:
        """2|a∩b| / (|a|+|b|), run by run; None where both are empty: Dice is undefined there, never 1 (definitions:
        section 1)."""
        if self.size != other.size:
            raise InvalidMask("Masks of different sizes are no masks of one film.")
        if self.is_empty or other.is_empty:
            return None if self.is_empty and other.is_empty else 0.0
        both = []
        for one in (self, other):
            _runs_of_size(one._ascii, *one.size)
            both.append({"size": list(one.size), "counts": one._ascii})
        total = int(coco.area(both).sum())
        return 2 * int(coco.area(coco.merge(both, intersect=True))) / total if total else None

    def change(self, before: "Rle") -> float:
        """1 − Dice with the mask before; where both are empty nothing changed: 0."""
        alike = self.dice(before)
        return 0.0 if alike is None else 1 - alike

    @property
    def _parts(self) -> list[Part]:
        return parts_of(_runs_of_size(self._ascii, *self.size), self.size)

    @property
    def _ascii(self) -> bytes:
        try:
            return self.counts.encode("ascii")
        except UnicodeEncodeError:
            raise InvalidMask("The mask's counts are not COCO compressed RLE.") from None


class Region(NamedTuple):
    """A region of a mask: its box, its area in pixels, and the mask that it is alone."""

    box: Box
    area: int
    mask: Rle


@dataclass(frozen=True)
class RegionVerdict:
    """What became of one region of a mask: ``box`` is (x0, y0, x1, y1), ``area`` its pixels, ``kept`` the share of them
    that are still marked: 0 for a region that was deleted."""

    box: tuple[int, int, int, int]
    area: int
    kept: float


def encode(mask: Pixels) -> bytes:
    """COCO compressed counts of a mask (height, width)."""
    counts: bytes = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"]
    return counts


def decode(counts: bytes, height: int, width: int) -> Pixels:
    """The mask (height, width) of COCO compressed counts; raises InvalidMask unless they fill exactly that size."""
    _runs_of_size(counts, height, width)
    rle = {"size": [height, width], "counts": counts}
    return np.ascontiguousarray(coco.decode(rle)).view(np.bool_)  # it holds 0 and 1 alone


@lru_cache(maxsize=256)
def empty(height: int, width: int) -> bytes:
    """COCO compressed counts of the empty mask; films have few sizes, and a large one takes a while."""
    return encode(np.zeros((height, width), bool))


def _runs_of_size(counts: bytes, height: int, width: int) -> Integers:
    runs = _runs(counts)
    if runs.sum() != height * width:
        raise InvalidMask(f"The mask's runs do not add up to {width}×{height} pixels; it is for another image.")
    return runs


def run_lengths(counts: bytes) -> list[int]:
    """The runs, background first. Raises InvalidMask unless they are COCO's 5-bit groups: a number is as many groups as
    have their sixth bit set and one more, lowest first, the last one's fifth bit its sign; from the fourth on it is a
    run's difference to the run before the last."""
    found: list[int] = _runs(counts).tolist()
    return found


def _runs(counts: bytes) -> Integers:
    codes = np.frombuffer(counts, np.uint8) - np.uint8(48)  # what is below wraps far above 63
    groups = codes.astype(np.int64)
    if not codes.size:
        return groups
    if codes.max() > 63:
        raise InvalidMask("The mask's counts are not COCO compressed RLE.")
    ends = np.flatnonzero(groups < 32)
    if groups[-1] >= 32:
        raise InvalidMask("The mask's counts end in the middle of a run.")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > MOST_GROUPS:
        raise InvalidMask("The mask's counts are not COCO compressed RLE.")
    shifts = 5 * (np.arange(len(groups)) - np.repeat(starts, lengths))
    runs: Integers = np.add.reduceat((groups & 31) << shifts, starts) - ((groups[ends] & 16) << (5 * lengths - 4))
    runs[1::2], runs[2::2] = runs[1::2].cumsum(), runs[2::2].cumsum()
    if runs.min() < 0 or runs.max() >= 2**32:
        raise InvalidMask("The mask's counts hold a run of impossible length.")
    if not runs[1:].all():  # pycocotools' merge loses its way at one, so that a mask would differ from itself
        raise InvalidMask("The mask's counts hold an empty run after the first. Write neighbouring runs as one.")
    return runs


def content_hash(counts: bytes, height: int, width: int) -> str:
    """SHA-256 that names a mask: its size and its counts."""
    return hashlib.sha256(f"{height}x{width}:".encode() + counts).hexdigest()


def dice(a: Pixels, b: Pixels) -> float | None:
    """``Rle.dice`` of pixels (height, width)."""
    total = int(np.count_nonzero(a) + np.count_nonzero(b))
    return 2 * int(np.count_nonzero(a & b)) / total if total else None


def drop_small(mask: Pixels, min_area: int) -> Pixels:
    """Without the 8-connected components of fewer than ``min_area`` pixels."""
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    keep = np.bincount(labels.ravel()) >= min_area
    keep[0] = False
    return np.asarray(keep[labels], dtype=bool)


@lru_cache(maxsize=4096)
def _boxes_of(rle: Rle) -> tuple[Box, ...]:
    return tuple(Box(*part[:4]) for part in rle._parts)


def region_verdicts(before: Pixels, after: Pixels) -> list[RegionVerdict]:
    """What became of each 8-connected region of a mask (height, width)."""
    found = []
    for box, region in _regions(before):
        size = int(np.count_nonzero(region))
        kept = int(np.count_nonzero(region & after[box.inside]))
        ends = (box.x, box.y, box.x + box.width, box.y + box.height)
        found.append(RegionVerdict(ends, size, round(kept / size, 4)))
    return found


def _regions(mask: Pixels) -> Iterator[tuple[Box, Pixels]]:
    """Each 8-connected region of a mask (height, width): its box, and its own pixels in there."""
    y, x = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not y.size:
        return
    top, left = int(y[0]), int(x[0])
    marked = mask[top : y[-1] + 1, left : x[-1] + 1]  # the rest of a large film would take most of the time
    labels, _ = ndimage.label(marked, structure=np.ones((3, 3)))
    for n, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        yield Box(top + rows.start, left + columns.start, height, width), labels[rows, columns] == n
