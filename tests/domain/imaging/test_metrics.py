"""Scores against a slow oracle, and the properties that the definitions promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overread.domain.imaging.evaluation import FilmCounts, FindingMetrics
from overread.domain.imaging.metrics import (
    FindingScores,
    alarm_level,
    best_level,
    dice_curve,
    evaluate,
    found_level,
    histograms,
    macro,
    weighted,
)
from overread.domain.words import Metric
from tests.scored import scores_of


def value(scores: FindingScores, name: Metric, d0: float = 0.2) -> float:
    found = evaluate(scores, best_level(scores), np.random.default_rng(0), d0=d0, resamples=2).measure(name).value
    assert found is not None
    return found


@given(st.integers(0, 10_000))
def test_dice_at_every_threshold_is_the_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probability, reference = rng.integers(0, 256, (9, 7)).astype(np.uint8), rng.random((9, 7)) < 0.3
    curve = dice_curve(*histograms(probability, reference))
    for level in range(256):
        mask = probability >= level
        assert curve[level] == pytest.approx(2 * (mask & reference).sum() / max(1, mask.sum() + reference.sum()))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_d_auc_and_id_auc_are_means_over_pairs(seed: int) -> None:
    scores = scores_of(seed)
    curves = np.stack(scores.curves)
    found = [max((k for k in range(1, 256) if curve[k] >= 0.2), default=-1) for curve in curves]
    alarms = [maximum if maximum > 1 else -1 for maximum in scores.maxima]
    pairs = [(s > a) + 0.5 * (s == a) for s in found for a in alarms]
    best = [max((c[k] for k in range(max(a, 0) + 1, 256)), default=0.0) for c in curves for a in alarms]
    assert value(scores, "d_auc") == pytest.approx(np.mean(pairs))
    assert value(scores, "id_auc") == pytest.approx(np.mean(best))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_what_the_definitions_promise(seed: int) -> None:
    scores = scores_of(seed)
    easy, found, usable = (value(scores, "d_auc", d0) for d0 in (0.1, 0.2, 0.6))
    assert easy >= found - 1e-9
    assert found >= usable - 1e-9
    assert value(scores, "d_auc") <= value(scores, "auroc") + 1e-9  # presence here is the map's maximum
    # A found positive beats every silent negative. (Their mean would be a bound for a concave curve only.)
    assert value(scores, "d_auc") >= value(scores, "sensitivity") * value(scores, "specificity") - 1e-9


def test_an_increasing_map_of_p_changes_no_rank() -> None:
    rng = np.random.default_rng(1)
    scores, mapped = FindingScores(), FindingScores()
    for index in range(20):
        reference = np.zeros((8, 8), bool)
        reference[2:5, 2:5] = index < 8
        probability = rng.integers(1, 120, (8, 8)).astype(np.uint8) + reference * np.uint8(60)
        for into, picture in ((scores, probability), (mapped, (probability + 70).astype(np.uint8))):
            into.add(picture, reference, 0.5, str(index))  # type: ignore[arg-type]
    assert value(scores, "d_auc") == value(mapped, "d_auc")


def test_a_blank_network_scores_one_half() -> None:
    scores = FindingScores()
    for index in range(6):
        reference = np.zeros((4, 4), bool)
        reference[0, 0] = index < 3
        scores.add(np.zeros((4, 4), np.uint8), reference, 0.0, str(index))
    assert value(scores, "d_auc") == 0.5
    assert found_level(np.zeros((1, 256)), 0.2)[0] == 0
    assert alarm_level(np.array([0, 1, 2])).tolist() == [0, 0, 2]


def test_without_positives_or_negatives_a_score_is_none_not_zero() -> None:
    only_negative, only_positive = scores_of(0, positives=0), scores_of(0, negatives=0)
    rng = np.random.default_rng(0)
    none = evaluate(only_negative, best_level(only_negative), rng, resamples=5)
    assert none.dice is None
    assert none.d_auc is None
    assert none.specificity is None  # there is no operating point to judge it at
    assert evaluate(only_positive, best_level(only_positive), rng, resamples=5).auroc is None
    assert macro({"a": none, "b": evaluate(scores_of(1), 9, rng, resamples=5)}).dice is not None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_the_four_counts_are_of_films_at_the_operating_point(seed: int, level: int) -> None:
    scores = scores_of(seed)
    told = evaluate(scores, level, np.random.default_rng(0), resamples=2)
    found = sum(curve[level] >= 0.2 for curve in scores.curves)
    alarms = sum(maximum >= level for maximum in scores.maxima)
    assert told.counts == FilmCounts(found, alarms, 15 - alarms, 12 - found)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_share_of_films_is_a_whole_number_of_them(found: int, missed: int) -> None:
    films = max(1, found + missed)
    told = FindingMetrics(films, films, films, 1, sensitivity=found / films, specificity=missed / films).counts
    assert told == FilmCounts(found, films - missed, missed, films - found)


def test_without_an_operating_point_no_film_is_counted() -> None:
    scores = scores_of(0)
    assert evaluate(scores, None, np.random.default_rng(0), resamples=2).counts is None
    alone = evaluate(scores_of(0, positives=0), 9, np.random.default_rng(0), resamples=2).counts
    assert alone is not None
    assert (alone.true_positives, alone.false_negatives) == (0, 0)


def test_intervals_keep_films_of_a_patient_together() -> None:
    """Two patients, one found on all of her films, one on none: the mean may be 0, ½ or 1, and the interval says so."""
    together, apart = FindingScores(), FindingScores()
    reference = np.zeros((8, 8), bool)
    reference[:4] = True
    for index in range(40):
        probability = np.where(reference, 255 if index < 20 else 0, 0).astype(np.uint8)
        together.add(probability, reference, 0.5, f"{index // 20}")
        apart.add(probability, reference, 0.5, f"{index}")
    assert evaluate(together, 128, np.random.default_rng(0)).sensitivity_interval == [0.0, 1.0]
    low, high = evaluate(apart, 128, np.random.default_rng(0)).sensitivity_interval or []
    assert 0.3 < low < 0.5 < high < 0.7


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_score_a_resample_as_its_copies_would(seed: int) -> None:
    """Drawing patients again and copying their films gives the scores that counting them as weights gives."""
    scores, rng = scores_of(seed), np.random.default_rng(seed)
    level = best_level(scores)
    drawn = [
        np.array([np.bincount(rng.integers(0, len(own), len(own)), minlength=len(own))[index] for _ in range(4)]).T
        for own, index in (
            np.unique(patients, return_inverse=True)
            for patients in (scores.positive_patients, scores.negative_patients)
        )
    ]
    quick = weighted(scores, level, *(counts.astype(float) for counts in drawn))  # type: ignore[arg-type]
    for resample in range(4):
        copies = FindingScores()
        for row, times in enumerate(drawn[0][:, resample]):
            for _ in range(times):
                copies.add_positive(scores.curves[row], scores.positive_presence[row], "p")
        for row, times in enumerate(drawn[1][:, resample]):
            for _ in range(times):
                copies.add_negative(scores.maxima[row], scores.negative_presence[row], "p")
        naive = evaluate(copies, level, rng, resamples=1)
        for name, values in quick.items():
            assert values[resample] == pytest.approx(naive.measure(name).value, abs=1e-9)
