"""``python -m benchmarks.coverage [--only PART …] [--audits N] [--json FILE]``: do the intervals keep their word?

Each simulated audit has a pool with a hidden error, is drawn as the product draws, and is asked what the product shows.

- peeking: the betting sequence, looked at after every read; broken where some look missed the truth. Wald's interval
  beside it, looked at from the tenth read on.
- final: the stratified and the difference estimate, over pools whose predicted risk helps, misleads, or where errors
  are rare.
- subgroup: one source of two and a view, as shares of their reads.
- corrected: Rogan and Gladen's, for readers who miss one wrong mask in five and refuse one right mask in twenty.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.betting import ConfidenceSequence
from backend.domain.streams import UNCERTAIN, Design, Pool, draw
from backend.domain.trust import share
from backend.services.final_estimates import Sample, corrected, subgroup, whole
from benchmarks.goals import Goal

Floats = NDArray[np.float64]
UNITS, READS = 4000, 240
BROKEN, COVERED = 0.05, 0.93
STRATA = (1, 2, 8, 40)
# Error of the pool, and how much of it predicted risk explains: 1 all, 0 nothing.
POOLS = {
    "helpful risk": (0.15, 1.0),
    "useless risk": (0.15, 0.0),
    "rare errors": (0.02, 1.0),
    "many errors": (0.4, 0.5),
}
FOUND, REFUSED, PLANTS, RIGHT = 0.8, 0.05, 30, 40
FIRST_LOOK = 10  # of Wald's: below it everybody knows better


@dataclass(frozen=True)
class Audit:
    """A pool with its truth, (N,) each, and the rows that were read, with their places in the sampled strata."""

    risk: Floats
    bad: Floats
    stratum: NDArray[np.int64]  # of each unit; −1: cannot be drawn for MEASURE
    sizes: NDArray[np.int64]
    read: NDArray[np.int64]

    def sample(self, loss: Floats) -> Sample:
        """What estimates are computed from; ``loss`` is of the reads."""
        inside = self.stratum >= 0
        means = np.bincount(self.stratum[inside], self.risk[inside]) / self.sizes
        return Sample(loss, self.risk[self.read], self.stratum[self.read], self.sizes, means)

    def truth(self, among: NDArray[np.bool_] | None = None) -> float:
        """The error of the decided units, or of those ``among`` them."""
        inside = self.stratum >= 0
        return float(self.bad[inside if among is None else inside & among].mean())


def make_audit(rng: np.random.Generator, error: float, explained: float) -> Audit:
    """Two findings; three labels of ten positive, a tenth uncertain."""
    risk = rng.beta(1, 6, UNITS)
    rate = np.clip(error * (explained * risk / risk.mean() + 1 - explained), 0, 1)
    bad = (rng.random(UNITS) < rate).astype(float)
    decision = np.searchsorted([0.3, 0.9], rng.random(UNITS)).astype(np.int64)
    key, finding, nothing = np.arange(UNITS), rng.integers(0, 2, UNITS), np.zeros(UNITS, bool)
    pool = Pool(key, finding, decision, risk, decision != UNCERTAIN, nothing, nothing)
    drawn = draw(pool, Design(0, READS, 0, 0), int(rng.integers(2**31)))
    number = np.cumsum(drawn.strata.decision != UNCERTAIN) - 1
    number[drawn.strata.decision == UNCERTAIN] = -1
    sizes = drawn.strata.size[drawn.strata.decision != UNCERTAIN]
    return Audit(risk, bad, number[drawn.strata.of_unit], sizes, drawn.key)


def peek(rng: np.random.Generator, strata: int) -> tuple[bool, bool]:
    """One audit of a pool in ``strata`` strata of unlike errors, half of it read: whether some look broke our bound,
    and whether one broke Wald's."""
    sizes = np.full(strata, 400 // strata)
    pools = [(rng.random(size) < rate).astype(float) for size, rate in zip(sizes, rng.beta(1, 6, strata), strict=True)]
    truth = float(np.concatenate(pools).mean())
    items = [(h, x) for h, pool in enumerate(pools) for x in rng.permutation(pool)[: max(1, len(pool) // 2)]]
    sequence, ours, wald, total, squares = ConfidenceSequence(sizes), False, False, 0.0, 0.0
    for count, place in enumerate(rng.permutation(len(items)), 1):
        low, high = sequence.add(items[place][0], float(items[place][1]))
        ours |= not low <= truth <= high
        total, squares = total + items[place][1], squares + items[place][1] ** 2
        if count >= FIRST_LOOK:
            mean = total / count
            wald |= abs(mean - truth) > 1.96 * math.sqrt(max(squares / count - mean**2, 0) / (count - 1))
    return ours, wald


def peeking(audits: int) -> tuple[dict[str, float], list[Goal]]:
    """Shares of audits in which some look missed."""
    told: dict[str, float] = {}
    goals = []
    for strata in STRATA:
        rng = np.random.default_rng([3, strata])
        broken = np.mean([peek(rng, strata) for _ in range(audits)], axis=0)
        name = f"peeking, strata {strata}"
        told |= {f"{name}, betting": float(broken[0]), f"{name}, wald": float(broken[1])}
        goals.append(Goal(f"broken by {name}, {audits} audits", float(broken[0]), BROKEN, False))
    return told, goals


def final(audits: int) -> tuple[dict[str, float], list[Goal]]:
    """Shares of audits whose estimates held the truth; each pool anew."""
    held: dict[str, list[bool]] = {}
    for number, (name, (error, explained)) in enumerate(POOLS.items()):
        rng = np.random.default_rng([5, number])
        for _ in range(audits):
            audit = make_audit(rng, error, explained)
            estimates = whole(audit.sample(audit.bad[audit.read]))
            for kind, (_, _, low, high, _) in zip(("stratified", "difference"), estimates, strict=True):
                held.setdefault(f"{kind}, {name}", []).append(low <= audit.truth() <= high)
    return _covered(held)


def subgroups(audits: int) -> tuple[dict[str, float], list[Goal]]:
    """The same of a source of half the films, and of a view of three in ten: strata know neither."""
    held: dict[str, list[bool]] = {}
    for number, (name, (error, explained)) in enumerate(POOLS.items()):
        rng = np.random.default_rng([7, number])
        for _ in range(audits):
            audit = make_audit(rng, error, explained)
            for kind, among in {"source": np.arange(UNITS) % 2 == 0, "view": rng.random(UNITS) < 0.3}.items():
                one = subgroup(audit.sample(audit.bad[audit.read]), among[audit.read])
                if one is not None:
                    held.setdefault(f"{kind}, {name}", []).append(one[2] <= audit.truth(among) <= one[3])
    return _covered(held)


def slips(audits: int) -> tuple[dict[str, float], list[Goal]]:
    """The corrected error, and how often the uncorrected interval would have held the truth."""
    held: dict[str, list[bool]] = {}
    plain: dict[str, list[bool]] = {}
    for number, (name, (error, explained)) in enumerate(POOLS.items()):
        rng = np.random.default_rng([11, number])
        for _ in range(audits):
            audit = make_audit(rng, error, explained)
            wrong = audit.bad[audit.read] > 0
            seen = (rng.random(len(wrong)) < np.where(wrong, FOUND, REFUSED)).astype(float)
            rates = share(int(rng.binomial(PLANTS, FOUND)), PLANTS), share(int(rng.binomial(RIGHT, REFUSED)), RIGHT)
            one, other = corrected(audit.sample(seen), rates), whole(audit.sample(seen))[0]
            if one is not None:
                held.setdefault(f"corrected, {name}", []).append(one[2] <= audit.truth() <= one[3])
            plain.setdefault(f"uncorrected, {name}", []).append(other[2] <= audit.truth() <= other[3])
    told, goals = _covered(held)
    return told | _covered(plain)[0], goals


def _covered(held: dict[str, list[bool]]) -> tuple[dict[str, float], list[Goal]]:
    told = {name: float(np.mean(ones)) for name, ones in held.items()}
    return told, [Goal(f"covered by {name}, {len(held[name])} audits", value, COVERED) for name, value in told.items()]


PARTS: dict[str, Callable[[int], tuple[dict[str, float], list[Goal]]]] = {
    "peeking": peeking,
    "final": final,
    "subgroup": subgroups,
    "corrected": slips,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, print, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--audits", type=int, help="of each pool (peeking 200, the others 300 when not said)")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    chosen = parser.parse_args(arguments)
    told: dict[str, float] = {}
    goals: list[Goal] = []
    for part in chosen.only:
        numbers, more = PARTS[part](chosen.audits or (200 if part == "peeking" else 300))
        print(*(f"{name}: {value:.3f}" for name, value in numbers.items()), sep="\n")
        print(*(goal.line() for goal in more), sep="\n", flush=True)
        told, goals = told | numbers, goals + more
    if chosen.json is not None:
        report = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "shares": told}
        chosen.json.write_text(
            json.dumps(report | {"goals": [asdict(one) | {"met": one.met} for one in goals]}, indent=2)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
