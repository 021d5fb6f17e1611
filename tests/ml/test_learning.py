"""The learning engine on films of 32 px: seconds, one thread."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import worker  # noqa: F401 - mends torchvision beside a CPU torch
from backend.domain.errors import InvalidInput, MissingDependency
from backend.domain.networks import STEMS, parameter_count
from backend.domain.recipe import Recipe
from worker.ml.augment import Augmenter, crop
from worker.ml.checkpoint import load_network
from worker.ml.dataset import TrainingItem, build_cache, unpack
from worker.ml.evaluate import evaluate
from worker.ml.label import film_mask, label
from worker.ml.network import build, count_parameters
from worker.ml.train import EpochReport, batches, losses, train


def run(recipe: Recipe, folder: Path, items: list[TrainingItem], held: list[TrainingItem],
        on_epoch: Callable[[EpochReport], None] = lambda _report: None) -> dict[str, torch.Tensor]:  # fmt: skip
    return load_file(train(recipe, items, held, FINDINGS, folder, on_epoch).checkpoint)


def test_a_tiny_network_learns_the_easy_task_and_labels_the_pool(tmp_path: Path) -> None:
    reports: list[EpochReport] = []
    result = train(TINY, blobs(tmp_path, 32, 0), blobs(tmp_path, 16, 1), FINDINGS, tmp_path / "run", reports.append)
    assert reports[-1].d_auc is not None
    assert reports[-1].d_auc > 0.9
    assert reports[0].loss > 2 * reports[-1].loss
    assert reports[-1].truth_share == 1.0
    held = {"development": blobs(tmp_path, 16, 1), "external": blobs(tmp_path, 16, 2)}
    scores = evaluate([result.checkpoint, result.checkpoint], TINY, held, FINDINGS)
    assert scores.ensemble["external"]["macro"]["d_auc"] > 0.85
    assert len(scores.networks) == 2
    truth = blobs(tmp_path, 12, 5)
    films = list(label(((i, item.image) for i, item in enumerate(truth)), [result.checkpoint], TINY, FINDINGS))
    assert [film.image_id for film in films] == list(range(12))
    told = [one for film in films for one in film.labels]
    right = [(one.decision == "positive") == (truth[film.image_id].counts[one.finding] is not None)
             for film in films for one in film.labels if one.decision != "uncertain"]  # fmt: skip
    assert np.mean(right) > 0.85
    assert len(right) > 10
    assert all(one.mask is None for one in told if one.decision == "negative")
    assert all(one.mask is not None and one.mask.any() for one in told if one.decision == "positive")


def test_a_training_that_died_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    recipe = replace(TINY, epochs=4, dropout=0.2, augmentation=1.0)
    items, held = blobs(tmp_path, 12, 0), blobs(tmp_path, 4, 1)
    whole = run(recipe, tmp_path / "whole", items, held)

    def die(report: EpochReport) -> None:
        if report.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, tmp_path / "cut", items, held, die)
    seen: list[int] = []
    again = run(recipe, tmp_path / "cut", items, held, lambda report: seen.append(report.epoch))
    assert seen == [2, 3]
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_an_unknown_finding_has_no_gradient_and_weights_scale() -> None:
    masks = torch.zeros(2, 2, 8, 8)
    masks[:, :, 2:5, 2:5] = 1
    for weights in (torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.5, 0.0], [0.5, 0.0]])):
        logits = torch.zeros(2, 2, 8, 8, requires_grad=True)
        presence = torch.zeros(2, 2, requires_grad=True)
        sum(losses(logits, presence, masks, weights)).backward()
        assert logits.grad is not None
        assert presence.grad is not None
        assert logits.grad[:, 0].abs().sum() > 0
        assert logits.grad[:, 1].abs().sum() == 0
        assert presence.grad[:, 1].abs().sum() == 0
    logits = torch.zeros(2, 1, 8, 8, requires_grad=True)
    sum(losses(logits, torch.zeros(2, 1), masks[:, :1], torch.tensor([[1.0], [0.1]]))).backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 5 * logits.grad[1].abs().sum()


def test_every_batch_holds_its_share_of_human_truth_and_each_truth_once() -> None:
    human = np.array([True] * 7 + [False] * 40)
    rows = list(batches(human, replace(TINY, batch=6), 0))
    assert all(human[batch].sum() >= 1 for batch in rows)
    assert all(human[batch].sum() == 2 for batch in rows[:-1])
    seen = np.concatenate(rows)
    assert sorted(seen[human[seen]].tolist()) == list(range(7))
    with pytest.raises(InvalidInput, match="no human truth"):
        list(batches(np.array([False, False]), TINY, 0))


def test_a_loss_that_is_no_number_is_never_published(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no longer a number"):
        run(replace(TINY, learning_rate=0.9, class_weight=1e39, mask_weight=1e39), tmp_path / "run",
            blobs(tmp_path, 8, 0), [])  # fmt: skip
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_one_class_only_and_nothing_held_out(tmp_path: Path) -> None:
    items = [replace(item, counts={"bright": None, "dark": None}) for item in blobs(tmp_path, 6, 0)]
    reports: list[EpochReport] = []
    train(replace(TINY, epochs=1), items, [], FINDINGS, tmp_path / "run", reports.append)
    assert reports[0].d_auc is None


@pytest.mark.parametrize("content", [b"\x80\x04\x95pickle", b"", b"PK\x03\x04", b"\xff" * 64])
def test_only_safetensors_are_opened(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="safetensors"):
        load_network(path)


def test_geometry_moves_mask_and_film_alike_and_light_moves_neither() -> None:
    checker = (np.indices((64, 64)).sum(axis=0) // 8 % 2).astype(np.uint8)
    augment, agreed = Augmenter(1.0, 3), []
    for index in range(20):
        film, masks = augment(checker * 200 + 20, checker, 0, index)
        inside = film[masks == 1].mean() if (masks == 1).any() else 255
        agreed.append(inside - film[masks == 0].mean())
    assert min(agreed) > 40
    again = augment(checker * 200 + 20, checker, 0, 7)
    assert all(np.array_equal(a, b) for a, b in zip(again, augment(checker * 200 + 20, checker, 0, 7), strict=True))


def test_a_crop_keeps_some_of_the_mask() -> None:
    masks = np.zeros((64, 64), np.uint8)
    masks[60:63, 1:3] = 4
    for seed in range(30):
        assert crop(masks * 30, masks, 0.8, np.random.default_rng(seed))[1].any()


def test_masks_are_packed_a_bit_a_finding(tmp_path: Path) -> None:
    items = blobs(tmp_path, 4, 0)
    items[0] = replace(items[0], counts={"bright": items[0].counts["bright"]}, weights={"bright": 1.0})
    cache = build_cache(items, 4, FINDINGS, 32, tmp_path / "cache")
    assert cache.weights[0].tolist() == [1.0, 0.0]
    assert unpack(cache.masks[0], 2)[0].sum() == 81
    assert unpack(cache.masks, 2).shape == (4, 2, 32, 32)


def test_a_stored_map_is_cut_at_the_films_size() -> None:
    probability = np.zeros((16, 16), np.uint8)
    probability[4:12, 4:12], probability[0, 0] = 255, 255
    mask = film_mask(probability, 64, 48, 0.5, 4)
    assert mask.shape == (64, 48)
    assert abs(mask.sum() - 32 * 24) < 80
    assert not mask[0, 0]


@pytest.mark.parametrize("name", ["resnet18", "efficientnet-b0", "efficientnet-b5"])
def test_the_table_of_sizes_is_true(name: str) -> None:
    assert name in STEMS
    assert count_parameters(build(Recipe("x", name), 3)) == parameter_count(name, 0, 3)
    small = Recipe("x", "small-unet", width=12)
    assert count_parameters(build(small, 5)) == parameter_count("small-unet", 12, 5)


def test_an_encoder_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(MissingDependency, match="no encoder"):
        build(Recipe("x", "resnet-9000"), 2)


def test_weights_that_cannot_be_fetched_say_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import segmentation_models_pytorch as smp

    def offline(*_args: object, **_kwargs: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(smp, "Unet", offline)
    with pytest.raises(MissingDependency, match="encoder_weights"):
        build(Recipe("x", "efficientnet-b5", encoder_weights="imagenet"), 2)
