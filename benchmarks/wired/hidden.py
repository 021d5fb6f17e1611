"""What only the simulation knows: which labels are wrong, and what a reader will say of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.wired.pool import Labels

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """How the wrong labels lie: the ``error`` of each finding, exact; how strongly it follows predicted ``risk`` (0 not
    at all); whether a patient's films are wrong ``together``; and wrong ``positives`` first, as many as there are."""

    error: float
    risk: float = 0.0
    together: bool = False
    positives: bool = False


def wrong_labels(truth: Truth, labels: Labels, among: Bools, rng: np.random.Generator, more: int = 0) -> Bools:
    """Which labels are wrong, (N,): of those ``among``, of each finding, ⌊error · count⌋ and ``more``; of the others
    about the same share."""
    found = np.zeros(len(among), bool)
    for finding in np.unique(labels.finding):
        for inside, extra in ((among, more), (~among, 0)):
            rows = np.flatnonzero((labels.finding == finding) & inside)
            count = min(int(np.floor(truth.error * len(rows) + 1e-9)) + extra, len(rows))
            found[rows[_first(truth, labels, rows, rng)[:count]]] = True
    return found


def _first(truth: Truth, labels: Labels, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """These rows in the order in which they become wrong: by weighted random numbers (Efraimidis & Spirakis, 2006)."""
    if truth.together:
        patients = labels.patient[rows]
        return np.argsort(rng.permutation(int(labels.patient.max()) + 1)[patients], kind="stable")
    keys = rng.exponential(size=len(rows)) / np.maximum(labels.risk[rows], 1e-3) ** truth.risk
    if truth.positives:
        keys = keys + (labels.decision[rows] != 0) * 1e12
    return np.argsort(keys)


@dataclass(frozen=True)
class Reader:
    """How a reader errs, the mask shown: of wrong masks the share that they ``find``, of right ones that they
    ``refuse``; how often they cannot tell, and how often of the films of the first half of the sources; of blind reads
    that differ from the mask shown later, the share that is then changed into it (``anchored``)."""

    find: float = 1.0
    refuse: float = 0.0
    unsure: float = 0.0
    unsure_there: float = 0.0
    anchored: float = 0.0


@dataclass(frozen=True)
class Words:
    """What a reader would say of each label with its mask shown, (N,): that it is wrong, or that they cannot tell."""

    wrong: Bools
    unsure: Bools

    @property
    def refused(self) -> Bools:
        """What the gate counts: called wrong, or not told."""
        return self.wrong | self.unsure


def words_of(reader: Reader, wrong: Bools, labels: Labels, rng: np.random.Generator) -> Words:
    """A reader's words, drawn once, so that the pool has a share that they would call wrong."""
    called = rng.random(len(wrong)) < np.where(wrong, reader.find, reader.refuse)
    there = labels.source <= labels.source.max() // 2
    unsure = rng.random(len(wrong)) < np.where(there, reader.unsure_there, reader.unsure)
    return Words(called & ~unsure, unsure)
