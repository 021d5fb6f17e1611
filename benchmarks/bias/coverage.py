"""Whether the audit keeps its word: many audits of one labelled pool, each against the pool's hidden truth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bias.audits import Read, as_pool, is_bad, judge, shown
from benchmarks.bias.plan import RISK
from benchmarks.bias.readers import Reader
from overread.domain.sampling.pool_estimates import difference_estimate
from overread.domain.sampling.repairs import UNCERTAIN
from overread.domain.sampling.streams import STREAMS, Design, Pool, draw, stratify
from overread.domain.words import SIDES
from overread_worker.ml.label import FilmLabels

AUDITS = 20  # of each seed
SHARE = 0.08  # of the pool's units read in each


def count_audits(films: Sequence[FilmLabels], truth: Reader, seed: int) -> dict[str, Any]:
    """Of ``AUDITS`` audits, how many had an estimate (a read in each stratum) and whose interval held the pool's hidden
    error; of all certificates they gave, how many let a larger error through than they promised."""
    units = [(row, label) for row, film in enumerate(films) for label in film.labels]
    masks = {(r, label.finding): truth.read(r, label.finding, None) for r, label in units}
    told = zip(units, masks.values(), strict=True)
    bad = np.array([is_bad(label, shown(label, mask), mask) for (_, label), mask in told], float)
    pool, risk = as_pool(units, "risk", seed), np.array([label.risk for _, label in units], float)
    estimates = covered = certificates = broken = 0
    for audit in range(AUDITS):
        drawn = draw(pool, Design(0, round(SHARE * len(units)), 0, 0, by_film=True), 1000 * seed + audit)
        held = _holds(pool, risk, bad, drawn.key)
        estimates, covered = estimates + (held is not None), covered + bool(held)
        reads = {
            (units[key][0], units[key][1].finding): Read(
                masks[units[key][0], units[key][1].finding], STREAMS[stream], int(rank)
            )
            for key, stream, rank in zip(drawn.key, drawn.stream, drawn.rank, strict=True)
        }
        gate = judge(films, reads)
        for finding in dict.fromkeys(label.finding for _, label in units):
            for side in SIDES:
                let = [
                    bad[i]
                    for i, (_, one) in enumerate(units)
                    if one.finding == finding and one.decision == side and gate.certifies(one)
                ]
                certificates += bool(let)
                broken += bool(let) and float(np.mean(let)) > RISK
    return {"estimates": estimates, "covered": covered, "certificates": certificates, "broken": broken}


def _holds(pool: Pool, risk: NDArray[np.float64], bad: NDArray[np.float64], read: NDArray[np.int64]) -> bool | None:
    """Whether the difference estimate's 95 % interval holds the error of the decided units; None without one."""
    strata = stratify(pool, pool.decided)
    decided = np.flatnonzero(strata.decision != UNCERTAIN)
    number = np.full(len(strata.size), -1)
    number[decided] = np.arange(len(decided))
    own = number[strata.of_unit]
    rows = own >= 0
    means = np.bincount(own[rows], risk[rows]) / strata.size[decided]
    film = pool.film[read]
    found = difference_estimate(bad[read], risk[read], own[read], strata.size[decided], means, film)
    return None if found is None else found.low <= float(bad[rows].mean()) <= found.high
