"""Streams are disjoint, MEASURE is a prefix of one random order, and a draw is the same whatever the units' order."""

import hashlib
from collections import Counter
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overread.domain.errors import InvalidInput
from overread.domain.sampling.orders import film_numbers
from overread.domain.sampling.repairs import fix_priority
from overread.domain.sampling.streams import (
    FIX,
    HOLDOUT,
    MEASURE,
    SENTINEL,
    STREAMS,
    Design,
    Pool,
    draw,
    drawn_order,
    even_shares,
)
from overread.domain.words import Teaches

BEFORE = "24c64bb0330953b3344b01719a2cf191153cdedc99d4f1e1c5a108b0c48567ea"


def pool_of(seed: int, n: int, held: float = 0.1) -> Pool:
    rng = np.random.default_rng(seed)
    decision, unit = rng.integers(0, 3, n), np.arange(n)
    return Pool(
        rng.permutation(10 * n)[:n].astype(np.int64), unit // 2, unit % 2, decision, rng.random(n),
        (decision < 2) & (rng.random(n) < 0.9), rng.random(n) < 0.1, rng.random(n) < held,
    )  # fmt: skip


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(0, 3000))
def test_reads_are_shared_out_evenly_and_wholly(populations: list[int], budget: int) -> None:
    sizes = np.array(populations)
    reads = even_shares(budget, sizes)
    assert reads.sum() == min(budget, sizes.sum())
    assert (reads <= sizes).all()
    room = reads[reads < sizes]
    assert not len(room) or room.min() >= reads.max() - 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(0, 400), st.tuples(*[st.integers(0, 60)] * 4), st.integers(0, 20), st.booleans())
def test_a_draw_is_disjoint_and_the_same_for_any_order(
    seed: int, n: int, budgets: tuple[int, int, int, int], positives: int, by_film: bool
) -> None:
    pool, design = pool_of(seed, n), Design(*budgets, positives, by_film)
    drawn = draw(pool, design, seed)
    assert len(set(drawn.key.tolist())) == len(drawn.key)
    again = draw(pool.rows(np.random.default_rng(seed + 1).permutation(n)), design, seed)
    for name in ("key", "stream", "stratum", "probability", "rank"):
        assert getattr(drawn, name).tobytes() == getattr(again, name).tobytes()
    row = {key: i for i, key in enumerate(pool.key.tolist())}
    rows = np.array([row[key] for key in drawn.key.tolist()], dtype=np.int64)
    assert (pool.held[rows] == (drawn.stream == HOLDOUT)).all()
    sampled = np.isin(drawn.stream, [MEASURE, SENTINEL])
    assert (pool.decided[rows[sampled]] & ~pool.read_before[rows[sampled]]).all()
    assert not pool.read_before[rows[drawn.stream == FIX]].any()  # what a person has read needs no repair
    for index, budget in enumerate(budgets):
        got = int((drawn.stream == index).sum())
        assert got >= budget or any(note.startswith(STREAMS[index]) for note in drawn.notes)
        assert got == drawn.strata.reads[STREAMS[index]].sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(0, 400), st.tuples(*[st.integers(0, 60)] * 4))
def test_of_contours_the_order_is_of_positives_and_repairs_and_holdout_are_the_same(
    seed: int, n: int, budgets: tuple[int, int, int, int]
) -> None:
    pool = pool_of(seed, n)
    pool = pool.rows(np.argsort(pool.key))
    whole, contour = (Design(*budgets, 12, teaches=teaches) for teaches in get_args(Teaches))
    both, own = draw(pool, whole, seed), draw(pool, contour, seed)
    for stream in (FIX, HOLDOUT):
        assert set(own.key[own.stream == stream]) == set(both.key[both.stream == stream])
    places, among = drawn_order(pool, contour, seed), drawn_order(pool, whole, seed)
    inside = (among >= 0) & (pool.decision == 0)
    assert ((places >= 0) == inside).all()
    for finding in range(2):  # the same random numbers: the order among positives is what it was
        mine = np.flatnonzero(inside & (pool.finding == finding))
        assert (np.argsort(places[mine]) == np.argsort(among[mine])).all()
    rows = np.searchsorted(pool.key, own.key)
    assert not pool.decision[rows[own.stream == MEASURE]].any()
    tests = rows[own.stream == SENTINEL]
    assert (pool.decided[tests] & ~pool.read_before[tests] & ~pool.held[tests]).all()
    able = pool.decided & ~pool.read_before & ~pool.held
    left = int(able.sum() - np.isin(rows[np.isin(own.stream, [FIX, MEASURE])], np.flatnonzero(able)).sum())
    assert len(tests) == min(budgets[2], left)  # as long as anything is decided, readers are tested on it


@pytest.mark.parametrize("by_film", [True, False])
def test_measure_is_a_prefix_of_the_drawn_order_and_the_next_positives(by_film: bool) -> None:
    pool, design = pool_of(3, 500), Design(20, 30, 10, 5, 12, by_film=by_film)
    pool = pool.rows(np.argsort(pool.key))
    drawn, rank = draw(pool, design, 4), drawn_order(pool, design, 4)
    rows = np.searchsorted(pool.key, drawn.key)
    assert (rank[rows] == drawn.rank).all()
    for finding in range(2):
        own = (pool.finding[rows] == finding) & (drawn.stream == MEASURE)
        prefix = drawn.rank[own] < drawn.sample[finding]
        assert sorted(drawn.rank[own][prefix].tolist()) == list(range(drawn.sample[finding]))
        beyond = rows[own][~prefix]
        assert (pool.decision[beyond] == 0).all()
        positives = np.flatnonzero((pool.finding == finding) & (pool.decision == 0) & (rank >= 0))
        first = positives[np.argsort(rank[positives])][:12]
        assert set(first.tolist()) <= set(rows[own].tolist())
        ends = drawn.rank[(pool.finding[rows] == finding) & (drawn.stream == SENTINEL)]
        assert ends.min() > drawn.rank[own].max()  # a longer prefix meets no planted error soon


@pytest.mark.parametrize("by_film", [True, False])
def test_each_unit_of_the_population_is_as_likely_to_be_measured_and_to_test_readers(by_film: bool) -> None:
    pool, design, hits = pool_of(3, 150), Design(10, 40, 12, 6, by_film=by_film), np.zeros((4, 150))
    order = np.argsort(pool.key)
    inside = drawn_order(pool.rows(order), design, 0)
    for seed in range(800):
        drawn = draw(pool, design, seed)
        hits[drawn.stream, order[np.searchsorted(pool.key[order], drawn.key)]] += 1
    for finding in range(2):
        own = order[(inside >= 0) & (pool.finding[order] == finding)]
        for stream, reads in ((MEASURE, 20), (SENTINEL, 6)) if by_film else ((MEASURE, 20),):
            expected = reads / len(own)
            assert np.abs(hits[stream, own] / 800 - expected).max() <= 5 * np.sqrt(expected * (1 - expected) / 800)
    assert hits[MEASURE : SENTINEL + 1, order[inside < 0]].sum() == 0


def whole(films: int, findings: int = 5) -> Pool:
    """Every finding of every film in its population."""
    unit = np.arange(films * findings)
    no = np.zeros(len(unit), bool)
    return Pool(unit, unit // findings, unit % findings, np.ones(len(unit), np.int64), no * 1.0, ~no, no, no)


def test_one_look_serves_all_findings() -> None:
    """Five findings of forty reads lie on forty films, and SENTINEL's forty, eight a finding, on eight more; by unit on
    as many films as units, or nearly: of 2,000 films five draws of 48 meet 2,000·(1 − (1 − 48/2,000)^5) = 228.7."""
    pool = whole(2000)
    for seed in range(20):
        drawn = draw(pool, Design(0, 200, 0, 0, by_film=True), seed)
        assert len(set(pool.film[drawn.key].tolist())) == 40
        drawn = draw(pool, Design(0, 200, 40, 0, by_film=True), seed)
        assert len(set(pool.film[drawn.key].tolist())) == 48
    apart = [len(set(pool.film[draw(pool, Design(0, 200, 40, 0), seed).key].tolist())) for seed in range(40)]
    assert np.mean(apart) == pytest.approx(228.7, abs=2)


def test_every_order_of_a_findings_films_is_as_likely_as_any_other() -> None:
    """Four films and two findings, of which one is not to be had on the first film; two reads a finding, and a place
    of each that is moved to the end: 24 and 6 orders, χ² at most what 1 in 10,000 exceeds (23 and 5 degrees)."""
    pool = whole(4, 2)
    pool = pool.rows(np.flatnonzero((pool.film > 0) | (pool.finding == 0)))
    counts: tuple[Counter[tuple[int, ...]], Counter[tuple[int, ...]]] = (Counter(), Counter())
    for seed in range(3000):
        rank = drawn_order(pool, Design(0, 4, 2, 0, by_film=True), seed)
        for finding, count in enumerate(counts):
            count[tuple(rank[pool.finding == finding].tolist())] += 1
    for count, orders, limit in zip(counts, (24, 6), (58.6, 25.7), strict=True):
        assert len(count) == orders
        expected = 3000 / orders
        assert sum((n - expected) ** 2 / expected for n in count.values()) < limit


def test_a_films_other_items_do_not_give_away_its_sentinel() -> None:
    """It stands among what is measured, every finding of its film drawn; that one tests readers makes it no likelier
    that another of the film does: 8 of the first 48 places of each finding."""
    pool, both, one = whole(400), 0, 0
    for seed in range(200):
        drawn = draw(pool, Design(0, 200, 40, 0, by_film=True), seed)
        films, sentinels = pool.film[drawn.key], drawn.stream == SENTINEL
        assert (np.bincount(films)[np.unique(films[sentinels])] == 5).mean() > 0.9
        each = np.bincount(films[sentinels])
        both, one = both + int((each * (each - 1)).sum()), one + int(4 * each.sum())
    assert both / one == pytest.approx(8 / 48, abs=0.01)


def test_what_is_read_by_a_moment_is_a_prefix_of_each_order() -> None:
    pool = whole(300)
    drawn = draw(pool, Design(30, 100, 20, 0, by_film=True), 3)
    films = pool.film[drawn.key]
    assert len(set(films.tolist())) == 1 + np.count_nonzero(np.diff(films))  # a film's items come together
    for finding in range(5):
        ranks = drawn.rank[(pool.finding[drawn.key] == finding) & (drawn.stream == MEASURE)]
        assert ranks.tolist() == list(range(20))


def test_a_films_number_is_splitmix64s() -> None:
    """Its published outputs from the seed 1234567."""
    published = np.array([6457827717110365317, 3203168211198807973, 9817491932198370423], np.uint64)
    assert (film_numbers(np.arange(3), 1234567) == (published >> np.uint64(11)) * 2.0**-53).all()


def test_what_an_older_version_drew_comes_again_bit_for_bit() -> None:
    """The hash is of what the code of before drew from this pool."""
    drawn = draw(pool_of(11, 400), Design(20, 30, 10, 5, 12), 6)
    parts = (drawn.key, drawn.stream, drawn.stratum, drawn.probability, drawn.rank, drawn.sample)
    assert hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest() == BEFORE


def test_fix_is_the_worst_of_all_that_nobody_has_told() -> None:
    pool = pool_of(5, 300)
    drawn = draw(pool, Design(20, 50, 10, 5), 1)
    priority = dict(zip(pool.key.tolist(), pool.priority.tolist(), strict=True))
    fixed = set(drawn.key[drawn.stream == FIX].tolist())
    free = set(pool.key[~pool.held & ~pool.read_before].tolist())
    assert fixed == set(sorted(free, key=lambda key: -priority[key])[:20])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 99), st.integers(0, 400), st.tuples(*[st.integers(0, 60)] * 4), st.sampled_from(get_args(Teaches))
)
def test_by_film_fix_reads_the_rest_of_the_films_that_are_looked_at_and_changes_no_sample(
    seed: int, n: int, budgets: tuple[int, int, int, int], teaches: Teaches
) -> None:
    pool = pool_of(seed, n)
    pool = pool.rows(np.argsort(pool.key))
    alone = draw(pool, Design(0, *budgets[1:], 12, by_film=True, teaches=teaches), seed)
    drawn = draw(pool, Design(*budgets, 12, by_film=True, teaches=teaches, fix_by="film"), seed)
    for name in ("key", "probability", "rank"):
        one, other = (np.sort(getattr(own, name)[own.stream != FIX]) for own in (alone, drawn))
        assert np.array_equal(one, other, equal_nan=name == "probability")
    fixed = np.searchsorted(pool.key, drawn.key[drawn.stream == FIX])
    assert (drawn_order(pool, Design(0, *budgets[1:], 12, by_film=True, teaches=teaches), seed)[fixed] < 0).all()
    rows = np.searchsorted(pool.key, alone.key[np.isin(alone.stream, [MEASURE, SENTINEL])])
    looked_at = np.isin(pool.film, pool.film[rows])
    assert looked_at[fixed].all()  # no film is opened for it
    nobodys = looked_at & ~pool.held & ~pool.read_before & ~np.isin(pool.key, alone.key)
    if teaches == "all":
        assert len(fixed) == min(budgets[0], np.count_nonzero(nobodys & ~pool.decided))


@pytest.mark.parametrize("by_film", [True, False])
def test_the_position_tells_nothing_of_the_stream(by_film: bool) -> None:
    """Mean rank of each stream over 150 draws: the middle."""
    pool, ranks = pool_of(7, 400), np.zeros(4)
    for seed in range(150):
        drawn = draw(pool, Design(40, 40, 20, 10, by_film=by_film), seed)
        ranks += [np.flatnonzero(drawn.stream == index).mean() / (len(drawn.key) - 1) for index in range(4)]
    assert np.abs(ranks / 150 - 0.5).max() < 0.04


def test_budgets() -> None:
    design = Design.of_minutes(100, 60)
    assert (design.fix, design.measure, design.sentinel, design.holdout) == (20, 65, 10, 5)
    assert len(draw(pool_of(0, 50), Design(0, 0, 0, 0), 0).key) == 0
    with pytest.raises(InvalidInput):
        Design(-1, 0, 0, 0)
    with pytest.raises(InvalidInput):
        draw(pool_of(0, 50).rows(np.zeros(2, np.int64)), design, 0)


def test_minutes_are_shared_out_and_rounding_goes_to_the_first_stream_that_has_a_share() -> None:
    design = Design.of_minutes(10, 57, shares=(0, 70, 20, 10))
    assert (design.fix, design.measure, design.sentinel, design.holdout) == (0, 7, 2, 1)
    for shares in ((50, 35, 10), (50, 35, 10, 6), (-5, 90, 10, 5)):
        with pytest.raises(InvalidInput):
            Design.of_minutes(10, 60, shares=shares)


def test_fix_weighs_weight_badness_and_rarity_and_takes_the_uncertain_in_full() -> None:
    risk, weight = np.array([0.5, 0.5, 0.5, 0.2]), np.array([0.9, 0.3, 0.0, 0.9])
    finding, decision = np.array([0, 0, 0, 0]), np.array([0, 0, 2, 0])
    assert np.argsort(-fix_priority(risk, weight, finding, decision)).tolist() == [2, 0, 3, 1]
    common, rare = np.repeat([0, 1], 100), np.where(np.arange(200) < 150, 0, 1)
    rarer = fix_priority(np.ones(200), np.ones(200), common, rare)
    assert rarer[0] < rarer[100] == 1
    assert len(fix_priority(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))) == 0
