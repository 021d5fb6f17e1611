"""Consistency training: identities and known answers of its losses, and who learns from whom."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Pool, Pseudo
from overread.domain.learning.reports import EpochReport
from overread_worker.ml.consistency import Told, confident, cut_mix, pool_loss, tell, told_cross_entropy, unimatch
from overread_worker.ml.loader import PoolBatch
from overread_worker.ml.network import build
from overread_worker.ml.train import TrainingData, train
from tests.ml.films import FINDINGS, TINY, blobs

SIDE = 32
SURE = 6.0  # a logit beyond .95


def taught_by(method: str, **changes: object) -> Recipe:
    average = 0.9 if method == "mean_teacher" else 0.0
    return replace(TINY, pool=Pool(method=method, batch=4), average=average, **changes)  # type: ignore[arg-type]


def views(count: int = 3, seed: int = 0) -> PoolBatch:
    rng = torch.Generator().manual_seed(seed)
    weak, one, other = (torch.randn(count, 1, SIDE, SIDE, generator=rng) for _ in range(3))
    return PoolBatch(weak, (one, other), torch.zeros(2, count, SIDE, SIDE, dtype=torch.bool))


def alike(batch: PoolBatch) -> PoolBatch:
    return PoolBatch(batch.weak, (batch.weak, batch.weak), batch.cut)


class Says(nn.Module):
    """A network that answers with the logits given, whatever it sees; several answers are given in turn."""

    def __init__(self, *answers: tuple[Tensor, Tensor]) -> None:
        super().__init__()
        self.turns: Iterator[tuple[Tensor, Tensor]] = iter(answers)
        self.asked: list[tuple[Tensor, bool]] = []

    def forward(self, films: Tensor, machine: Tensor | None = None, *, perturb: bool = False) -> tuple[Tensor, Tensor]:
        self.asked.append((films, perturb))
        return next(self.turns)


def test_equal_views_and_equal_weights_have_no_mean_teacher_loss() -> None:
    recipe = taught_by("mean_teacher")
    network = build(recipe, 2)
    average, batch = AveragedModel(network), views()
    assert pool_loss(recipe, network, average, alike(batch)) == 0
    assert pool_loss(recipe, network, average, batch) > 1e-7
    with torch.no_grad():
        network.heads.mask[1].weight.add_(0.5)  # type: ignore[index]
    assert pool_loss(recipe, network, average, alike(batch)) > 1e-7


def test_mean_teacher_is_the_squared_difference_of_probabilities() -> None:
    recipe = taught_by("mean_teacher", class_weight=0.25, mask_weight=0.5)
    teacher = Says((torch.zeros(1, 1, 4, 4), torch.zeros(1, 1)))
    student = Says((torch.full((1, 1, 4, 4), math.log(3)), torch.full((1, 1), math.log(9))))
    batch = PoolBatch(torch.zeros(1, 1, 4, 4), (torch.zeros(1, 1, 4, 4),) * 2, torch.zeros(2, 1, 4, 4).bool())
    loss = pool_loss(recipe, student, teacher, batch)  # type: ignore[arg-type]
    assert loss.item() == pytest.approx(0.25 * (0.9 - 0.5) ** 2 + 0.5 * (0.75 - 0.5) ** 2)


@pytest.mark.parametrize("method", ["mean_teacher", "uda", "unimatch"])
def test_the_labelling_side_gets_no_gradient_and_leaves_no_trace(method: str) -> None:
    recipe = taught_by(method, network="resnet18", dropout=0.5)
    torch.manual_seed(0)
    network = build(recipe, 2).train()
    average = AveragedModel(network).train()
    before = {name: value.clone() for name, value in network.named_buffers()}
    told = [tell(recipe, side, views().weak) for side in (network, average, network)]
    assert torch.equal(told[0].masks, told[2].masks)  # no dropout
    assert not told[0].masks.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.named_buffers())
    assert network.training
    assert all(part.training for part in network.modules())
    batch = views()
    seen: list[bool] = []
    handle = network.encoder.register_forward_hook(lambda part, _given, _made: seen.append(part.training))
    pool_loss(replace(recipe, pool=replace(recipe.pool, confidence=0.5)), network, average, batch).backward()
    handle.remove()
    assert seen == {"mean_teacher": [True], "uda": [False, True], "unimatch": [False, True, True]}[method]
    assert all(weight.grad is None for weight in average.parameters())
    assert any(weight.grad is not None and weight.grad.any() for weight in network.encoder.parameters())


def test_a_pass_that_fails_leaves_the_network_in_training() -> None:
    network = build(TINY, 2).train()
    with pytest.raises(RuntimeError):
        tell(TINY, network, torch.zeros(1, 7, SIDE, SIDE))
    assert network.training


def test_only_the_confident_count() -> None:
    assert confident(torch.tensor([0.0, 0.049, 0.06, 0.5, 0.94, 0.951, 1.0]), 0.95).tolist() == [
        True, True, False, False, False, True, True,
    ]  # fmt: skip
    recipe = replace(taught_by("uda"), class_weight=0.0, mask_weight=1.0)
    told = Told(torch.tensor([0.99, 0.01, 0.6, 0.4]).view(1, 1, 2, 2), torch.tensor([[0.5]]))
    masks = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 2, 2).requires_grad_()
    loss = told_cross_entropy(recipe, masks, torch.zeros(1, 1), told)
    sharp = 1 / (1 + (0.01 / 0.99) ** (1 / 0.4))
    first = sharp * math.log(1 + math.exp(-1)) + (1 - sharp) * math.log(1 + math.exp(1))
    second = (1 - sharp) * math.log(1 + math.exp(-2)) + sharp * math.log(1 + math.exp(2))
    assert loss.item() == pytest.approx((first + second) / 4, rel=1e-5)
    loss.backward()
    assert masks.grad is not None
    assert (masks.grad.flatten() != 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("method", ["uda", "unimatch"])
def test_a_teacher_sure_of_nothing_teaches_nothing(method: str) -> None:
    unsure = torch.zeros(2, 2, 8, 8), torch.zeros(2, 2)
    logits = [torch.randn(n, 2, 8, 8, requires_grad=True) for n in (4, 2)]
    presence = [torch.randn(n, 2, requires_grad=True) for n in (4, 2)]
    if method == "uda":
        logits, presence = logits[1:], presence[1:]
    batch = PoolBatch(torch.zeros(2, 1, 8, 8), (torch.zeros(2, 1, 8, 8),) * 2, torch.zeros(2, 2, 8, 8).bool())
    loss = pool_loss(taught_by(method), Says(unsure, *zip(logits, presence, strict=True)), None, batch)
    loss.backward()
    assert loss == 0
    assert all(one.grad is None or not one.grad.any() for one in logits + presence)


def test_boxes_paste_films_targets_and_confidences_alike() -> None:
    box = torch.zeros(3, 4, 4, dtype=torch.bool)
    box[0, :2], box[2, :, 3] = True, True
    films = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 4, 4)
    mixed = cut_mix(films, box)[:, 0]
    assert mixed[0].tolist() == [[1.0] * 4] * 2 + [[0.0] * 4] * 2
    assert mixed[1].tolist() == [[1.0] * 4] * 4
    assert mixed[2].tolist() == [[2.0, 2.0, 2.0, 0.0]] * 4
    # The student that sees the mixed films and answers with their mixed labels is right in every stream but one pixel.
    lesion = torch.full((3, 1, 4, 4), -SURE)
    lesion[0, 0, 0, 0], lesion[1, 0, 1, 1], lesion[2] = SURE, SURE, 0.0
    said, presence = (lesion, torch.tensor([[SURE], [SURE], [0.0]])), torch.tensor([[SURE], [SURE], [0.0]])
    batch = PoolBatch(torch.zeros(3, 1, 4, 4), (films, films), torch.stack([box, torch.zeros_like(box)]))
    right = cut_mix(lesion, box) * 5
    student = Says(said, (torch.cat([right, lesion * 5]), presence.repeat(2, 1) * 5), (lesion * 5, presence * 5))
    assert pool_loss(taught_by("unimatch"), student, None, batch) < 1e-3
    assert [perturb for _, perturb in student.asked] == [False, False, True]
    assert torch.equal(student.asked[1][0][:3, 0], mixed)
    wrong = Says(said, (torch.cat([lesion, lesion]) * 5, presence.repeat(2, 1) * 5), (lesion * 5, presence * 5))
    assert pool_loss(taught_by("unimatch"), wrong, None, batch) > 0.05


def test_presence_of_a_mixed_film_is_what_can_be_seen() -> None:
    recipe = replace(taught_by("unimatch"), class_weight=1.0, mask_weight=0.0)
    masks = torch.full((4, 1, 4, 4), 0.01)
    masks[0, 0, 0, 0] = masks[2, 0, 3, 3] = 0.99
    told = Told(masks, torch.tensor([[0.99], [0.01], [0.99], [0.5]]))
    cut = torch.zeros(2, 4, 4, 4, dtype=torch.bool)
    cut[0, 0, :2] = True  # hides film 0's lesion under film 1, which has none: nobody knows
    cut[0, 1, 2:] = True  # shows film 2's lesion on film 1: present
    cut[0, 2, :2] = True  # film 2's lesion stays in sight beside a film that is unsure: present
    batch = PoolBatch(torch.zeros(4, 1, 4, 4), (torch.zeros(4, 1, 4, 4),) * 2, cut)
    presence = torch.zeros(8, 1, requires_grad=True)
    flat = torch.zeros(8, 1, 4, 4, requires_grad=True)
    unimatch(recipe, Says((flat, presence), (flat[:4], presence[:4].detach())), batch, told).backward()
    assert presence.grad is not None
    assert torch.sign(presence.grad).flatten().tolist() == [0, -1, -1, 0, -1, 1, -1, 0]


def test_the_streams_weigh_a_quarter_a_quarter_and_a_half() -> None:
    lesion = torch.full((1, 1, 8, 8), -SURE)
    lesion[0, 0, 2:6, 2:6] = SURE
    sure, batch = torch.tensor([[SURE]]), PoolBatch(*[torch.zeros(1, 1, 8, 8)], (torch.zeros(1, 1, 8, 8),) * 2,  # type: ignore[arg-type, call-arg]
                                                    torch.zeros(2, 1, 8, 8).bool())  # fmt: skip
    good, bad = (lesion * 9, sure * 9), (lesion * -9, sure * -9)

    def loss(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], perturbed: tuple[Tensor, Tensor]) -> float:
        strong = torch.cat([one[0], other[0]]), torch.cat([one[1], other[1]])
        return pool_loss(taught_by("unimatch"), Says((lesion, sure), strong, perturbed), None, batch).item()

    assert loss(good, good, good) == pytest.approx(0, abs=1e-3)
    assert loss(bad, bad, bad) > 1
    shares = [loss(*streams) / loss(bad, bad, bad) for streams in
              ((bad, good, good), (good, bad, good), (good, good, bad))]  # fmt: skip
    assert shares == pytest.approx([0.25, 0.25, 0.5], abs=1e-3)


@pytest.mark.parametrize("logit", [-40.0, -8.0, -2.0, 0.0, 3.0, 40.0])
def test_empty_pseudo_masks_are_no_trouble_and_do_not_drown_lesions(logit: float) -> None:
    """The pull of a finding that is confidently empty everywhere stays under a quarter, whatever the student says."""
    recipe = replace(taught_by("unimatch"), class_weight=0.0, mask_weight=1.0)
    masks = torch.full((8, 1, 16, 16), logit, requires_grad=True)
    told = Told(torch.full((4, 1, 16, 16), 1e-4), torch.full((4, 1), 1e-4))
    batch = PoolBatch(torch.zeros(4, 1, 16, 16), (torch.zeros(4, 1, 16, 16),) * 2, torch.zeros(2, 4, 16, 16).bool())
    presence = torch.zeros(8, 1)
    loss = unimatch(recipe, Says((masks, presence), (masks[:4], presence[:4])), batch, told)
    loss.backward()
    assert 0 <= loss <= 1
    assert masks.grad is not None
    assert torch.isfinite(masks.grad).all()
    assert (masks.grad >= 0).all()
    assert masks.grad.sum() <= 0.2501


def test_features_are_dropped_in_training_alone() -> None:
    network, films = build(TINY, 2).train(), views().weak
    plain, dropped = network(films), network(films, perturb=True)
    assert all(torch.equal(one, other) for one, other in zip(plain, network(films), strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(plain, dropped, strict=True))
    network.eval()
    assert torch.equal(network(films, perturb=True)[0], network(films)[0])


def test_pseudo_labels_of_the_pool_teach_their_own_head() -> None:
    recipe = taught_by("uda", pseudo=Pseudo(own_head=True))
    recipe = replace(recipe, pool=replace(recipe.pool, confidence=0.5))
    network = build(recipe, 2).train()
    pool_loss(recipe, network, None, views()).backward()
    assert network.pseudo_heads is not None
    assert all(weight.grad is not None and not weight.grad.any() for weight in network.heads.parameters())
    assert any(weight.grad is not None and weight.grad.any() for weight in network.pseudo_heads.parameters())


def test_a_piece_without_pool_films_adds_nothing() -> None:
    batch = PoolBatch(torch.zeros(0, 1, 8, 8), (torch.zeros(0, 1, 8, 8),) * 2, torch.zeros(2, 0, 8, 8).bool())
    assert pool_loss(taught_by("uda"), Says(), None, batch) == 0


@pytest.mark.parametrize("method", ["mean_teacher", "uda", "unimatch"])
def test_each_method_learns_the_easy_task(method: str, tmp_path: Path) -> None:
    recipe = taught_by(method, epochs=16)
    pool = [item.image for item in blobs(tmp_path, 24, 7)]
    data = TrainingData(blobs(tmp_path, 32, 0), blobs(tmp_path, 16, 1), pool)
    reports: list[EpochReport] = []
    train(recipe, data, FINDINGS, tmp_path / "run", reports.append)
    assert reports[-1].d_auc is not None
    assert reports[-1].d_auc > 0.8
    assert all(report.pool_loss is not None and math.isfinite(report.pool_loss) for report in reports)


def test_a_pool_method_without_a_pool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="pool films"):
        train(
            taught_by("uda"), TrainingData(blobs(tmp_path, 4, 0), []), FINDINGS, tmp_path / "run", lambda _report: None
        )
