"""Simulated readers: beside the scorer and the oracle, the only ones who open the pool's hidden truth.

*perfect* draws the truth. *noisy* draws its border a pixel off and overlooks one lesion in fifty. *anchored* is noisy,
and takes a wrong mask that it is shown for right one time in four (six radiologists did so in 18 to 30 % of films, PMC
10235827).

In the product's own reading room they say of a film what a person could: on what the page shows, and in no other way.
Of a film without truth they cannot tell.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.study.films import hidden_truth
from overread.domain.imaging.masks import Rle, decode, dice
from overread.domain.readers.effort import ON_PEOPLE, seconds_of, seconds_of_film
from overread.domain.words import Verdict, Work
from overread.services.audit.adjudication import Pair
from overread.services.audit.cases import Case, CaseFinding
from overread.services.audit.reads import FindingRead
from overread.services.films.masks import rle_of

Pixels = NDArray[np.bool_]
Kind = Literal["perfect", "noisy", "anchored"]
OVERLOOKED, ANCHORED = 0.02, 0.25
LONGER = {work: seconds - seconds_of(work) for work, seconds in ON_PEOPLE.items()}
SAME = 0.8  # Dice from which a reader sees no reason to draw anew


@dataclass(frozen=True)
class Reader:
    """One of the three, over the pool of one seed; ``number`` tells two of a kind apart."""

    kind: Kind
    folder: Path
    seed: int
    number: int = 0

    def read(self, film: int, finding: str, shown: Pixels | None) -> Pixels:
        """The mask (H, W) this reader leaves on a pool film, empty for "no lesion"; the same whenever asked. ``shown``
        is None where nothing is. Raises KeyError for a film without truth."""
        lesion = self.truth(film, finding)
        if self.kind == "perfect":
            return lesion
        rng = np.random.default_rng([self.seed, film, self.number, *finding.encode()])
        if shown is not None and (_alike(shown, lesion) or (self.kind == "anchored" and rng.random() < ANCHORED)):
            return shown
        return np.zeros_like(lesion) if rng.random() < OVERLOOKED else _unsteady(lesion, rng)

    def knows(self, film: int, finding: str) -> bool:
        """Whether there is a truth to read by."""
        return finding in _truth(self.folder, self.seed)[film].counts

    def truth(self, film: int, finding: str) -> Pixels:
        """The lesion that is there, (H, W). Raises KeyError for a film without truth."""
        item = _truth(self.folder, self.seed)[film]
        counts = item.counts[finding]
        return np.zeros((item.height, item.width), bool) if counts is None else decode(counts, item.height, item.width)

    def say(self, film: int, case: Case) -> tuple[list[FindingRead], list[Work]]:
        """What this reader posts of a film that the page shows, and what kind of work each finding was."""
        said = [self._say(film, case, one) for one in case.findings if one.drawn]
        return [read for read, _ in said], [work for _, work in said]

    def decide(self, film: int, pair: Pair) -> tuple[FindingRead, Work]:
        """As a judge between two readers: what is there, whoever drew it."""
        if not self.knows(film, pair.finding):
            return FindingRead(pair.finding, "cannot_tell"), "cannot_tell"
        lesion = self.truth(film, pair.finding)
        if lesion.any():
            return FindingRead(pair.finding, "fix", Rle.of(lesion)), "draw"
        return FindingRead(pair.finding, "reject"), "reject"

    def _say(self, film: int, case: Case, one: CaseFinding) -> tuple[FindingRead, Work]:
        if not self.knows(film, one.finding):
            return FindingRead(one.finding, "cannot_tell", shown=one.shown), "cannot_tell"
        shown = None if case.blind else rle_of(one.pseudo, case.image).pixels
        left = self.read(film, one.finding, shown)
        verdict = _verdict(shown, left)
        mask = Rle.of(left) if verdict == "fix" else None
        work: Work = verdict if verdict != "fix" else "draw" if shown is None or not shown.any() else "redraw"
        return FindingRead(one.finding, verdict, mask, shown=one.shown), work


def _verdict(shown: Pixels | None, left: Pixels) -> Verdict:
    if shown is not None and (_alike(shown, left) if left.any() else not shown.any()):
        return "accept"
    return "fix" if left.any() else "reject"


@dataclass
class Reading:
    """What reading cost: seconds, and verdicts by kind of work; ``of_people``: on films of people, whose masks are
    ragged and take longer to draw than the phantom's."""

    of_people: bool = False
    seconds: float = 0.0
    works: Counter[Work] = field(default_factory=Counter)

    @property
    def minutes(self) -> float:
        return round(self.seconds / 60, 2)

    def spend(self, works: Sequence[Work], *, blind: bool = False) -> float:
        """Note a film's works, and whether it was read blind; returns the seconds that they take together."""
        seconds = seconds_of_film(works, blind=blind)
        seconds += sum(LONGER.get(work, 0.0) for work in works) if self.of_people else 0.0
        self.seconds += seconds
        self.works.update(works)
        return seconds


@lru_cache(maxsize=1)
def _truth(folder: Path, seed: int) -> list[Any]:
    return hidden_truth(folder, seed, "pool")


def _alike(shown: Pixels, lesion: Pixels) -> bool:
    alike = dice(shown, lesion)
    return alike is None or alike >= SAME


def _unsteady(lesion: Pixels, rng: np.random.Generator) -> Pixels:
    """A border one pixel out or in, unless that leaves nothing."""
    move = cv2.dilate if rng.random() < 0.5 else cv2.erode
    drawn = np.asarray(move(lesion.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
    return drawn if drawn.any() else lesion
