"""What a network of some skill scores on small random films."""

import numpy as np

from overread.domain.imaging.metrics import FindingScores


def scores_of(seed: int, positives: int = 12, negatives: int = 15, skill: float = 0.6) -> FindingScores:
    rng = np.random.default_rng(seed)
    scores = FindingScores()
    for index in range(positives + negatives):
        reference = np.zeros((16, 16), bool)
        if index < positives:
            top, left = rng.integers(0, 8, 2)
            reference[top : top + 6, left : left + 6] = True
        light = skill * reference * rng.random() + rng.random((16, 16)) * rng.random()
        probability = np.clip(light * 255, 0, 255).astype(np.uint8)
        scores.add(probability, reference, float(probability.max()) / 255, f"patient {index // 2}")
    return scores
