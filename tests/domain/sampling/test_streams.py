"""Streams are disjoint, MEASURE is a prefix of one random order, and a draw is the same whatever the units' order."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overread.domain.errors import InvalidInput
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
    fix_priority,
)
from overread.domain.words import Teaches


def pool_of(seed: int, n: int, held: float = 0.1) -> Pool:
    rng = np.random.default_rng(seed)
    decision = rng.integers(0, 3, n)
    return Pool(
        rng.permutation(10 * n)[:n].astype(np.int64), rng.integers(0, 2, n), decision, rng.random(n),
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
@given(st.integers(0, 99), st.integers(0, 400), st.tuples(*[st.integers(0, 60)] * 4), st.integers(0, 20))
def test_a_draw_is_disjoint_and_the_same_for_any_order(
    seed: int, n: int, budgets: tuple[int, int, int, int], positives: int
) -> None:
    pool, design = pool_of(seed, n), Design(*budgets, positives)
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
    whole, contour = (Design(*budgets, 12, teaches) for teaches in get_args(Teaches))
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


def test_measure_is_a_prefix_of_the_drawn_order_and_the_next_positives() -> None:
    pool = pool_of(3, 500)
    pool = pool.rows(np.argsort(pool.key))
    drawn = draw(pool, Design(20, 30, 10, 5, 12), 4)
    rank = drawn_order(pool, Design(20, 0, 0, 0), 4)
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
    order = drawn_order(pool, Design(20, 0, 0, 0), 4)
    assert (draw(pool, Design(20, 60, 10, 5, 12), 4).rank >= -1).all()
    assert (order == rank).all()


def test_each_unit_of_the_population_is_as_likely_to_be_measured() -> None:
    pool, hits = pool_of(3, 150), np.zeros(150)
    order = np.argsort(pool.key)
    inside = drawn_order(pool.rows(order), Design(10, 0, 0, 0), 0)
    for seed in range(800):
        drawn = draw(pool, Design(10, 40, 12, 6), seed)
        hits[order[np.searchsorted(pool.key[order], drawn.key[drawn.stream == MEASURE])]] += 1
    for finding in range(2):
        own = order[(inside >= 0) & (pool.finding[order] == finding)]
        expected = 20 / len(own)
        assert np.abs(hits[own] / 800 - expected).max() <= 5 * np.sqrt(expected * (1 - expected) / 800)
    assert hits[order[inside < 0]].sum() == 0


def test_fix_is_the_worst_of_all_that_nobody_has_told() -> None:
    pool = pool_of(5, 300)
    drawn = draw(pool, Design(20, 50, 10, 5), 1)
    priority = dict(zip(pool.key.tolist(), pool.priority.tolist(), strict=True))
    fixed = set(drawn.key[drawn.stream == FIX].tolist())
    free = set(pool.key[~pool.held & ~pool.read_before].tolist())
    assert fixed == set(sorted(free, key=lambda key: -priority[key])[:20])


def test_the_position_tells_nothing_of_the_stream() -> None:
    """Mean rank of each stream over 150 draws: the middle."""
    pool, ranks = pool_of(7, 400), np.zeros(4)
    for seed in range(150):
        drawn = draw(pool, Design(40, 40, 20, 10), seed)
        ranks += [np.flatnonzero(drawn.stream == index).mean() / (len(drawn.key) - 1) for index in range(4)]
    assert np.abs(ranks / 150 - 0.5).max() < 0.04


def test_budgets() -> None:
    design = Design.of_minutes(100, 60)
    assert (design.fix, design.measure, design.sentinel, design.holdout) == (50, 35, 10, 5)
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
