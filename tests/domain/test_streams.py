"""Streams are disjoint samples with the stated probabilities, the same whatever the order of the units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.errors import InvalidInput
from backend.domain.streams import STREAMS, Design, Pool, draw, fix_priority, neyman, stratify


def pool_of(seed: int, n: int, held: float = 0.1) -> Pool:
    rng = np.random.default_rng(seed)
    risk = rng.beta(1, 4, n)
    return Pool(
        rng.permutation(10 * n)[:n].astype(np.int64), rng.integers(0, 2, n), rng.integers(0, 3, n),
        rng.integers(0, 2, n), risk, risk * rng.random(n), rng.random(n) < held,
    )  # fmt: skip


def test_neyman_by_the_textbook() -> None:
    """Cochran's rule n_h ∝ N_h S_h: 100·2, 200·1, 300·4 of 80 reads → 10, 10, 60."""
    reads, notes = neyman(np.array([100, 200, 300]), np.array([2.0, 1.0, 4.0]), 80, 8)
    assert reads.tolist() == [10, 10, 60]
    assert notes == ()


def test_a_floor_lifts_and_a_small_stratum_is_taken_whole_and_said_so() -> None:
    reads, notes = neyman(np.array([5, 200, 1000]), np.array([0.3, 0.0, 0.5]), 60, 8)
    assert reads.tolist() == [5, 8, 47]
    assert "taken whole" in notes[0]


def test_a_floor_beyond_the_budget_is_lowered_for_all_and_said_so() -> None:
    reads, notes = neyman(np.array([50, 50, 50]), np.ones(3), 13, 8)
    assert sorted(reads.tolist()) == [4, 4, 5]
    assert "the floor is 4" in notes[0]


@given(
    st.lists(st.tuples(st.integers(1, 500), st.floats(0, 0.5)), min_size=1, max_size=30),
    st.integers(0, 900),
    st.integers(0, 10),
)
def test_an_allocation_spends_the_budget_within_floor_and_size(
    strata: list[tuple[int, float]], budget: int, floor: int
) -> None:
    sizes, spreads = np.array([s for s, _ in strata]), np.array([s for _, s in strata])
    reads, _ = neyman(sizes, spreads, budget, floor)
    assert reads.sum() == min(budget, sizes.sum())
    assert (reads <= sizes).all()
    if np.minimum(floor, sizes).sum() <= budget:
        assert (reads >= np.minimum(floor, sizes)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(0, 400), st.tuples(*[st.integers(0, 60)] * 4))
def test_a_draw_is_disjoint_and_the_same_for_any_order(seed: int, n: int, budgets: tuple[int, int, int, int]) -> None:
    pool = pool_of(seed, n)
    drawn = draw(pool, Design(*budgets), seed)
    assert len(set(drawn.key.tolist())) == len(drawn.key)
    again = draw(pool.rows(np.random.default_rng(seed + 1).permutation(n)), Design(*budgets), seed)
    for name in ("key", "stream", "stratum", "probability"):
        assert getattr(drawn, name).tobytes() == getattr(again, name).tobytes()
    row = {key: i for i, key in enumerate(pool.key.tolist())}
    rows = np.array([row[key] for key in drawn.key.tolist()], dtype=np.int64)
    assert (pool.held[rows] == (drawn.stream == STREAMS.index("HOLDOUT"))).all()
    sampled = np.isin(drawn.stream, [STREAMS.index("MEASURE"), STREAMS.index("SENTINEL")])
    assert (pool.decision[rows[sampled]] < 2).all()
    for index, budget in enumerate(budgets):
        got = int((drawn.stream == index).sum())
        assert got == budget or any(note.startswith(STREAMS[index]) for note in drawn.notes)
        assert got == drawn.strata.reads[STREAMS[index]].sum()


def test_the_inclusion_probability_is_what_happens() -> None:
    pool, hits = pool_of(3, 150), {name: np.zeros(150) for name in STREAMS}
    stated = {name: np.zeros(150) for name in STREAMS}
    order = np.argsort(pool.key)
    for seed in range(800):
        drawn = draw(pool, Design(10, 60, 12, 6, 2), seed)
        rows = order[np.searchsorted(pool.key[order], drawn.key)]
        for index, name in enumerate(STREAMS):
            own = drawn.stream == index
            hits[name][rows[own]] += 1
            stated[name][rows[own]] = drawn.probability[own]
    for name in ("MEASURE", "SENTINEL", "HOLDOUT"):
        seen = hits[name] > 0
        spread = np.sqrt(stated[name] * (1 - stated[name]) / 800)
        assert (np.abs(hits[name] / 800 - stated[name]) <= 5 * spread + 1e-12)[seen].all(), name


def test_fix_is_the_worst_of_what_is_left() -> None:
    pool = pool_of(5, 300)
    drawn = draw(pool, Design(20, 50, 10, 5), 1)
    priority = dict(zip(pool.key.tolist(), pool.priority.tolist(), strict=True))
    fixed = set(drawn.key[drawn.stream == 0].tolist())
    free = set(pool.key[~pool.held].tolist()) - set(drawn.key[drawn.stream > 0].tolist())
    assert fixed == set(sorted(free, key=lambda key: -priority[key])[:20])


def test_the_position_tells_nothing_of_the_stream() -> None:
    """Mean rank of each stream over 150 draws: the middle."""
    pool, ranks = pool_of(7, 400), np.zeros(4)
    for seed in range(150):
        drawn = draw(pool, Design(40, 40, 20, 10), seed)
        ranks += [np.flatnonzero(drawn.stream == index).mean() / (len(drawn.key) - 1) for index in range(4)]
    assert np.abs(ranks / 150 - 0.5).max() < 0.04


def test_quartiles_hold_a_quarter_each_and_rise_with_risk() -> None:
    pool = pool_of(1, 800, held=0.0)
    strata = stratify(pool)
    assert strata.size.sum() == 800
    for stratum in range(len(strata.size)):
        own = strata.of_unit == stratum
        assert set(pool.finding[own]) == {strata.finding[stratum]}
        higher = (strata.finding == strata.finding[stratum]) & (strata.decision == strata.decision[stratum])
        higher &= (strata.source == strata.source[stratum]) & (strata.quartile == strata.quartile[stratum] + 1)
        for other in np.flatnonzero(higher):
            assert pool.risk[own].max() <= pool.risk[strata.of_unit == other].min()
            assert abs(int(own.sum()) - int(strata.size[other])) <= 1


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
