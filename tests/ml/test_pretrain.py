"""Self-supervised start: its losses against slow loops, MoCo's queue and key encoder, an encoder that a recipe uses."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

import overread_worker.ml.pretrain as start
from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Augment, Start
from overread.domain.learning.reports import StartReport
from overread_worker.ml import ahead
from overread_worker.ml.contrastive import Memory, Projected, info_nce, nt_xent
from overread_worker.ml.learner import Lineage, open_fabric, set_up
from overread_worker.ml.network import build
from overread_worker.ml.operations import resized_crop
from overread_worker.ml.pretrain import Views, pretrain
from overread_worker.ml.train import TrainingData, train
from tests.ml.films import FINDINGS, TINY, blobs


def started_by(method: str, **changes: object) -> Recipe:
    own = Start(**{"method": method, "epochs": 3, "batch": 8, "queue": 24, **changes})  # type: ignore[arg-type]
    return replace(TINY, start=own, augment=Augment(magnitude=3.0), learning_rate=3e-3)


def films(folder: Path, count: int = 20) -> list[Path]:
    return [item.image for item in blobs(folder, count, 3)]


def silent(_report: StartReport) -> None:
    pass


def unit(count: int, seed: int, size: int = 3) -> torch.Tensor:
    return F.normalize(torch.randn(count, size, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_nt_xent_is_the_papers_sum_over_four_vectors() -> None:
    first, second, temperature = unit(2, 0), unit(2, 1), 0.3
    both = [first[0], first[1], second[0], second[1]]
    pairs, losses, right = {0: 2, 1: 3, 2: 0, 3: 1}, [], []
    for i, j in pairs.items():
        alike = {k: math.exp(float(both[i] @ both[k]) / temperature) for k in range(4) if k != i}
        losses.append(-math.log(alike[j] / sum(alike.values())))
        right.append(max(alike, key=lambda k: alike[k]) == j)
    loss, share = nt_xent(first, second, temperature)
    assert loss.item() == pytest.approx(sum(losses) / 4, rel=1e-5)
    assert share.item() == sum(right) / 4
    assert nt_xent(torch.eye(3), torch.eye(3), 0.1)[1] == 1
    assert nt_xent(torch.ones(3, 1), torch.ones(3, 1), 0.1)[1] == 0  # all in one place: nothing is told apart


def test_info_nce_is_the_papers_sum() -> None:
    queries, keys, queue, temperature = unit(3, 0), unit(3, 1), unit(5, 2), 0.3
    losses, right = [], []
    for query, key in zip(queries, keys, strict=True):
        own = math.exp(float(query @ key) / temperature)
        others = [math.exp(float(query @ negative) / temperature) for negative in queue]
        losses.append(-math.log(own / (own + sum(others))))
        right.append(own > max(others))
    loss, share = info_nce(queries, keys, queue, temperature)
    assert loss.item() == pytest.approx(sum(losses) / 3, rel=1e-5)
    assert share.item() == pytest.approx(sum(right) / 3)
    assert info_nce(torch.ones(3, 1), torch.ones(3, 1), torch.ones(5, 1), 0.1)[1] == 0


def projected() -> Projected:
    torch.manual_seed(0)
    return Projected(build(TINY, 1).encoder, 16)


def test_the_queue_wraps_and_forgets_the_oldest() -> None:
    memory = Memory(projected(), 5)
    keys = [torch.full((3, 128), float(value)) for value in (1, 2, 3)]
    for one in keys:
        memory.push(one)
    assert memory.vectors[:, 0].tolist() == [2.0, 3.0, 3.0, 3.0, 2.0]
    assert memory.place == 4
    memory.push(torch.arange(7.0)[:, None].expand(7, 128))  # more than it holds: the last five, from the oldest on
    assert memory.vectors[:, 0].tolist() == [3.0, 4.0, 5.0, 6.0, 2.0]
    assert memory.place == 4


def test_the_key_encoder_follows_without_a_gradient() -> None:
    network = projected()
    memory = Memory(network, 5)
    old = [weight.clone() for weight in memory.key.parameters()]
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1)
    memory.follow(network, 0.75)
    for before, now in zip(old, memory.key.parameters(), strict=True):
        assert torch.allclose(now, before + 0.25, atol=1e-6)
        assert not now.requires_grad
    seen = torch.randn(7, 1, 32, 32)
    assert torch.allclose(memory.keys(seen), memory.key(seen), atol=1e-5)  # in order again after its halves
    assert not memory.keys(seen).requires_grad
    assert torch.allclose(memory.keys(seen).norm(dim=1), torch.ones(7))


def test_views_are_drawn_by_seed_epoch_and_film_and_differ(tmp_path: Path) -> None:
    recipe, paths = started_by("simclr"), films(tmp_path)
    made = Views(paths, recipe)
    one, other = made[0, np.array([4, 5])].values()
    assert one.shape == other.shape == (2, 32, 32)
    assert one.dtype == np.uint8
    again = Views(paths, recipe)[0, np.array([5, 4])]
    assert np.array_equal(one[::-1], again["one"])
    assert np.array_equal(other[::-1], again["other"])
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, made[1, np.array([4, 5])]["one"])


def test_a_crop_is_a_window_at_full_size() -> None:
    film = np.add.outer(np.zeros(64), np.arange(64) * 4).astype(np.uint8)
    spans = []
    for seed in range(200):
        view = resized_crop(film, np.random.default_rng(seed)).astype(int)
        assert view.shape == (64, 64)
        spans.append((view[0, -1] - view[0, 0] + 4) / 256)
    assert 0.35 < min(spans) < 0.45  # sqrt(.2 · ¾) ≈ .39 of the side
    assert max(spans) > 0.95


class Counted(Sequence[Path]):
    """Films that tell how often each was asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, row: int) -> Path: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Path]: ...
    def __getitem__(self, row: int | slice) -> Path | Sequence[Path]:
        assert isinstance(row, int)
        self.asked.append(row)
        return self._paths[row]


def test_films_are_read_a_batch_at_a_time_each_once_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "loader_processes", lambda: 0)
    pool, read = Counted(films(tmp_path)), []
    step = start._step
    monkeypatch.setattr(start, "_step", lambda *given: (read.append(len(pool.asked)), step(*given))[1])  # type: ignore[func-returns-value]
    pretrain(started_by("simclr", epochs=2), pool, tmp_path / "run", silent)
    assert read == [8, 16, 24, 32]  # two batches of eight an epoch; the four films left over wait for another order
    assert len(set(pool.asked[:16])) == 16
    assert pool.asked[:16] != pool.asked[16:]


@pytest.mark.parametrize("method", ["simclr", "moco"])
def test_an_encoder_learns_to_tell_films_apart(method: str, tmp_path: Path) -> None:
    reports: list[StartReport] = []
    pretrain(started_by(method, epochs=16), films(tmp_path, 64), tmp_path / "run", reports.append)
    assert [report.epoch for report in reports] == list(range(16))
    # Of moco's first epochs the negatives are random, and easily told apart.
    early, late = reports[2:5], reports[-3:]
    chance = 1 / (15 if method == "simclr" else 25)
    assert np.mean([report.first for report in late]) > 3 * chance
    assert np.mean([report.loss for report in late]) < np.mean([report.loss for report in early]) - 0.1
    assert np.mean([report.loss for report in late]) < -math.log(chance) - 0.2
    assert all(report.images_per_second > 0 and report.learning_rate == 3e-3 for report in reports)


@pytest.mark.parametrize("method", ["simclr", "moco"])
def test_every_weight_is_taught_and_a_recipe_starts_from_the_encoder(method: str, tmp_path: Path) -> None:
    recipe = started_by(method, epochs=1)
    result = pretrain(recipe, films(tmp_path), tmp_path / "run", silent)
    torch.manual_seed(recipe.seed)
    fresh, taught = build(recipe, 1).encoder, load_file(result.checkpoint)
    assert result.parameters == sum(weight.numel() for weight in fresh.parameters())
    assert taught.keys() == fresh.state_dict().keys()  # the projection head is gone
    assert all(not torch.equal(taught[name], value) for name, value in fresh.state_dict().items())
    learner = set_up(open_fabric(TINY), TINY, FINDINGS, Lineage(encoder=result.checkpoint))
    assert all(torch.equal(value, taught[name]) for name, value in learner.pupil.raw.encoder.state_dict().items())


@pytest.mark.parametrize("method", ["simclr", "moco"])
def test_a_start_that_died_goes_on_as_if_it_had_not(method: str, tmp_path: Path) -> None:
    recipe, paths = replace(started_by(method), schedule="cosine"), films(tmp_path)

    def die(report: StartReport) -> None:
        if report.epoch == 1:
            raise KeyboardInterrupt

    whole = load_file(pretrain(recipe, paths, tmp_path / "whole", silent).checkpoint)
    with pytest.raises(KeyboardInterrupt):
        pretrain(recipe, paths, tmp_path / "cut", die)
    seen: list[int] = []
    again = pretrain(recipe, paths, tmp_path / "cut", lambda report: seen.append(report.epoch))
    assert seen == [1, 2]
    state, other = (load_file(tmp_path / name / "state.safetensors") for name in ("whole", "cut"))
    assert state.keys() == other.keys()
    assert all(torch.equal(value, other[name]) for name, value in state.items())
    assert ("memory/vectors" in state) == (method == "moco")
    if method == "moco":
        assert len(state["memory/vectors"]) == 10  # 24 asked for; half the pool, lest films meet their own last keys
    assert all(torch.equal(value, whole[name]) for name, value in load_file(again.checkpoint).items())


def test_statistics_of_batches_are_taught_too(tmp_path: Path) -> None:
    """An encoder with BatchNorm: the key's statistics are its own, and a batch of two passes whole."""
    recipe = replace(started_by("moco", epochs=1, batch=4), network="resnet18", size=64)
    state = load_file(pretrain(recipe, films(tmp_path, 4), tmp_path / "run", silent).checkpoint)
    assert state["bn1.running_mean"].abs().sum() > 0
    assert state["bn1.num_batches_tracked"] == 1


def test_what_cannot_be_taught_is_refused(tmp_path: Path) -> None:
    paths = films(tmp_path, 7)
    with pytest.raises(InvalidInput, match=r"7 films.*8"):
        pretrain(started_by("simclr"), paths, tmp_path / "run", silent)
    with pytest.raises(InvalidInput, match="names no self-supervised method"):
        pretrain(started_by("none"), films(tmp_path), tmp_path / "run", silent)
    for method in ("simclr", "moco"):
        with pytest.raises(InvalidInput, match="no longer a number"):
            pretrain(started_by(method, temperature=1e-45), films(tmp_path), tmp_path / "run", silent)
    assert not (tmp_path / "run").exists()


def test_a_training_goes_on_from_the_pools_encoder(tmp_path: Path) -> None:
    encoder = pretrain(started_by("simclr"), films(tmp_path), tmp_path / "start", silent).checkpoint
    data = TrainingData(blobs(tmp_path, 8, 0), [], lineage=Lineage(encoder=encoder))
    still = replace(TINY, epochs=1, learning_rate=1e-12)
    result = train(still, data, FINDINGS, tmp_path / "run", lambda _report: None)
    taught, published = load_file(encoder), load_file(result.checkpoint)
    assert all(torch.allclose(value, published[f"encoder.{name}"], atol=1e-9) for name, value in taught.items())
