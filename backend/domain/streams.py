"""The four streams of an audit (definitions: section 4), drawn at once from a stored design and a seed.

Every unit (image × finding) gets one random number. Within a stratum the lowest numbers become MEASURE and the next
ones SENTINEL, so that both are simple random samples whose inclusion probability is the allocated share, whatever
becomes of the rest; FIX takes the worst of what is left. MEASURE comes before FIX on purpose: its estimate then speaks
of the whole pool, however far the repairs have got.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import InvalidInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Stream = Literal["FIX", "MEASURE", "SENTINEL", "HOLDOUT"]
STREAMS: tuple[Stream, ...] = ("FIX", "MEASURE", "SENTINEL", "HOLDOUT")
SAMPLES: tuple[Stream, ...] = ("MEASURE", "SENTINEL", "HOLDOUT")
SHARES = (50, 35, 10, 5)  # percent of the reads for FIX, MEASURE, SENTINEL, HOLDOUT
MOST_READS = 1_000_000  # of one stream: more than any department reads
FLOOR = 8  # reads below which a stratum's spread is not worth the name
UNCERTAIN = 2  # decisions: 0 positive, 1 negative, 2 uncertain
QUARTILES = 4


@dataclass(frozen=True)
class Design:
    """Budgets of the four streams in reads, and the fewest MEASURE reads of a stratum."""

    fix: int
    measure: int
    sentinel: int
    holdout: int
    floor: int = FLOOR

    def __post_init__(self) -> None:
        budgets = (self.fix, self.measure, self.sentinel, self.holdout, self.floor)
        if min(budgets) < 0 or max(budgets) > MOST_READS:
            raise InvalidInput(f"A budget is a number of reads: 0 to {MOST_READS:,}.")

    @classmethod
    def of_minutes(
        cls, minutes: float, seconds_per_read: float, floor: int = FLOOR, shares: Sequence[int] = SHARES
    ) -> "Design":
        """What so many reader-minutes allow, shared in percent (FIX, MEASURE, SENTINEL, HOLDOUT); rounding falls to the
        first stream that has a share."""
        if not (0 <= minutes <= 1e6 and 0.1 <= seconds_per_read <= 3600):
            raise InvalidInput("Give 0 to a million minutes, and the 0.1 to 3,600 seconds that a read takes.")
        if len(shares) != len(STREAMS) or min(shares) < 0 or sum(shares) != 100:
            raise InvalidInput("The shares of FIX, MEASURE, SENTINEL and HOLDOUT are percents that add up to 100.")
        reads = int(minutes * 60 / seconds_per_read)
        parts = [reads * percent // 100 for percent in shares]
        parts[next(i for i, percent in enumerate(shares) if percent)] += reads - sum(parts)
        fix, measure, sentinel, holdout = parts
        return cls(fix, measure, sentinel, holdout, floor)


@dataclass(frozen=True)
class Pool:
    """The units that may be drawn, a row each: a unique ``key``, the codes ≥ 0 of finding and source, the ``decision``
    0…2, ``risk`` (predicted badness 0…1), ``priority`` (FIX reads the highest first) and whether the film is ``held``
    out since the project's start: such units are HOLDOUT or nothing."""

    key: Ints
    finding: Ints
    decision: Ints
    source: Ints
    risk: Floats
    priority: Floats
    held: NDArray[np.bool_]

    def rows(self, index: Ints) -> "Pool":
        """These rows, in this order."""
        return Pool(**{name: column[index] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Strata:
    """Each unit's stratum (N,), and of each stratum (H,) what it is of, its size, and the reads of each stream."""

    of_unit: Ints
    finding: Ints
    decision: Ints
    source: Ints
    quartile: Ints
    held: NDArray[np.bool_]
    size: Ints
    reads: dict[Stream, Ints]


@dataclass(frozen=True)
class Draw:
    """The drawn items in reading order: key, stream (index in STREAMS), stratum and inclusion probability, NaN in FIX,
    which is no sample; then the table of strata, and sentences on what the design could not have."""

    key: Ints
    stream: Ints
    stratum: Ints
    probability: Floats
    strata: Strata
    notes: tuple[str, ...]


def neyman(sizes: Ints, spreads: Floats, budget: int, floor: int = FLOOR) -> tuple[Ints, tuple[str, ...]]:
    """Reads per stratum ∝ N_h·S_h (Neyman, 1934), at least ``floor`` and at most N_h; in all min(budget, N).

    ``spreads`` are guesses of the losses' standard deviations, ≥ 0. A stratum smaller than the floor is taken whole; a
    floor that the budget cannot pay for is lowered for all alike. Both are said in the sentences returned.
    """
    budget = min(budget, int(sizes.sum()))
    paid = max((f for f in range(floor + 1) if np.minimum(f, sizes).sum() <= budget), default=0)
    low = np.minimum(paid, sizes)
    notes = (
        [f"{n} strata are smaller than the floor of {floor} and taken whole."]
        if (n := int((sizes < paid).sum()))
        else []
    )
    if paid < floor and budget < sizes.sum():
        notes.append(f"{budget} reads cannot give {len(sizes)} strata {floor} each; the floor is {paid}.")
    claim = sizes * np.maximum(spreads, 1e-6)  # a stratum thought to be pure still takes part
    few, many = 0.0, 1 / float(claim.min()) * float(sizes.max()) if len(sizes) else 1.0
    for _ in range(100):
        middle = (few + many) / 2
        few, many = (few, middle) if np.clip(middle * claim, low, sizes).sum() > budget else (middle, many)
    exact = np.clip(few * claim, low, sizes)
    reads = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - reads) + (reads >= sizes), kind="stable")
    reads[order[: budget - int(reads.sum())]] += 1
    return reads, tuple(notes)


def draw(pool: Pool, design: Design, seed: int, spreads: Floats | None = None) -> Draw:
    """The audit of this pool: the same for the same units, design and seed, in whatever order the units come.

    ``spreads`` (a stratum each, in the order of ``stratify``) come from an earlier audit; without them S_h is
    √(p(1−p)) of the stratum's mean risk p. Raises InvalidInput when a key occurs twice.
    """
    if not (pool.key[1:] > pool.key[:-1]).all():  # units come from the database in order: then nothing is moved
        pool = pool.rows(np.argsort(pool.key))
    if (pool.key[1:] == pool.key[:-1]).any():
        raise InvalidInput("A unit may be in the pool once; a key occurs twice.")
    rng = np.random.default_rng(seed)
    strata = stratify(pool)
    notes = _allocate(strata, design, _guess(strata, pool.risk) if spreads is None else spreads)
    stream = np.full(len(pool.key), -1)
    lot, rank = _lowest(rng.random(len(pool.key)), strata)
    own, before = strata.of_unit[lot], np.zeros(len(strata.size), np.int64)
    for name in SAMPLES:
        upto = before + strata.reads[name]
        stream[lot[(rank >= before[own]) & (rank < upto[own])]] = STREAMS.index(name)
        before = upto
    rest = np.flatnonzero((stream < 0) & ~pool.held)
    stream[_highest(rest, pool.priority, design.fix)] = STREAMS.index("FIX")
    strata.reads["FIX"] = np.bincount(strata.of_unit[stream == 0], minlength=len(strata.size))
    chosen = rng.permutation(np.flatnonzero(stream >= 0))  # reading order tells nothing of the stream
    shares = np.stack([strata.reads[name] / np.maximum(strata.size, 1) for name in STREAMS])
    shares[0] = np.nan
    own, drawn = strata.of_unit[chosen], stream[chosen]
    notes += tuple(_shortfalls(design, strata))
    return Draw(pool.key[chosen], drawn, own, shares[drawn, own] if len(own) else np.zeros(0), strata, notes)


def stratify(pool: Pool) -> Strata:
    """held × finding × decision × source × risk quartile within these, empty ones left out; no reads given yet."""
    columns = (pool.held.astype(np.int64), pool.finding, pool.decision, pool.source)
    cell = np.zeros(len(pool.key), np.int64)
    for column in columns:
        cell = cell * (int(column.max(initial=0)) + 1) + column
    narrow = cell.astype(np.min_scalar_type(int(cell.max(initial=0))))  # few cells: numpy then sorts in linear time
    order = np.argsort(narrow, kind="stable")
    count = np.bincount(cell) if len(cell) else np.zeros(0, np.int64)
    code = np.empty(len(order), np.int64)
    risk, stop = pool.risk[order], np.cumsum(count)
    for number in np.flatnonzero(count):
        own = slice(stop[number] - count[number], stop[number])
        code[order[own]] = number * QUARTILES + _quartiles(risk[own])
    size = np.bincount(code) if len(code) else np.zeros(0, np.int64)
    known = np.flatnonzero(size)
    dense = np.cumsum(size > 0) - 1
    one = np.empty(len(size), np.int64)
    one[code] = np.arange(len(code))  # some unit of each stratum: it says what the stratum is of
    some = one[known]
    return Strata(
        dense[code], pool.finding[some], pool.decision[some], pool.source[some], known % QUARTILES,
        pool.held[some], size[known], {},
    )  # fmt: skip


def _quartiles(risk: Floats) -> Ints:
    """Each unit's quartile, rank·4 // n with ties by place, from three order statistics instead of a sort."""
    n = len(risk)
    found = np.zeros(n, np.int64)
    for quarter in range(1, QUARTILES):
        bound = -(-n * quarter // QUARTILES)  # the first rank that is in this quarter
        if bound >= n:
            break
        least = np.partition(risk, bound)[bound]
        below = risk < least
        below[np.flatnonzero(risk == least)[: bound - int(below.sum())]] = True
        found += ~below
    return found


def fix_priority(risk: Floats, weight: Floats, finding: Ints, decision: Ints) -> Floats:
    """What FIX reads first, (N,): training weight × predicted badness × rarity of the finding.

    An uncertain label is not trained on until it is read, so it counts as if it had full weight. Rarity is
    1/√(share of positives), the rarest finding's being 1.
    """
    units = np.maximum(np.bincount(finding), 1) if len(finding) else np.ones(1)
    positive = np.bincount(finding[decision == 0], minlength=len(units))
    rarity = 1 / np.sqrt((positive + 1) / (units + 1))
    return np.asarray(risk * np.where(decision == UNCERTAIN, 1.0, weight) * rarity[finding] / rarity.max())


def _lowest(number: Floats, strata: Strata) -> tuple[Ints, Ints]:
    """The units with the lowest numbers of their stratum, as many as its streams need or more, and each one's rank.

    Only numbers that are low enough to matter are sorted; should a stratum have too few of them, all are.
    """
    need = np.sum([strata.reads[name] for name in SAMPLES], axis=0)
    likely = (need + 10 * np.sqrt(need) + 30) / strata.size
    rows = np.flatnonzero(number <= likely[strata.of_unit])
    count = np.bincount(strata.of_unit[rows], minlength=len(strata.size))
    if (count < need).any():
        rows, count = np.arange(len(number)), strata.size
    lot = rows[np.lexsort((number[rows], strata.of_unit[rows]))]
    return lot, np.arange(len(lot)) - np.repeat(np.cumsum(count) - count, count)


def _guess(strata: Strata, risk: Floats) -> Floats:
    p = np.clip(np.bincount(strata.of_unit, risk, len(strata.size)) / strata.size, 0.01, 0.99)
    return np.asarray(np.sqrt(p * (1 - p)))


def _allocate(strata: Strata, design: Design, spreads: Floats) -> tuple[str, ...]:
    """Give each stratum its reads: MEASURE by Neyman, SENTINEL and HOLDOUT in proportion to size."""
    if len(spreads) != len(strata.size):
        raise InvalidInput(f"There are {len(strata.size)} strata and {len(spreads)} spreads; give one for each.")
    frames: dict[Stream, NDArray[np.bool_]] = {
        "MEASURE": ~strata.held & (strata.decision != UNCERTAIN),
        "HOLDOUT": strata.held,
    }
    frames["SENTINEL"] = frames["MEASURE"]
    strata.reads.update({name: np.zeros(len(strata.size), np.int64) for name in STREAMS})
    rows = frames["MEASURE"]
    strata.reads["MEASURE"][rows], notes = neyman(strata.size[rows], spreads[rows], design.measure, design.floor)
    left = strata.size - strata.reads["MEASURE"]
    rest: tuple[tuple[Stream, int], ...] = (("SENTINEL", design.sentinel), ("HOLDOUT", design.holdout))
    for name, budget in rest:
        rows = frames[name] & (left > 0)
        strata.reads[name][rows] = neyman(left[rows], np.ones(int(rows.sum())), budget, 0)[0]
    return notes


def _highest(rows: Ints, priority: Floats, n: int) -> Ints:
    """The n of these rows with the highest priority, ties by row; without sorting the others."""
    if n <= 0 or not len(rows):
        return rows[:0]
    if n < len(rows):
        least = np.partition(priority[rows], len(rows) - n)[len(rows) - n]
        rows = rows[priority[rows] >= least]
    return rows[np.argsort(-priority[rows], kind="stable")][:n]


def _shortfalls(design: Design, strata: Strata) -> list[str]:
    asked: dict[Stream, int] = {
        "FIX": design.fix,
        "MEASURE": design.measure,
        "SENTINEL": design.sentinel,
        "HOLDOUT": design.holdout,
    }
    got = {name: int(strata.reads[name].sum()) for name in STREAMS}
    return [
        f"{name} asked for {asked[name]} reads and there are {got[name]} units left for it; all are taken."
        for name in STREAMS
        if got[name] < asked[name]
    ]
