"""The four streams of an audit (definitions: section 4), drawn at once from a stored design and a seed.

FIX takes the worst first, or in the end the rest of the films that are looked at anyway. What the worst leave, decided,
with a weight, and without a person's word would teach unread: of each finding this is the gate's population, or its
positives where a machine teaches the contour alone. Every film gets one random number, which its findings share, so
that one look serves them all; the rank among a finding's units is its drawn order. MEASURE reads a prefix of it, a
simple random sample without replacement, and more reads are a longer prefix. A few positives beyond it, the next ones
in that order, are for estimates of positives and for certificates by side; they are not in the gate's sample. SENTINEL
takes the end of the order, where no prefix soon comes, and yet stands on the films that MEASURE looks at: of each
finding a few of the first places, chosen at random, are moved to the end. Places are chosen whatever unit stands there,
so that the order stays a uniformly random one. Of contours too SENTINEL takes negatives wherever they are decided:
readers are tested on both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.sampling.orders import film_numbers, highest, ranks
from overread.domain.sampling.repairs import POSITIVE, UNCERTAIN, rest_of_films
from overread.domain.words import FixBy, Stream, Teaches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
STREAMS: tuple[Stream, ...] = ("FIX", "MEASURE", "SENTINEL", "HOLDOUT")
FIX, MEASURE, SENTINEL, HOLDOUT = range(4)
SHARES = (20, 65, 10, 5)  # percent of the reads for FIX, MEASURE, SENTINEL, HOLDOUT
MOST_READS = 1_000_000  # of one stream: more than any department reads
POSITIVES = 12  # positives of a finding that are read at least: below it a mean Dice says little


@dataclass(frozen=True)
class Design:
    """Budgets of the four streams in reads; MEASURE's and, by film, SENTINEL's are shared out evenly among findings.
    ``positives``: of each finding at least so many positives are read, beyond the budget where it takes more.
    ``by_film``: a film's findings share one random number; else, as older versions drew, each unit has its own.
    ``teaches``: what the labels may teach, so that of "contour" positives alone are the gate's population. ``fix_by``:
    FIX takes the riskiest labels anywhere, or what the gate does not speak of on films that are looked at anyway."""

    fix: int
    measure: int
    sentinel: int
    holdout: int
    positives: int = 0
    by_film: bool = False
    teaches: Teaches = "all"
    fix_by: FixBy = "risk"

    def __post_init__(self) -> None:
        budgets = (self.fix, self.measure, self.sentinel, self.holdout, self.positives)
        if min(budgets) < 0 or max(budgets) > MOST_READS:
            raise InvalidInput(f"A budget is a number of reads: 0 to {MOST_READS:,}.")

    @classmethod
    def of_minutes(
        cls, minutes: float, seconds_per_read: float, positives: int = 0, shares: Sequence[int] = SHARES
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
        return cls(fix, measure, sentinel, holdout, positives)


@dataclass(frozen=True)
class Pool:
    """The units of a labelling, a row each: a unique ``key``, its ``film`` ≥ 0, the codes ≥ 0 of finding (of one film
    each at most once), the ``decision`` 0…2, the ``priority`` (FIX reads the highest first), whether the label is
    ``decided`` with a weight, so that it may teach with nobody's word on it, whether a person read the unit in an
    earlier audit (``read_before``), and whether the film is ``held`` out since the project's start: such units are
    HOLDOUT or nothing."""

    key: Ints
    film: Ints
    finding: Ints
    decision: Ints
    priority: Floats
    decided: Bools
    read_before: Bools
    held: Bools

    def rows(self, index: Ints) -> "Pool":
        """These rows, in this order."""
        return Pool(**{name: column[index] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Strata:
    """Each unit's stratum (N,), and of each stratum (H,) what it is of, its size, how many of its units are in the
    gate's ``population``, and the reads of each stream."""

    of_unit: Ints
    finding: Ints
    decision: Ints
    held: Bools
    size: Ints
    population: Ints
    reads: dict[Stream, Ints]


@dataclass(frozen=True)
class Draw:
    """The drawn items in reading order: key, stream (index in STREAMS), stratum, inclusion probability (NaN in FIX,
    which is no sample) and rank in their finding's drawn order (−1: not in the population); ``sample`` is the length of
    each finding's prefix that the gate judges; then the table of strata, and sentences on what could not be had."""

    key: Ints
    stream: Ints
    stratum: Ints
    probability: Floats
    rank: Ints
    sample: Ints
    strata: Strata
    notes: tuple[str, ...]


def draw(pool: Pool, design: Design, seed: int) -> Draw:
    """The audit of this pool: the same for the same units, design and seed, in whatever order the units come.

    Raises InvalidInput when a key occurs twice.
    """
    if not (pool.key[1:] > pool.key[:-1]).all():  # units come from the database in order: then nothing is moved
        pool = pool.rows(np.argsort(pool.key))
    if (pool.key[1:] == pool.key[:-1]).any():
        raise InvalidInput("A unit may be in the pool once; a key occurs twice.")
    rng = np.random.default_rng(seed)
    number = rng.random(len(pool.key))
    stream, rank, sample = _order(pool, design, number, seed)
    able = _able(pool, stream)
    stream[_more_positives(pool, rank >= 0, rank, stream, design.positives)] = MEASURE
    if not design.by_film:
        stream[highest(np.flatnonzero(able & (stream < 0)), number, design.sentinel)] = SENTINEL
    if design.fix_by == "film":
        seen = pool.film[stream >= 0]
        others = (rank < 0) & (stream < 0) & ~pool.held & ~pool.read_before  # the population's order stays what it is
        stream[rest_of_films(pool.film, seen, others, design.fix, seed)] = FIX
    stream[highest(np.flatnonzero(pool.held), -number, design.holdout)] = HOLDOUT
    strata = stratify(pool, rank >= 0)
    strata.reads.update(
        {name: np.bincount(strata.of_unit[stream == i], minlength=len(strata.size)) for i, name in enumerate(STREAMS)}
    )
    early = (rank >= 0) & (rank < sample[pool.finding])
    chosen = _by_film(pool, stream, early, seed, rng) if design.by_film else _by_unit(pool, stream, rank, rng)
    own, drawn = strata.of_unit[chosen], stream[chosen]
    found = _shares(strata, design, able)[drawn, own] if len(own) else np.zeros(0)
    return Draw(
        pool.key[chosen], drawn, own, found, rank[chosen], sample, strata, tuple(_shortfalls(design, strata))
    )  # fmt: skip


def drawn_order(pool: Pool, design: Design, seed: int) -> Ints:
    """Each unit's place, from 0, in the drawn order of its finding's population; −1 outside. Units in key order."""
    return _order(pool, design, np.random.default_rng(seed).random(len(pool.key)), seed)[1]


def _order(pool: Pool, design: Design, number: Floats, seed: int) -> tuple[Ints, Ints, Ints]:
    """The units' streams with FIX by risk, MEASURE's prefixes and by film SENTINEL settled (−1 else), their ranks, and
    each finding's length of prefix. ``number`` is each unit's own."""
    stream, finding = np.full(len(pool.key), -1), pool.finding
    if design.fix_by == "risk":
        stream[highest(np.flatnonzero(~pool.held & ~pool.read_before), pool.priority, design.fix)] = FIX
    able = _able(pool, stream)
    inside = able if design.teaches == "all" else able & (pool.decision == POSITIVE)
    sample = even_shares(design.measure, _counts(finding, inside))
    if design.by_film:
        number, own = film_numbers(pool.film, seed), number
        tests = even_shares(design.sentinel, _counts(finding, able) - sample)
        turn = ranks(own, finding, able & (ranks(number, finding, able) < (sample + tests)[finding]))
        moved = (turn >= 0) & (turn < tests[finding])
        stream[moved], number = SENTINEL, number + moved
    rank = ranks(number, finding, inside)
    stream[inside & (rank < sample[finding])] = MEASURE
    return stream, rank, sample


def _able(pool: Pool, stream: Ints) -> Bools:
    """The units that are decided with nobody's word, (N,), once FIX is settled."""
    return np.asarray(pool.decided & ~pool.read_before & ~pool.held & (stream != FIX))


def _counts(finding: Ints, inside: Bools) -> Ints:
    """Units of each finding that are ``inside``, (F,)."""
    return np.bincount(finding[inside], minlength=int(finding.max(initial=-1)) + 1)


def even_shares(budget: int, population: Ints) -> Ints:
    """Reads of each finding, (F,): as even as can be, none more than its population has; others take the rest."""
    low, high = 0, int(population.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(population, middle).sum() <= budget else (low, middle - 1)
    reads = np.minimum(population, low)
    more = np.flatnonzero(population > reads)[: max(0, budget - int(reads.sum()))]
    reads[more] += 1
    return reads


def stratify(pool: Pool, inside: Bools) -> Strata:
    """held × finding × decision, empty ones left out; no reads given yet."""
    findings = int(pool.finding.max(initial=0)) + 1
    cell = (pool.held.astype(np.int64) * findings + pool.finding) * (UNCERTAIN + 1) + pool.decision
    count = np.bincount(cell, minlength=2 * findings * (UNCERTAIN + 1))
    known = np.flatnonzero(count)
    population = np.bincount(cell[inside], minlength=len(count))
    dense = np.cumsum(count > 0) - 1
    finding, decision = known // (UNCERTAIN + 1) % findings, known % (UNCERTAIN + 1)
    held = known >= findings * (UNCERTAIN + 1)
    return Strata(dense[cell], finding, decision, held, count[known], population[known], {})


def _by_film(pool: Pool, stream: Ints, early: Bools, seed: int, rng: np.random.Generator) -> Ints:
    """The drawn units, a film's together and films anywhere in the queue, so that their place tells nothing of the
    stream; but those with an ``early`` unit (a prefix's, or SENTINEL's, which stands among them) by their number and
    evenly spread, so that what is read by a moment is nearly a prefix of the drawn order."""
    rows = np.flatnonzero(stream >= 0)
    films, film = np.unique(pool.film[rows], return_inverse=True)
    place = rng.random(len(films))
    queue = np.unique(film[early[rows]])
    queue = queue[np.argsort(film_numbers(films[queue], seed))]
    place[queue] = (np.arange(len(queue)) + place[queue]) / max(len(queue), 1)
    return np.asarray(rows[np.argsort(place[film], kind="stable")])


def _by_unit(pool: Pool, stream: Ints, rank: Ints, rng: np.random.Generator) -> Ints:
    """The same as older versions did it: each unit anywhere in the queue, MEASURE's of a finding by rank."""
    rows = np.flatnonzero(stream >= 0)
    place = rng.random(len(rows))
    turn = ranks(rank.astype(np.float64), pool.finding, stream == MEASURE)[rows]
    own = np.flatnonzero(turn >= 0)
    finding = pool.finding[rows[own]]
    place[own] = (turn[own] + place[own]) / np.bincount(finding)[finding]
    return np.asarray(rows[np.argsort(place)])


def _more_positives(pool: Pool, inside: Bools, rank: Ints, stream: Ints, wanted: int) -> Ints:
    """The next positives in each finding's order, so that MEASURE has ``wanted`` of them."""
    able = inside & (pool.decision == POSITIVE)
    have = np.bincount(pool.finding[able & (stream == MEASURE)], minlength=int(pool.finding.max(initial=-1)) + 1)
    rows = np.flatnonzero(able & (stream < 0))
    rows = rows[np.lexsort((rank[rows], pool.finding[rows]))]
    own = pool.finding[rows]
    count = np.bincount(own, minlength=len(have))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows[place < wanted - have[own]]


def _shares(strata: Strata, design: Design, able: Bools) -> Floats:
    """Inclusion probabilities by stream and stratum, (4, H). SENTINEL's are of a finding's units that were ``able``, or
    by unit of all that MEASURE left."""
    shares, reads = np.full((len(STREAMS), len(strata.size)), np.nan), strata.reads
    shares[MEASURE] = reads["MEASURE"] / np.maximum(strata.population, 1)
    of = strata.finding if design.by_film else np.zeros_like(strata.finding)
    count = np.bincount(strata.of_unit[able], minlength=len(strata.size))
    left = count if design.by_film else count - reads["MEASURE"]
    shares[SENTINEL] = (np.bincount(of, reads["SENTINEL"]) / np.maximum(np.bincount(of, left), 1))[of]
    shares[HOLDOUT] = min(1.0, design.holdout / max(int(strata.size[strata.held].sum()), 1))
    return shares


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
