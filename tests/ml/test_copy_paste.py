"""Simple Copy-Paste: targets are the union, donors are what people marked, normal films stay normal when asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.learning.recipe.parts import CopyPaste
from overread_worker.ml.copy_paste import CopyPaster
from overread_worker.ml.dataset import Cache

SIZE = 32


def cache(machine: bool = False) -> Cache:
    """A normal film, one with finding 0 in a corner, one with finding 1 in the middle; bright where marked."""
    films, masks = np.full((3, SIZE, SIZE), 50, np.uint8), np.zeros((3, SIZE, SIZE), np.uint8)
    masks[1, 2:10, 2:10], masks[2, 12:20, 12:24] = 1, 2
    films[1, 2:10, 2:10], films[2, 12:20, 12:24] = 200, 220
    present = np.array([[False, False], [True, False], [False, True]])
    return Cache(films, masks, np.ones((3, 2), np.float32), present, np.full((3, 2), machine), ["a", "b", "c"])


@given(st.integers(0, 10_000), st.integers(0, 2), st.integers(1, 4), st.sampled_from([0.0, 0.5]))
def test_targets_are_the_union_and_pixels_follow(seed: int, row: int, pastes: int, jitter: float) -> None:
    data = cache()
    before = data.films.copy(), data.masks.copy()
    paste = CopyPaster(CopyPaste(1.0, pastes, abnormal_probability=1.0, jitter=jitter), data)
    film, masks = paste(data.films[row], data.masks[row], np.random.default_rng(seed))
    assert (masks & data.masks[row] == data.masks[row]).all()  # nothing that was marked is lost
    new = masks & ~data.masks[row]
    assert (film[(new == 0) & (data.masks[row] == 0)] == 50).all()  # and nothing changes where nothing was pasted
    assert new.any() or (masks == data.masks[row]).all()
    assert (data.films == before[0]).all()
    assert (data.masks == before[1]).all()
    if jitter == 0:
        assert (film[new > 0] >= 200).all()


def test_the_classification_target_follows_the_lesion() -> None:
    data, rng = cache(), np.random.default_rng(0)
    paste = CopyPaster(CopyPaste(1.0, abnormal_probability=1.0), data)
    found = [int(np.bitwise_or.reduce(paste(data.films[0], data.masks[0], rng)[1], axis=None)) for _ in range(60)]
    assert set(found) == {1, 2}
    assert 15 < found.count(1) < 45  # findings evenly


def test_a_normal_film_draws_an_abnormal_donor_with_its_probability() -> None:
    data, rng = cache(), np.random.default_rng(0)
    paste = CopyPaster(CopyPaste(1.0, abnormal_probability=0.5), data)
    pasted = [paste(data.films[0], data.masks[0], rng)[1].any() for _ in range(400)]
    assert 0.4 < np.mean(pasted) < 0.6
    rare = CopyPaster(CopyPaste(0.25, abnormal_probability=1.0), data)
    assert 0.18 < np.mean([rare(data.films[0], data.masks[0], rng)[1].any() for _ in range(400)]) < 0.32


def test_normal_films_only_when_asked() -> None:
    data, rng = cache(), np.random.default_rng(0)
    paste = CopyPaster(CopyPaste(1.0, 4, onto="normal", abnormal_probability=1.0), data)
    for row in (1, 2):
        film, masks = paste(data.films[row], data.masks[row], rng)
        assert film is not None
        assert (film == data.films[row]).all()
        assert (masks == data.masks[row]).all()
    assert paste(data.films[0], data.masks[0], rng)[1].any()


@pytest.mark.parametrize("emptied", ["machine", "weights"])
def test_no_lesion_comes_from_a_machine_or_from_what_is_unknown(emptied: str, tmp_path: Path) -> None:
    data = cache(machine=emptied == "machine")
    if emptied == "weights":
        data = replace(data, weights=np.zeros((3, 2), np.float32))
    paste = CopyPaster(CopyPaste(1.0, abnormal_probability=1.0), data)
    rng = np.random.default_rng(0)
    assert not any(paste(data.films[0], data.masks[0], rng)[1].any() for _ in range(40))


def test_a_blended_edge_fades_and_a_hard_one_does_not() -> None:
    data = cache()
    hard, soft = (CopyPaster(CopyPaste(1.0, abnormal_probability=1.0, blend=blend), data) for blend in (0.0, 4.0))
    values = [np.unique(p(data.films[0], data.masks[0], np.random.default_rng(1))[0]) for p in (hard, soft)]
    assert len(values[0]) == 2
    assert len(values[1]) > 4
