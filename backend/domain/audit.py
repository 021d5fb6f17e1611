"""Drawing an audit (definitions: section 4): one stream to measure, one to repair; a unit is image × finding."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def quartiles(risk: Floats) -> Ints:
    """The risk quartile 0…3 of each unit, by rank; ties keep their order."""
    ranks = np.empty(len(risk), np.int64)
    ranks[np.argsort(risk, kind="stable")] = np.arange(len(risk))
    return ranks * 4 // max(len(risk), 1)


def strata_of(decision: Ints, risk: Floats) -> Ints:
    """decision × risk quartile within the decision, as decision · 4 + quartile."""
    strata = np.zeros(len(risk), np.int64)
    for word in np.unique(decision):
        rows = decision == word
        strata[rows] = word * 4 + quartiles(risk[rows])
    return strata


def draw_measure(strata: Ints, n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """``n`` of the N units at random within strata, without replacement; with each one's inclusion probability.

    Proportional allocation, its fractions settled by one random start along the cumulative sizes (systematic
    sampling): every stratum gets its share rounded up or down, and every unit the probability n / N exactly.
    """
    total = len(strata)
    if n >= total:
        return np.arange(total), np.ones(total)
    chosen: list[Ints] = []
    start, cumulated, taken = rng.random(), 0, 0
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        cumulated += len(rows)
        upto = int(np.floor(cumulated * n / total + start)) if cumulated < total else n
        chosen.append(rng.choice(rows, upto - taken, replace=False))
        taken = upto
    picked = np.sort(np.concatenate(chosen)).astype(np.int64)
    return picked, np.full(len(picked), n / total)


def draw_fix(risk: Floats, taken: Ints, n: int) -> Ints:
    """The ``n`` riskiest units that are not ``taken``, worst first; ties by index, so that a draw can be repeated."""
    free = np.ones(len(risk), bool)
    free[taken] = False
    rows = np.flatnonzero(free)
    return rows[np.argsort(-risk[rows], kind="stable")][:n]
