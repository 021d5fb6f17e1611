"""Orders by random number and by priority, that an audit is drawn in."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def film_numbers(film: Ints, seed: int) -> Floats:
    """A random number in [0, 1) for each film, (N,), that hangs on the seed and the film alone: the film-th output of
    SplitMix64 begun at ``seed`` (Steele, Lea and Flood, OOPSLA 2014), its first 53 bits."""
    word = (film.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((word ^ (word >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def ranks(number: Floats, finding: Ints, inside: Bools) -> Ints:
    """Each unit's place, from 0, in the random order of its finding's units that are ``inside``; −1 outside."""
    rows = np.flatnonzero(inside)
    rows = rows[np.lexsort((number[rows], finding[rows]))]
    count = np.bincount(finding[rows], minlength=int(finding.max(initial=-1)) + 1)
    found = np.full(len(number), -1)
    found[rows] = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return found


def highest(rows: Ints, priority: Floats, n: int) -> Ints:
    """The n of these rows with the highest priority, ties by row; without sorting the others."""
    if n <= 0 or not len(rows):
        return rows[:0]
    if n < len(rows):
        least = np.partition(priority[rows], len(rows) - n)[len(rows) - n]
        rows = rows[priority[rows] >= least]
    return rows[np.argsort(-priority[rows], kind="stable")][:n]
