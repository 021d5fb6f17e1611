"""Films in shards: files of some hundred megabytes each, of one split, so that who trains opens no held-out film."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from overread.domain.words import ExportSplit
from overread.services.exports.folder import Folder
from overread.services.exports.labels import LabelledFilm

SHARD = 500 << 20  # bytes, about
# What is opened on a file and told of film by film, and answers with the bytes that each took.
Begin = Callable[[Path], AbstractContextManager[Callable[[LabelledFilm], int]]]


def write_shards(folder: Folder, films: Iterator[LabelledFilm], ending: str, begin: Begin) -> list[ExportSplit]:
    """``data/SPLIT-00000.ending`` and so on, as many of each split as it takes. Returns the splits there are."""
    numbers: dict[ExportSplit, int] = {}
    left: dict[ExportSplit, int] = {}
    shards: dict[ExportSplit, tuple[ExitStack, Callable[[LabelledFilm], int]]] = {}
    with ExitStack() as every:
        for one in films:
            split = one.film.split
            if left.get(split, 0) <= 0:
                if split in shards:
                    shards[split][0].close()
                own = every.enter_context(ExitStack())
                numbers[split] = numbers.get(split, -1) + 1
                path = own.enter_context(folder.file(f"data/{split}-{numbers[split]:05d}.{ending}"))
                shards[split] = own, own.enter_context(begin(path))
                left[split] = SHARD
            left[split] -= shards[split][1](one)
    return sorted(numbers)
