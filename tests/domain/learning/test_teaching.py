"""Which films' pseudo labels teach: halves never mix, incomplete films can be dropped, stable ones come first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.errors import InvalidInput
from overread.domain.learning.teaching import PseudoFilm, film_of, keep_pseudo, pool_half

BOTH = frozenset({"nodule", "fibrosis"})


def film(known: frozenset[str], machine: frozenset[str], stability: float | None = None) -> PseudoFilm:
    return PseudoFilm("a", known, machine, stability)


def test_a_patient_lies_in_one_half_and_the_halves_are_even() -> None:
    halves = [pool_half(str(patient)) for patient in range(4000)]
    assert halves == [pool_half(str(patient)) for patient in range(4000)]
    assert abs(halves.count("a") / 4000 - 0.5) < 0.03


@given(st.lists(st.text("0123456789", min_size=1), min_size=1, max_size=30))
def test_each_film_teaches_exactly_one_half(patients: list[str]) -> None:
    films = [film_of(patient, BOTH, BOTH, {}) for patient in patients]
    a, b = (np.array(keep_pseudo(films, "mask", 1.0, half)) for half in ("a", "b"))
    assert (a ^ b).all()


def test_what_people_said_is_kept_whatever_the_recipe_lets_in() -> None:
    films = [film(BOTH, frozenset()), film(BOTH, BOTH, 0.9)]
    assert keep_pseudo(films, "drop", 0.01, "b") == [True, False]


def test_the_stricter_rule_drops_films_with_an_uncertain_finding() -> None:
    films = [film(BOTH, BOTH), film(frozenset({"nodule"}), frozenset({"nodule"}))]
    assert keep_pseudo(films, "mask", 1.0, None) == [True, True]
    assert keep_pseudo(films, "drop", 1.0, None) == [True, False]
    # A finding that is withheld is known nowhere and drops nothing.
    assert keep_pseudo(films[1:], "drop", 1.0, None) == [True]


def test_the_most_stable_films_come_first() -> None:
    films = [film(BOTH, BOTH, stability) for stability in (0.2, 0.9, 0.5, 0.7)]
    assert keep_pseudo(films, "mask", 0.5, None) == [False, True, False, True]
    assert film_of("p", BOTH, BOTH, {"nodule": 0.2, "fibrosis": 0.6, "other": 9.0}).stability == pytest.approx(0.4)
    with pytest.raises(InvalidInput, match=r"labelling\.stability"):
        keep_pseudo([*films, film(BOTH, BOTH, None)], "mask", 0.5, None)
