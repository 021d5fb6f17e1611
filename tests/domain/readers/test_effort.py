"""What a read costs: by the numbers of the paper, and by what a hand has done."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.readers.effort import (
    HAND,
    LOOK,
    LOOK_BLIND,
    SAVE,
    Gestures,
    own_seconds,
    pace_of,
    seconds_of,
    seconds_of_film,
    share_out,
    work_of,
)
from overread.domain.words import WORKS, Work

works = st.sampled_from(WORKS)


def test_gestures_take_what_the_keystroke_level_model_gives_them() -> None:
    assert Gestures(1, 0, 0, 0, 0).seconds == 1.35
    assert Gestures(0, 1, 0, 0, 0).seconds == 0.28
    assert Gestures(0, 0, 1, 0, 0).seconds == 1.1
    assert Gestures(0, 0, 0, 3, 10).seconds == pytest.approx(0.9 * 3 + 0.16 * 10)
    # A line of the paper's kind: think, point, press, draw two stretches of 5 cm together.
    assert Gestures(1, 1, 1, 2, 5).seconds == pytest.approx(1.35 + 0.28 + 1.1 + 1.8 + 0.8)


def test_every_kind_of_work_has_its_seconds_and_the_look_is_in_them() -> None:
    assert set(HAND) == set(WORKS)
    assert seconds_of("accept") == pytest.approx(LOOK + SAVE)
    assert seconds_of("draw") == pytest.approx(LOOK_BLIND + HAND["draw"] + SAVE)
    order = ["accept", "reject", "adopt", "slider", "redraw", "draw"]
    assert sorted(order, key=seconds_of) == order  # type: ignore[arg-type]


def test_a_project_s_own_seconds_stand_for_the_model_s() -> None:
    assert seconds_of("redraw", {"redraw": 40.0}) == 40
    assert seconds_of("draw", {"redraw": 40.0}) == seconds_of("draw")


def test_a_film_is_looked_at_once() -> None:
    assert seconds_of_film([], blind=False) == seconds_of_film([], blind=True) == 0
    assert seconds_of_film(["slider"], blind=False) == pytest.approx(seconds_of("slider"))
    assert seconds_of_film(["accept"] * 3, blind=False) == pytest.approx(LOOK + 3 * SAVE)
    drawn = LOOK_BLIND + HAND["reject"] + HAND["draw"] + 2 * SAVE
    assert seconds_of_film(["reject", "draw"], blind=False) == pytest.approx(drawn)


def test_an_empty_film_read_blind_is_looked_at_as_long_as_one_with_a_lesion() -> None:
    assert seconds_of_film(["reject"] * 2, blind=True) == pytest.approx(LOOK_BLIND + 2 * (HAND["reject"] + SAVE))


@given(st.floats(0, 86_400), st.lists(works | st.none(), min_size=1, max_size=8))
def test_what_a_film_took_is_shared_out_whole(seconds: float, kinds: list[Work | None]) -> None:
    parts = share_out(seconds, kinds)
    assert sum(parts) == pytest.approx(seconds)
    assert all(part >= 0 for part in parts)
    assert len({part for part, kind in zip(parts, kinds, strict=True) if kind == kinds[0]}) == 1


def test_a_dearer_kind_has_the_larger_part() -> None:
    accept, draw, unknown = share_out(60, ["accept", "draw", None])
    assert accept < unknown < draw


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (("accept", False), "accept"),
        (("accept", True), "accept"),
        (("reject", False), "reject"),
        (("cannot_tell", True), "cannot_tell"),
        (("fix", True), "draw"),
        (("fix", False), "redraw"),
        (("fix", False, "slider"), "slider"),
        (("fix", True, "slider"), "slider"),
        (("fix", False, "adopt"), "adopt"),
        (("fix", True, "adopt", True), "redraw"),
        (("fix", False, "slider", True), "redraw"),
        (("fix", False, "slider", None), None),
        (("fix", False, None, None), "redraw"),
    ],
)
def test_what_was_done_says_which_work_it_was(said: tuple[Any, ...], kind: Work | None) -> None:
    assert work_of(*said) == kind


def test_a_pace_is_of_films_that_told_their_time() -> None:
    assert pace_of([(30.0, 20.0), (0.0, 20.0), (99.0, None), (10.0, 20.0)]) == 1.0
    assert pace_of([(30.0, 20.0), (30.0, 10.0)]) == 2.0
    assert pace_of([(0.0, 20.0)]) == pace_of([]) == 1.0


def test_own_seconds_are_medians_of_enough_reads_that_told_their_time() -> None:
    reads = [("accept", second) for second in (3.0, 5.0, 400.0)] + [("draw", 30.0), ("draw", 0.0), ("draw", 0.0)]
    assert own_seconds(reads, 3) == {"accept": 5.0}  # type: ignore[arg-type]
    assert own_seconds(reads, 1) == {"accept": 5.0, "draw": 30.0}  # type: ignore[arg-type]
    assert own_seconds([], 1) == {}
