"""The ensemble on the device is the domain's, and keeps its identities."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overread.domain.learning import ensemble as domain
from overread.domain.learning.ensemble import FORMS
from overread_worker.ml.ensemble import (
    combine,
    dice,
    ensemble_presence,
    member_presence,
    pairwise_dice,
    sharpness,
    to_bytes,
    variance,
)

Floats = NDArray[np.float32]


def members(seed: int, k: int = 3, films: int = 2, findings: int = 2) -> tuple[Floats, Floats]:
    """Maps that are nearly certain somewhere, and presences, some of them 0 or 1."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 6, (k, films, findings, 5, 7))
    classifier = rng.choice([0.0, 1.0, *rng.random(4)], (k, films, findings))
    return (1 / (1 + np.exp(-logits))).astype(np.float32), classifier.astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 4))
def test_it_is_the_domains_ensemble(form: domain.Form, seed: int, k: int) -> None:
    maps, classifier = members(seed, k)
    there, presence = torch.from_numpy(maps), torch.from_numpy(classifier)
    combined, weights = combine(there, presence, form)
    wanted, shares = domain.combine(maps.astype(np.float64), classifier.astype(np.float64), form)
    assert np.allclose(combined, wanted, rtol=0, atol=1e-5)
    assert np.allclose(weights, shares, rtol=0, atol=1e-5)
    assert np.allclose(member_presence(there, presence), domain.member_presence(maps, classifier), atol=1e-6)
    assert np.allclose(ensemble_presence(combined, presence), domain.ensemble_presence(wanted, classifier), atol=1e-5)
    assert np.allclose(variance(there), domain.variance(maps.astype(np.float64)), atol=1e-6)


def test_agreement_is_the_domains() -> None:
    masks = np.random.default_rng(0).random((3, 6, 2, 4, 4)) > 0.8
    masks[:, 0, 0] = False  # all say "nothing"
    found = pairwise_dice(torch.from_numpy(masks))
    assert found.shape == (6, 2)
    for n, f in np.ndindex(6, 2):
        assert found[n, f] == pytest.approx(domain.pairwise_dice(masks[:, n, f]))
    assert found[0, 0] == 1.0
    assert pairwise_dice(torch.from_numpy(masks[:1])).tolist() == [[1.0, 1.0]] * 6
    assert dice(torch.zeros(1, 2, 2).bool(), torch.ones(1, 2, 2).bool()).item() == 0.0


@given(st.integers(0, 10_000))
def test_one_member_or_the_same_one_again_is_itself(seed: int) -> None:
    maps, classifier = (torch.from_numpy(part) for part in members(seed, 1))
    assert torch.equal(combine(maps, classifier, "soft")[0], maps[0])
    assert torch.equal(variance(maps), torch.zeros(2, 2))
    for form in FORMS:
        once, _ = combine(maps, classifier, form)
        again, weights = combine(maps.repeat(3, 1, 1, 1, 1), classifier.repeat(3, 1, 1), form)
        assert torch.allclose(once, again, atol=1e-6)
        assert torch.allclose(weights, torch.tensor(1 / 3))


@given(st.integers(0, 10_000))
def test_symmetric_treats_yes_and_no_alike(seed: int) -> None:
    """Flat maps: there max P turns with P, so the whole ensemble must turn as well."""
    rng = np.random.default_rng(seed)
    level = torch.from_numpy(rng.uniform(0.01, 0.99, (3, 1, 1, 1, 1)).astype(np.float32))
    maps, classifier = level.expand(3, 1, 1, 4, 4), torch.from_numpy(rng.uniform(0, 1, (3, 1, 1)).astype(np.float32))
    straight, weights = combine(maps, classifier, "symmetric")
    turned, others = combine(1 - maps, 1 - classifier, "symmetric")
    assert torch.allclose(straight, 1 - turned, atol=1e-5)
    assert torch.allclose(weights, others, atol=1e-5)


def test_literal_favours_those_who_say_yes() -> None:
    maps = torch.tensor([0.9, 0.1]).view(2, 1, 1, 1, 1).expand(2, 1, 1, 4, 4)
    classifier = torch.tensor([0.9, 0.1]).view(2, 1, 1)
    combined, weights = combine(maps, classifier, "literal")
    assert weights[0] > weights[1]
    assert (combined > 0.5).all()
    assert torch.allclose(combine(maps, classifier, "symmetric")[0], torch.tensor(0.5))


def test_a_film_does_not_see_the_rest_of_its_batch() -> None:
    maps, classifier = (torch.from_numpy(part) for part in members(3, films=4))
    together, _ = combine(maps, classifier, "symmetric")
    alone, _ = combine(maps[:, 2:3], classifier[:, 2:3], "symmetric")
    assert torch.equal(together[2:3], alone)


def test_maps_are_stored_as_numpy_would_round_them() -> None:
    maps = torch.linspace(0, 1, 1021)
    assert np.array_equal(to_bytes(maps.clone()).numpy(), np.rint(maps.numpy() * 255).astype(np.uint8))


def test_a_blurred_map_is_less_sharp_and_an_empty_mask_is_no_contour() -> None:
    sharp = torch.zeros(3, 8, 8)
    sharp[:2, 2:6, 2:6] = 1.0
    blurred = sharp.clone()
    blurred[1, 2:6, 2:6] = 0.6
    blurred[1, :2] = 0.4
    maps = torch.stack([sharp, blurred])[:, :2]
    first, second = sharpness(maps, maps >= 0.5)
    assert first.tolist() == [1, 1]
    assert second.tolist() == pytest.approx([1, 2 * 16 * 0.6 / (16 * 0.6 + 16 * 0.4 + 16)])
    assert sharpness(sharp[2] + 0.3, sharp[2] > 0.5) == 1
