"""Tasks in their shares, planted errors that are errors, and second looks that come later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.imaging.masks import dice
from overread.domain.readers.plants import WRONG_DICE
from overread.domain.readers.tasks import LATER, TASKS, plant_any, reading_order, share_tasks


@given(st.integers(0, 60), st.integers(0, 99))
def test_every_item_has_a_task_and_the_shares_are_kept(n: int, seed: int) -> None:
    tasks = share_tasks(n, TASKS, np.random.default_rng(seed))
    assert len(tasks) == n
    for task, percent in TASKS.items():
        assert abs(tasks.count(task) - n * percent / 100) < 1


@pytest.mark.parametrize("lesion", [True, False])
def test_a_planted_mask_is_wrong_whatever_the_label_shows(lesion: bool) -> None:
    mask = np.zeros((64, 64), bool)
    mask[20:30, 8:20] = lesion
    kinds = set()
    for seed in range(30):
        made = plant_any(mask, np.random.default_rng(seed))
        assert made is not None
        kinds.add(made[0])
        assert not np.array_equal(made[1], mask)
        assert not dice(made[1], mask) > WRONG_DICE  # type: ignore[operator]
        assert made[1].any()  # an empty one is right wherever the machine saw what is not there
    assert len(kinds) == 5 if lesion else kinds == {"false"}  # one lesion cannot be removed and leave any
    full = plant_any(np.ones((4, 4), bool), np.random.default_rng(0))
    assert full is not None
    assert full[0] == "eroded"  # what fills the film leaves no room for anything else


def test_what_an_older_version_planted_is_planted_again() -> None:
    mask = np.zeros((64, 64), bool)
    mask[20:30, 8:20] = True
    made = [plant_any(mask, np.random.default_rng(seed), shows=False) for seed in range(30)]
    assert "removed" in {kind for kind, _ in filter(None, made)}


def test_second_looks_are_anywhere_and_looks_again_come_later() -> None:
    turns = reading_order(40, [3, 20], [0, 5, 39], np.random.default_rng(1))
    assert [i for i, look in turns if look == "first"] == list(range(40))
    assert sorted(i for i, look in turns if look == "second") == [3, 20]
    for film in (0, 5, 39):
        first, again = turns.index((film, "first")), turns.index((film, "again"))
        assert again - first >= min(LATER * 40, 40 - film) - 1
