"""Predicted badness p̂: how likely a label that nobody read is wrong, learned from the labels that were read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
RIDGE = 1.0  # pull of the slopes towards none, in reads
STEPS = 25


@dataclass(frozen=True)
class Badness:
    """Logistic on risk and doubt 1 − |2q − 1|: ``coefficients`` (3,), the first one the level."""

    coefficients: Floats

    def predict(self, risk: Floats, presence: Floats) -> Floats:
        """p̂_bad of labels (n,), in (0, 1)."""
        return np.asarray(special.expit(_features(risk, presence) @ self.coefficients))


def fit_badness(risk: Floats, presence: Floats, bad: NDArray[np.bool_], probability: Floats) -> Badness | None:
    """Ridge logistic regression by Newton's method, each read weighted by 1/π (mean 1), and one read of either kind
    added so that no reads of a kind are not certainty. None without a read."""
    if not len(bad):
        return None
    weight = 1 / probability
    weight = np.append(weight / weight.mean(), [0.5, 0.5])
    x = np.vstack([_features(risk, presence), *[_features(risk, presence).mean(axis=0)] * 2])
    y, beta = np.append(bad.astype(float), [0.0, 1.0]), np.zeros(x.shape[1])
    pull = np.diag([0.0, RIDGE, RIDGE])
    for _ in range(STEPS):
        p = special.expit(x @ beta)
        slope = x.T @ (weight * (y - p)) - pull @ beta
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + pull + 1e-9 * np.eye(len(beta))
        beta = beta + np.linalg.solve(curve, slope)
    return Badness(beta)


def _features(risk: Floats, presence: Floats) -> Floats:
    return np.column_stack([np.ones_like(risk), risk, 1 - np.abs(2 * presence - 1)])
