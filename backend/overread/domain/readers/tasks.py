"""What readers are asked to do with the drawn items (definitions: section 7): read blind, meet a planted error, look
twice; and where in the queue the second looks stand."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.readers.plants import plant
from overread.domain.words import Look, PlantKind, Task

# Of the SENTINEL items, in percent: drawn before anything is shown, shown with a planted error, read twice by one.
TASKS: dict[Task, int] = {"blind": 20, "planted": 60, "again": 20}
LATER = 0.5  # a film comes to the same reader again after at least this share of the queue


def share_tasks(n: int, percents: Mapping[Task, int], rng: np.random.Generator) -> list[Task]:
    """A task for each of n items, in these shares as nearly as counts allow, in random order."""
    exact = np.array([n * percent / 100 for percent in percents.values()])
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(-(exact - counts), kind="stable")[: n - int(counts.sum())]] += 1
    tasks = [task for task, count in zip(percents, counts, strict=True) for _ in range(count)]
    return [tasks[i] for i in rng.permutation(n)]


def plant_any(
    mask: NDArray[np.bool_], rng: np.random.Generator, shows: bool = True
) -> tuple[PlantKind, NDArray[np.bool_]] | None:
    """A wrong mask of a random kind that this mask (height, width) allows; None where none would be clearly wrong.

    It always shows something: an empty mask would be right wherever the machine saw a lesion that is none, and a reader
    who says so would be taken for one who overlooks. Not so (``shows``) where an older version drew.
    """
    every: tuple[PlantKind, ...] = get_args(PlantKind)
    kinds: Sequence[PlantKind] = [every[i] for i in rng.permutation(len(every))] if mask.any() else ["false"]
    for kind in kinds:
        try:
            made = plant(mask, kind, rng)
        except InvalidInput:
            continue
        if made.any() or not shows:
            return kind, made
    return None


def reading_order(
    films: int, second: Sequence[int], again: Sequence[int], rng: np.random.Generator
) -> list[tuple[int, Look]]:
    """The order of reading: films 0…n−1 in theirs, second looks anywhere among them, those by the same reader well
    after the first."""
    places: list[tuple[float, int, Look]] = [(float(i), i, "first") for i in range(films)]
    places += [(float(rng.uniform(0, films)), i, "second") for i in second]
    places += [(float(rng.uniform(min(i + LATER * films, films), films + 1)), i, "again") for i in again]
    return [(i, look) for _, i, look in sorted(places, key=lambda place: place[0])]
