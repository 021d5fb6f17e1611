"""Temperatures: a known answer, and what there is to say without films."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from overread_worker.ml.calibrate import fit_temperature
from overread_worker.ml.checkpoint import save_network, temperature_of
from overread_worker.ml.dataset import Cache, build_cache
from overread_worker.ml.network import build
from tests.ml.films import FINDINGS, TINY, blobs


class Overconfident(nn.Module):
    """A network whose logits are the film's light, centred, times ``factor``: truth is drawn from the light itself."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor]:
        return self.factor * films.expand(-1, 2, -1, -1), self.factor * films[:, :, 0, :2].flatten(1)


def drawn(films: int, seed: int = 0) -> Cache:
    """Films of noise; a pixel of a mask, and a presence, is true with probability σ(light)."""
    rng = np.random.default_rng(seed)
    light = rng.integers(0, 256, (films, 32, 32)).astype(np.uint8)
    likely = 1 / (1 + np.exp(-(light / 64 - 2)))
    masks = (rng.random(light.shape) < likely) + 2 * (rng.random(light.shape) < likely)
    present = rng.random((films, 2)) < likely[:, 0, :2]
    weights = np.ones((films, 2), np.float32)
    return Cache(light, masks.astype(np.uint8), weights, present, np.zeros((films, 2), bool), ["p"] * films)


def fit(factor: float, held: Cache) -> float:
    return fit_temperature(Fabric(accelerator="cpu"), Overconfident(factor), held)


@pytest.mark.parametrize("factor", [3.0, 1.0, 0.5])
def test_logits_that_are_scaled_are_scaled_back(factor: float) -> None:
    assert fit(factor, drawn(300)) == pytest.approx(factor, rel=0.06)


def test_an_unknown_finding_has_no_say() -> None:
    held = drawn(200)
    wrong = held.masks ^ 2  # the second finding, turned over: it would want the opposite of every logit
    weights = held.weights.copy()
    weights[:, 1] = 0
    assert fit(3.0, replace(held, masks=wrong, weights=weights)) == pytest.approx(3, rel=0.08)  # type: ignore[arg-type]
    assert fit(3.0, replace(held, masks=wrong)) > 4  # type: ignore[arg-type]


def test_without_films_or_without_truth_nothing_is_scaled() -> None:
    assert fit(3.0, drawn(0)) == 1.0
    assert fit(3.0, replace(drawn(4), weights=np.zeros((4, 2), np.float32))) == 1.0


def test_what_is_all_alike_cannot_calibrate() -> None:
    """Presences that are all there would make any network as sure as the bounds allow."""
    held = drawn(200)
    nothing = replace(held, masks=np.zeros_like(held.masks), present=np.zeros_like(held.present))
    assert fit(3.0, nothing) == 1.0
    everywhere = replace(held, present=np.ones_like(held.present))
    assert fit(3.0, everywhere) == pytest.approx(3, rel=0.06)  # by the pixels alone


def test_the_same_films_give_the_same_temperature_and_the_network_stays_in_training() -> None:
    network = Overconfident(2.0).train()
    fabric, held = Fabric(accelerator="cpu"), drawn(20)
    assert fit_temperature(fabric, network, held) == fit_temperature(fabric, network, held)
    assert network.training


def test_it_is_kept_in_the_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build(TINY, 2)
    items = blobs(tmp_path, 4, 0)
    held = build_cache(items, 4, FINDINGS, 32, tmp_path / "held")
    fitted = fit_temperature(Fabric(accelerator="cpu"), network, held)
    save_network(network, TINY, FINDINGS, tmp_path / "one.safetensors", fitted)
    assert temperature_of(tmp_path / "one.safetensors") == fitted
    save_network(network, TINY, FINDINGS, tmp_path / "plain.safetensors")
    assert temperature_of(tmp_path / "plain.safetensors") == 1.0
