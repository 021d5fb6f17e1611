"""What a planned audit can show, before anybody reads: so that a plan whose gate cannot open is seen at its launch."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from overread.domain.policy.gate import Promise
from overread.domain.sampling.sequential import FORESIGHT, chances_to_open, reads_to_open


@dataclass(frozen=True)
class Power:
    """Of a finding: its ``population``, the ``reads`` of its sample, the chance that clause (b) passes once they are
    made (0 where nothing can be promised), the reads that would pass in nine cases of ten (None: none up to FORESIGHT
    would), and about how far the 95 % interval of its error would reach to each side."""

    population: int
    reads: int
    chance: float
    enough: int | None
    half_width: float


def power_of(promise: Promise, population: int, reads: int, error: float) -> Power:
    """What ``reads`` of a finding can show where the share ``error`` of its labels is wrong, readers without slips."""
    question = promise.question(population) if population else None
    reads = min(reads, population)
    chance, enough = 0.0, None
    if question is not None:
        chances = chances_to_open(question, reads, np.array([error]))
        chance = float(chances[0, -1]) if reads else 0.0
        enough = reads_to_open(question, error, most=min(FORESIGHT, population))
    return Power(population, reads, chance, enough, half_width(error, reads))


def half_width(error: float, reads: int) -> float:
    """Half of the exact 95 % interval of a share (Clopper & Pearson, 1934) at the expected count; ½ without reads."""
    if not reads:
        return 0.5
    hits = error * reads
    low = float(special.betaincinv(hits, reads - hits + 1, 0.025)) if hits > 0 else 0.0
    return (float(special.betaincinv(hits + 1, reads - hits, 0.975)) - low) / 2
