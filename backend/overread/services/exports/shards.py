"""Films in shards: files of some hundred megabytes each, of one split, so that who trains opens no held-out film.

What a full shard is of is kept beside it while the export runs, so that one that was stopped goes on behind it.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import cv2

from overread.domain.words import ExportSplit
from overread.services.exports.folder import Folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import compact, plain

SHARD = 500 << 20  # bytes, about
WRITERS = f"{version('overread')} {cv2.__version__} {version('pyarrow')}\n"  # others may write other bytes
# What is opened on a file and told of film by film, and answers with the bytes that each took.
Begin = Callable[[Path], AbstractContextManager[Callable[[LabelledFilm], int]]]
# What is told of a shard's films one by one, and answers whether it is full.
Add = Callable[[LabelledFilm], bool]


class LabelsChanged(Exception):
    """What an earlier try wrote is not what stands now. It counts no more, and the export is to begin again."""


def write_shards(folder: Folder, films: Iterator[LabelledFilm], ending: str, begin: Begin) -> list[ExportSplit]:
    """``data/SPLIT-00000.ending`` and so on, as many of each split as it takes; full ones of an earlier try stay.
    Returns the splits there are. Raises LabelsChanged."""
    numbers: dict[ExportSplit, int] = {}
    shards: dict[ExportSplit, tuple[ExitStack, Add]] = {}
    with ExitStack() as every:
        for one in films:
            split = one.film.split
            if split not in shards:
                numbers[split] = numbers.get(split, -1) + 1
                name = f"data/{split}-{numbers[split]:05d}.{ending}"
                earlier, own = folder.earlier(name), every.enter_context(ExitStack())
                shard = _new(folder, name, begin) if earlier is None else _kept(folder, name, earlier)
                shards[split] = own, own.enter_context(shard)
            own, add = shards[split]
            if add(one):
                own.close()
                del shards[split]
    return sorted(numbers)


@contextmanager
def _new(folder: Folder, name: str, begin: Begin) -> Iterator[Add]:
    told, left = _Told(), SHARD
    with folder.file(name, lambda: told.text if left <= 0 else "") as path, begin(path) as put:

        def add(one: LabelledFilm) -> bool:
            nonlocal left
            told.add(one)
            left -= put(one)
            return left <= 0

        yield add


@contextmanager
def _kept(folder: Folder, name: str, earlier: str) -> Iterator[Add]:
    """A shard of an earlier try, which stays where the same films come with the same labels."""
    told = _Told()

    def add(one: LabelledFilm) -> bool:
        told.add(one)
        return told.films == int(earlier.split(maxsplit=1)[0])

    yield add
    if told.text != earlier or not folder.keep(name):
        folder.forget()
        raise LabelsChanged


class _Told:
    """What a shard is of: how many films, and a hash of all that is told of them."""

    def __init__(self) -> None:
        self.films, self._sha256 = 0, hashlib.sha256(WRITERS.encode())

    def add(self, one: LabelledFilm) -> None:
        self.films += 1
        self._sha256.update(compact(plain(one)).encode("utf-8", "surrogatepass") + b"\n")

    @property
    def text(self) -> str:
        return f"{self.films} {self._sha256.hexdigest()}"
