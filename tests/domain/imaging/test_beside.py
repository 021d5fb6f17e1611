"""Networks beside each other: the same films, the same draws, and a difference that is of both."""

import numpy as np
import pytest

from overread.domain.imaging.beside import Beside, Network, beside
from overread.domain.imaging.metrics import FindingScores, best_level, evaluate
from tests.scored import scores_of

FINDINGS = ["nodule", "fibrosis"]


def compared(**networks: Network) -> Beside:
    return beside(networks, [("b", "a")], FINDINGS, resamples=200)


def network(skill: float) -> Network:
    return Network([scores_of(9, skill=skill)] * 2, [scores_of(1, skill=skill), scores_of(2, skill=skill)])


def test_scores_are_those_of_an_evaluation_and_their_mean() -> None:
    found = compared(a=network(0.6), b=network(0.9)).scores["a"]
    for finding, own in zip(FINDINGS, network(0.6).compared, strict=True):
        level = best_level(network(0.6).development[0])
        told = evaluate(own, level, np.random.default_rng(0), resamples=2)
        assert found[finding]["dice"].value == pytest.approx(told.dice)
        assert found[finding]["d_auc"].value == pytest.approx(told.d_auc)
    mean = np.mean([found[finding]["dice"].value for finding in FINDINGS])
    assert found["macro"]["dice"].value == pytest.approx(mean)


def test_a_network_beside_itself_differs_in_nothing_on_any_draw() -> None:
    (difference,) = compared(a=network(0.6), b=network(0.6)).differences
    told = difference.scores["macro"]["d_auc"]
    assert (told.value, told.low, told.high) == (0.0, 0.0, 0.0)


def test_a_better_network_is_above_and_the_paired_interval_is_the_narrower_one() -> None:
    found = compared(a=network(0.6), b=network(0.7))
    (difference,) = found.differences
    told, alone = difference.scores["macro"]["dice"], found.scores["b"]["macro"]["dice"]
    assert told.value is not None
    assert told.value > 0
    assert (told.high or 0) - (told.low or 0) < (alone.high or 0) - (alone.low or 0)


def test_a_finding_without_films_is_left_out_of_the_mean() -> None:
    empty = Network([scores_of(9), FindingScores()], [scores_of(1), FindingScores()])
    found = compared(a=empty, b=empty)
    assert found.scores["a"]["fibrosis"]["dice"].value is None
    assert found.scores["a"]["macro"]["dice"] == found.scores["a"]["nodule"]["dice"]


def test_other_films_are_refused() -> None:
    other = Network([scores_of(9)] * 2, [scores_of(1, positives=3), scores_of(2)])
    with pytest.raises(ValueError, match="the same films"):
        compared(a=network(0.6), b=other)
