"""The quick histogram of a map is the domain's, whatever the map."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.imaging import metrics
from overread.domain.imaging.metrics import FindingScores
from overread_worker.ml.scores import histograms, keep, measure


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_it_counts_what_the_domain_counts(seed: int, height: int, width: int, lit: float) -> None:
    rng = np.random.default_rng(seed)
    probability = rng.integers(0, 256, (height, width)).astype(np.uint8)
    probability[:, rng.random(width) >= lit] = 0  # columns and rows of zeros, as where a network is sure
    probability[rng.random(height) >= lit] = 0
    reference = rng.random((height, width)) < rng.random()
    for quick, plain in zip(
        histograms(probability, reference), metrics.histograms(probability, reference), strict=True
    ):
        assert quick.tolist() == plain.tolist()


def test_what_is_kept_is_what_the_domain_keeps() -> None:
    rng = np.random.default_rng(0)
    quick, plain = FindingScores(), FindingScores()
    for index in range(6):
        probability, reference = rng.integers(0, 99, (16, 16)).astype(np.uint8), np.zeros((16, 16), bool)
        reference[2:7, 3:9] = index % 2 == 0
        keep(quick, measure(probability, reference), 0.5, "p")
        plain.add(probability, reference, 0.5, "p")
    assert quick.maxima == plain.maxima
    assert np.array_equal(quick.curves, plain.curves)
