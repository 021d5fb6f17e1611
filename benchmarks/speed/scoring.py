"""Scores of 16,000 films × 5 findings, intervals included ÷ one pass over the same bytes, and ÷ a loop over thresholds.

A few dozen films' maps stand for all: each is scored again and again, and as they are larger together than a
processor's cache every visit reads them from memory anew. The loops over thresholds are timed on fewer films and
scaled up, as they would take an hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.goals import Goal
from benchmarks.speed.films import FINDINGS
from benchmarks.speed.measure import Measurement, in_turns, peak_memory, ratio
from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.domain.imaging.evaluation import Metrics
from overread.domain.imaging.metrics import FindingScores, best_level, summarise
from overread_worker.ml.scores import keep, measure

LOOP_GOAL, PASS_GOAL = 50.0, 3.0
FILMS_OF_A_PATIENT = 2


@dataclass(frozen=True)
class Case:
    """One finding on one film: map uint8 and reference bool, both (S, S), and whether the finding is there."""

    probability: NDArray[np.uint8]
    reference: NDArray[np.bool_]
    present: bool


def score(films: int = 16_000, kept: int = 48, size: int = 512, looped: int = 4, repeats: int = 2) -> list[Measurement]:
    """Score ``films`` films, of which ``kept`` are different and ``looped`` go through the loops."""
    cases = make_cases(kept, size)

    def some(count: int) -> Iterator[Sequence[Case]]:
        return islice(cycle(cases), count)

    counted = max(1, films // 16)
    seconds = in_turns(
        {
            "scores": lambda: score_films(some(films)),
            "sums": lambda: [case.probability.sum() for film in some(films) for case in film],
            "maxima": lambda: [case.probability.max() for film in some(films) for case in film],
            "histograms": lambda: [count_values(case.probability) for film in some(counted) for case in film],
            "loop": lambda: [plain_loop(case) for film in some(looped) for case in film],
            "quick loop": lambda: [quick_loop(case) for film in some(looped) for case in film],
        },
        repeats,
    )
    scale = {"loop": films / looped, "quick loop": films / looped, "histograms": films / counted}
    passes = {
        name: ratio(seconds["scores"], seconds[name]) / scale.get(name, 1) for name in ("sums", "maxima", "histograms")
    }
    loops = {name: scale[name] * ratio(seconds[name], seconds["scores"]) for name in ("loop", "quick loop")}
    name = f"scoring {films} films x {len(FINDINGS)}"
    numbers = {f"{key} s": median(value) * scale.get(key, 1) for key, value in seconds.items()}
    numbers |= {f"scores / {key}": value for key, value in passes.items()}
    numbers |= {f"{key} / scores": value for key, value in loops.items()}
    numbers |= {"positive share": float(np.mean([case.present for film in cases for case in film]))}
    goals = [
        Goal("loop over thresholds ÷ scores", loops["loop"], LOOP_GOAL),
        Goal("scores ÷ one pass over the bytes", passes["sums"], PASS_GOAL, least=False),
    ]
    memory: dict[str, float] = {}
    for count in (films // 16, films // 4, films):
        memory |= peak_memory(f"{count} films", lambda count=count: score_films(some(count)))  # type: ignore[misc]
    return [Measurement(name, numbers, goals, memory)]


def score_films(films: Iterator[Sequence[Case]]) -> Metrics:
    """All that an evaluation says of one network, as ``ml.evaluate`` finds it: 2,000 resamples of patients."""
    scores = [FindingScores() for _ in FINDINGS]
    for number, film in enumerate(films):
        for own, case in zip(scores, film, strict=True):
            found = measure(case.probability, case.reference if case.present else None)
            keep(own, found, float(number % 997) / 997, f"p{number // FILMS_OF_A_PATIENT}")
    return summarise(scores, [best_level(own) for own in scores], FINDINGS)


def make_cases(films: int, size: int) -> list[list[Case]]:
    """Phantoms with maps like a network's: soft lesions, faint clouds elsewhere, half of the pixels 0."""
    rng = np.random.default_rng(0)
    made = []
    for index in range(films):
        _, masks = make_film(Phantom(size=size, seed=0), index)
        made.append(
            [Case(soft_map(masks[finding], rng), masks[finding], bool(masks[finding].any())) for finding in FINDINGS]
        )
    return made


def soft_map(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A map (S, S) like a network's for a mask (S, S): a soft lesion, of one certainty or another, and faint clouds."""
    size = len(mask)
    lesion = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size / 64) * rng.uniform(0.3, 1)
    clouds = cv2.resize(rng.random((16, 16)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.rint(255 * np.clip(lesion + 0.08 * (clouds - 0.5), 0, 1)), dtype=np.uint8)


def count_values(probability: NDArray[np.uint8]) -> NDArray[np.float32]:
    """OpenCV's histogram."""
    return cv2.calcHist([probability], [0], None, [256], [0, 256])  # type: ignore[return-value]


def plain_loop(case: Case) -> list[float]:
    """Dice at every threshold, as one would write it."""
    dice = []
    for level in range(256):
        mask = case.probability >= level
        total = float(mask.sum() + case.reference.sum())
        dice.append(2 * float((mask & case.reference).sum()) / max(1.0, total))
    return dice


def quick_loop(case: Case) -> list[float]:
    """The same loop for somebody in a hurry: lesions alone, quicker counts, the reference counted once."""
    if not case.present:
        return [float(case.probability.max())]
    size = int(np.count_nonzero(case.reference))
    dice: list[float] = []
    for level in range(256):
        mask = case.probability >= level
        dice.append(2 * int(np.count_nonzero(mask & case.reference)) / max(1, int(np.count_nonzero(mask)) + size))
    return dice
