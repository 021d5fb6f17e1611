"""Regions of a mask by its runs: they cost what is marked, whatever the film has of pixels.

Runs are cut into stretches, each of one column; stretches that touch in neighbouring columns are of one region.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Size = tuple[int, int]


class Part(NamedTuple):
    """An 8-connected region: its box (``y``, ``x``, ``height``, ``width``), its ``area`` in pixels, and the ``runs`` of
    the mask that it is alone, background first."""

    y: int
    x: int
    height: int
    width: int
    area: int
    runs: list[int]


def parts_of(runs: Integers, size: Size) -> list[Part]:
    """The regions of a mask of this size (height, width) by its runs, column by column and background first; sorted by
    their boxes, of which no two are the same: who crosses a box from side to side leaves no way from top to bottom."""
    height, width = size
    column, begin, end = _stretches(runs, height)
    if not column.size:
        return []
    region = _connected(begin + column, end + column, height + 1)
    order = region.argsort(kind="stable")
    column, begin, end, region = column[order], begin[order], end[order], region[order]
    others = np.flatnonzero(region[1:] != region[:-1])
    first, last = np.concatenate([[0], others + 1]), np.concatenate([others, [len(region) - 1]])
    head = column * height
    top, left = np.minimum.reduceat(begin - head, first), column[first]
    foot, right = np.maximum.reduceat(end - head, first), column[last] + 1
    numbers = (top, left, foot - top, right - left, np.add.reduceat(end - begin, first))
    alone = _runs_alone(begin, end, first, height * width)
    return sorted(map(Part, *(one.tolist() for one in numbers), alone))


def magnified(runs: Integers, size: Size, times: Size) -> list[int]:
    """The runs of a mask of this size (height, width) whose every pixel becomes a block, ``times`` (down, across)."""
    (height, width), (down, across) = size, times
    column, begin, end = _stretches(runs, height)
    pixels, step = height * width * down * across, height * down
    if not column.size:
        return [pixels]
    # Of each column so many, and in each what was in the one.
    places = (column * (across - 1) * step)[:, np.newaxis] + np.arange(across) * step
    begins, ends = (np.sort((places + (down * one)[:, np.newaxis]).ravel()) for one in (begin, end))
    return next(_runs_alone(begins, ends, np.zeros(1, np.int64), pixels))


def _stretches(runs: Integers, height: int) -> tuple[Integers, Integers, Integers]:
    """The column of each stretch, and the pixels begin ≤ pixel < end that it is, counted column by column."""
    ends = runs.cumsum()
    begin, end = ends[: len(ends) // 2 * 2 : 2], ends[1::2]
    first, last = begin // height, (end - 1) // height
    if (first == last).all():
        return first, begin, end
    columns = last - first + 1  # that a run goes over
    which = np.repeat(np.arange(len(first)), columns)
    column = first[which] + np.arange(len(which)) - (columns.cumsum() - columns)[which]
    return column, np.maximum(begin[which], column * height), np.minimum(end[which], (column + 1) * height)


def _connected(begin: Integers, end: Integers, step: int) -> Integers:
    """Of each stretch its region, by its first stretch; ``step``: from a column to the next, which is a pixel more than
    it has, so that one's foot does not touch the other's head."""
    # Those in the column before that a stretch touches, at a corner as well, come one after the other.
    first, over = end.searchsorted(begin - step, "left"), begin.searchsorted(end - step, "right")
    region = _followed(np.where(over > first, first, np.arange(len(begin))))
    several = np.flatnonzero(over - first > 1).tolist()
    if not several:
        return region
    same = region.tolist()
    for one in several:
        for other in range(first[one] + 1, over[one]):
            _join(same, one, other)
    return _followed(np.array(same))


def _followed(earlier: Integers) -> Integers:
    """Where each leads that leads to an earlier one or to itself."""
    for _ in range(len(earlier).bit_length()):
        earlier = earlier[earlier]
    return earlier


def _join(same: list[int], one: int, other: int) -> None:
    while same[one] != one:
        same[one] = one = same[same[one]]
    while same[other] != other:
        same[other] = other = same[same[other]]
    same[max(one, other)] = min(one, other)


def _runs_alone(begin: Integers, end: Integers, first: Integers, pixels: int) -> Iterator[list[int]]:
    """Of each region the runs of the mask that it is alone."""
    new = np.ones(len(begin) + 1, bool)
    new[1:-1] = end[:-1] != begin[1:]  # else it is one run, from the foot of a column to the head of the next
    new[first] = True
    changes = np.empty(2 * (int(new.sum()) - 1), np.int64)
    changes[::2], changes[1::2] = begin[new[:-1]], end[new[1:]]
    places = [*((new.cumsum()[first] - 1) * 2).tolist(), len(changes)]
    runs, changed = (changes[1:] - changes[:-1]).tolist(), changes.tolist()
    for place, stop in pairwise(places):
        rest = pixels - changed[stop - 1]
        yield [changed[place], *runs[place : stop - 1], *([rest] if rest else [])]
