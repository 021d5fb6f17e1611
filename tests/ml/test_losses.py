"""Losses: silent where a finding is unknown, scaled by weights, robust for what a machine labelled."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from overread.domain.learning.recipe.parts import Pseudo
from overread_worker.ml.losses import Q, Targets, soft_dice, supervised
from tests.ml.films import TINY


def targets(weights: Tensor, machine: bool = False) -> Targets:
    masks = torch.zeros(2, 2, 8, 8)
    masks[:, :, 2:5, 2:5] = 1
    return Targets(masks, masks.amax(dim=(2, 3)), weights, torch.full((2, 2), machine))


def test_an_unknown_finding_has_no_gradient() -> None:
    for weights in (torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.5, 0.0], [0.5, 0.0]])):
        logits = torch.zeros(2, 2, 8, 8, requires_grad=True)
        presence = torch.zeros(2, 2, requires_grad=True)
        found = supervised(TINY, logits, presence, targets(weights))
        (found.class_loss + found.mask_loss).backward()
        assert logits.grad is not None
        assert presence.grad is not None
        assert logits.grad[:, 0].abs().sum() > 0
        assert logits.grad[:, 1].abs().sum() == 0
        assert presence.grad[:, 1].abs().sum() == 0


def test_a_weight_scales_what_its_film_adds() -> None:
    logits = torch.zeros(2, 2, 8, 8, requires_grad=True)
    known = targets(torch.tensor([[1.0, 0.0], [0.1, 0.0]]))
    found = supervised(TINY, logits, torch.zeros(2, 2), known)
    (found.class_loss + found.mask_loss).backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 5 * logits.grad[1].abs().sum()


def test_soft_dice_of_a_perfect_and_of_an_opposite_mask() -> None:
    known = targets(torch.ones(2, 2))
    sure = (known.masks * 2 - 1) * 50
    assert soft_dice(sure, known.masks, known.weights) < 1e-3
    assert soft_dice(-sure, known.masks, known.weights) > 0.95
    assert soft_dice(sure, known.masks, torch.zeros(2, 2)) == 0


def test_a_machine_may_teach_the_contour_alone_and_people_teach_both() -> None:
    """Film 0 is people's, film 1 a machine's: of the latter no presence has a gradient, every contour one."""
    recipe = replace(TINY, pseudo=Pseudo(teaches="contour"))
    own = targets(torch.tensor([[1.0, 0.5], [0.8, 0.0]]))
    own = replace(own, machine=torch.tensor([[False, False], [True, True]]))
    logits = torch.zeros(2, 2, 8, 8, requires_grad=True)
    presence = torch.zeros(2, 2, requires_grad=True)
    found = supervised(recipe, logits, presence, own)
    found.loss.backward()
    assert logits.grad is not None
    assert presence.grad is not None
    assert (logits.grad.abs().sum(dim=(2, 3)) > 0).tolist() == [[True, True], [True, False]]
    assert (presence.grad != 0).tolist() == [[True, True], [False, False]]
    # The loss of presences is people's mean: log 2 of whom nothing is known yet, however many films a machine labelled.
    assert found.class_loss.item() == pytest.approx(np.log(2))


def test_a_batch_of_a_machines_films_teaches_no_presence_and_is_no_nan() -> None:
    recipe = replace(TINY, pseudo=Pseudo(teaches="contour"))
    found = supervised(recipe, torch.zeros(2, 2, 8, 8), torch.zeros(2, 2), targets(torch.ones(2, 2), machine=True))
    assert found.class_loss == 0
    assert found.mask_loss > 0


def test_where_a_machine_teaches_all_its_targets_count_as_anybodys() -> None:
    """To the bit: what presences cost is what it was before recipes could say otherwise."""
    rng = torch.Generator().manual_seed(0)
    own = replace(targets(torch.rand(2, 2, generator=rng)), machine=torch.tensor([[False, True], [True, True]]))
    logits = torch.randn(2, 2, generator=rng)
    found = supervised(TINY, torch.zeros(2, 2, 8, 8), logits, own)
    each = functional.binary_cross_entropy_with_logits(logits, own.presence, reduction="none")
    assert torch.equal(found.class_loss, (each * own.weights).sum() / own.weights.sum())
    people = supervised(
        TINY, torch.zeros(2, 2, 8, 8), logits, replace(own, machine=torch.zeros(2, 2, dtype=torch.bool))
    )
    assert torch.equal(found.loss, people.loss)


@pytest.mark.parametrize("robust", ["bootstrap", "generalised"])
def test_a_robust_loss_softens_what_a_machine_said_and_leaves_truth_alone(robust: str) -> None:
    recipe = replace(TINY, pseudo=Pseudo(robust=robust))  # type: ignore[arg-type]
    wrong = -(targets(torch.ones(2, 2)).masks * 2 - 1) * 6
    presence = torch.full((2, 2), -6.0)
    for machine in (False, True):
        own = targets(torch.ones(2, 2), machine)
        plain, soft = supervised(TINY, wrong, presence, own), supervised(recipe, wrong, presence, own)
        assert (soft.class_loss < plain.class_loss) == machine
        assert (soft.mask_loss < plain.mask_loss) == machine


def test_the_generalised_cross_entropy_by_its_formula() -> None:
    recipe = replace(TINY, pseudo=Pseudo(robust="generalised"))
    presence = torch.full((2, 2), 0.0)  # p = ½, label 1: (1 − ½^q) / q
    found = supervised(recipe, torch.zeros(2, 2, 8, 8), presence, targets(torch.ones(2, 2), machine=True))
    assert found.class_loss.item() == pytest.approx((1 - 0.5**Q) / Q)
