"""Masks that a small network draws on films of people, each beside the experts': what a reader would have to mend.

Half of the patients teach a network that labels the films of the other half, and the other way round: no film is
labelled by one that learned from it. With a few dozen films such masks are poor, as a first iteration's are.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.study.films import read_source
from benchmarks.study.plan import Sizes, StudyPlan
from overread.domain.imaging.masks import decode, dice
from overread.recipes import load
from overread.services.films.projects import FINDINGS
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.label import FilmLabels, label
from overread_worker.ml.train import TrainingData, train

SIZE = 128  # of the effort's films, in pixels (frontend/bench/effort/phantoms.ts)
EPOCHS = 120
GOOD = 0.9
Pixels = NDArray[np.bool_]


@dataclass(frozen=True)
class Proposed:
    """A finding on a film: what experts drew, what the network did (both SIZE × SIZE), and its probabilities, uint8."""

    truth: Pixels
    pseudo: Pixels
    plane: NDArray[np.uint8]

    @property
    def kind(self) -> str:
        """In which way the network's mask is wrong."""
        if not self.truth.any():
            return "real, spurious"
        if not self.pseudo.any():
            return "real, missed"
        return "real, partly right" if (self.truth & self.pseudo).any() else "real, wrong place"

    def line(self) -> str:
        """As the effort's reader takes it."""
        arrays = {"truth": self.truth, "pseudo": self.pseudo, "plane": self.plane}
        packed = {name: base64.b64encode(value.astype(np.uint8).tobytes()).decode() for name, value in arrays.items()}
        return json.dumps({"kind": self.kind} | packed)


def write_cases(source: str, folder: Path) -> Path:
    """A JSON line for each mask that is to be mended, of a source as ``benchmarks.study`` names it (chestxdet:PATH)."""
    recipe = replace(load("demo-teacher-a"), size=SIZE, epochs=EPOCHS)
    items, _ = read_source(StudyPlan(source, FINDINGS, (recipe,), None, (0,), Sizes()), folder)
    half = set(sorted({item.patient for item in items})[::2])
    halves = [[item for item in items if (item.patient in half) is first] for first in (True, False)]
    file = folder / "cases.jsonl"
    with file.open("w") as out:
        for number, (own, others) in enumerate((halves, halves[::-1])):
            data = TrainingData(items=own, development=own)
            network = train(recipe, data, list(FINDINGS), folder / f"half {number}", lambda _: None).checkpoint
            films = ((row, item.image) for row, item in enumerate(others))
            for told in label(films, [network], recipe, list(FINDINGS)):
                for case in _to_mend(others[told.image_id], told):
                    print(case.line(), file=out)
    return file


def _to_mend(item: TrainingItem, told: FilmLabels) -> Iterator[Proposed]:
    for place, one in enumerate(told.labels):
        counts = item.counts.get(one.finding)
        truth = _small(None if counts is None else decode(counts, item.height, item.width))
        proposed = Proposed(truth, _small(None if one.mask is None else one.mask.pixels), told.maps[place])
        alike = dice(truth, proposed.pseudo)
        if alike is not None and alike < GOOD:
            yield proposed


def _small(mask: NDArray[Any] | None) -> Pixels:
    if mask is None:
        return np.zeros((SIZE, SIZE), bool)
    return np.asarray(cv2.resize(mask.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA) >= 0.5)
