"""The weighted-soft ensemble: identities, and the order it must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.learning.ensemble import FORMS, combine, ensemble_presence, member_presence, pairwise_dice, sharpen
from overread.domain.learning.selection import decide, pseudo_mask, risk_of


def members(seed: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0.01, 0.99, (k, 6, 6)), rng.uniform(0.01, 0.99, k)


@given(st.integers(0, 10_000))
def test_soft_is_the_mean_and_weights_sum_to_one(seed: int) -> None:
    maps, classifier = members(seed)
    assert np.allclose(combine(maps, classifier, "soft")[0], maps.mean(axis=0))
    for form in FORMS:
        combined, weights = combine(maps, classifier, form)
        assert weights.sum() == pytest.approx(1)
        assert ((combined > 0) & (combined < 1)).all()


@given(st.integers(0, 10_000))
def test_equal_members_are_themselves_sharpened(seed: int) -> None:
    maps, classifier = members(seed, 1)
    q = member_presence(maps, classifier)[0]
    again = np.repeat(maps, 4, axis=0), np.repeat(classifier, 4)
    combined, weights = combine(*again, "symmetric")
    power = 2 ** (2 * abs(2 * q - 1) - 1)
    assert np.allclose(combined, sharpen(maps[0], np.array(power)))
    assert np.allclose(weights, 0.25)
    # d = ½ neither sharpens nor blurs
    assert np.allclose(sharpen(maps, np.array(1.0)), maps)


def test_symmetric_treats_yes_and_no_alike_and_literal_favours_yes() -> None:
    flat = np.stack([np.full((4, 4), 0.9), np.full((4, 4), 0.1)])
    symmetric, weights = combine(flat, np.array([0.9, 0.1]), "symmetric")
    assert weights[0] == pytest.approx(weights[1])
    assert np.allclose(symmetric, 0.5)
    literal, weights = combine(flat, np.array([0.9, 0.1]), "literal")
    assert weights[0] > weights[1]
    assert (literal > 0.5).all()


def test_a_sure_member_outweighs_a_doubtful_one() -> None:
    maps = np.stack([np.full((4, 4), 0.95), np.full((4, 4), 0.5)])
    _, weights = combine(maps, np.array([0.95, 0.5]), "symmetric")
    assert weights[0] == pytest.approx((0.9 + 0.05) / (0.9 + 0.05 + 0.05))


def test_leading_shapes_are_as_many_single_films() -> None:
    rng = np.random.default_rng(0)
    maps, classifier = rng.random((2, 3, 5, 8, 8)), rng.random((2, 3, 5))
    together, _ = combine(maps, classifier, "symmetric")
    alone, _ = combine(maps[:, 1, 2], classifier[:, 1, 2], "symmetric")
    assert np.allclose(together[1, 2], alone)
    assert ensemble_presence(together, classifier).shape == (3, 5)


def test_pairwise_dice() -> None:
    masks = np.zeros((3, 4, 4), bool)
    assert pairwise_dice(masks) == 1.0  # all say "nothing": they agree
    masks[0, 0, :2] = masks[1, 0, 1:3] = True
    assert pairwise_dice(masks) == pytest.approx((0.5 + 0 + 0) / 3)
    assert pairwise_dice(masks[:1]) == 1.0


def test_presence_is_strict_and_contours_are_lax() -> None:
    assert [decide(q, 0.85, 0.01) for q in (0.85, 0.84, 0.01, 0.011)] == [
        "positive",
        "uncertain",
        "negative",
        "uncertain",
    ]
    probability = np.zeros((8, 8), np.uint8)
    probability[1:4, 1:4], probability[6, 6] = 128, 255
    assert pseudo_mask(probability, 0.5, 2).sum() == 9


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_agreement_and_sharpness_lower_risk_and_a_doubtful_presence_raises_it(
    one: float, other: float, q: float
) -> None:
    low, high = sorted((one, other))
    assert 0 <= risk_of(high, q, q) <= risk_of(low, q, q) <= 1
    assert risk_of(q, high, q) <= risk_of(q, low, q)
    assert risk_of(one, other, 0.5) >= risk_of(one, other, q)
    assert risk_of(1, 1, 0) == risk_of(1, 1, 1) == 0
