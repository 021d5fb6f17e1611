"""One temperature for each teacher (Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2)."""

import math

import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import nn

from overread_worker.ml.dataset import Cache, unpack
from overread_worker.ml.development import answers

PIXELS = 512  # drawn from each film, the same places for all of its findings: 1,000 films of 5 findings are 10 MB
# Beyond these a few development films, told apart without an error, would drive every probability to 0, 1 or a half.
LEAST, MOST = 0.1, 10.0

Logits = NDArray[np.float64]


def fit_temperature(fabric: Fabric, network: nn.Module, held: Cache) -> float:
    """The T in [0.1, 10] by which all logits are divided so that development films are likeliest; 1 without any.

    What falls is the mean negative log likelihood of mask pixels plus that of presences, each over the films × findings
    whose truth is known. Pixels are a seeded sample of each film, lesion and background as they come: balanced ones
    would calibrate for a prevalence that no film has. Pixels, or presences, that are all alike take no part: that
    every one is there (or none) only ever asks for a surer network.
    """
    parts = [part for part in _known_logits(fabric, network, held) if len(set(part[1].tolist())) == 2]
    if not parts:
        return 1.0

    def surprise(log_temperature: float) -> float:
        return sum(_nll(logits / math.exp(log_temperature), truth) for logits, truth in parts)

    found = minimize_scalar(surprise, bounds=(math.log(LEAST), math.log(MOST)), method="bounded")
    return math.exp(float(found.x))


def _known_logits(fabric: Fabric, network: nn.Module, held: Cache) -> list[tuple[Logits, NDArray[np.bool_]]]:
    """Logits and truth of the sampled pixels, then of presences; both flat."""
    rng = np.random.default_rng(0)
    pixels: list[tuple[Logits, NDArray[np.bool_]]] = []
    presences: list[tuple[Logits, NDArray[np.bool_]]] = []
    for rows, masks, presence in answers(fabric, network, held.films):
        known = held.weights[rows] > 0
        count, findings = known.shape
        area = masks.shape[-2] * masks.shape[-1]
        places = rng.integers(0, area, (count, 1, PIXELS))
        drawn = masks.flatten(2).cpu().numpy().astype(np.float64)
        truth = unpack(held.masks[rows], findings).reshape(count, findings, area)
        logits = np.take_along_axis(drawn, places, axis=2)[known].ravel()
        pixels.append((logits, np.take_along_axis(truth, places, axis=2)[known].ravel()))
        presences.append((presence.cpu().numpy().astype(np.float64)[known], held.present[rows][known]))
    return [_joined(pixels), _joined(presences)]


def _joined(parts: list[tuple[Logits, NDArray[np.bool_]]]) -> tuple[Logits, NDArray[np.bool_]]:
    if not parts:
        return np.zeros(0), np.zeros(0, bool)
    logits, truth = zip(*parts, strict=True)
    return np.concatenate(logits), np.concatenate(truth)


def _nll(logits: Logits, truth: NDArray[np.bool_]) -> float:
    """−mean log p of what was true: log(1 + e^−z) for a yes, log(1 + e^z) for a no."""
    return float(np.logaddexp(0, np.where(truth, -logits, logits)).mean())
