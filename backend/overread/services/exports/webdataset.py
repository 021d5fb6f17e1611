"""WebDataset: tars of samples, which are read from the first byte to the last while a network trains.

The files of a film lie one after the other under one key: ``KEY.png`` its pixels, ``KEY.FINDING.png`` a mask for each
finding that is told, all 0 for no lesion, and ``KEY.json`` the film and all its labels with their lineage.
"""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from overread.domain.imaging.films import unpack_film
from overread.services.exports.folder import Folder, file_stem
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import compact, lineage, plain
from overread.services.exports.png import png
from overread.services.exports.shards import write_shards
from overread.services.exports.tar import add_file
from overread.storage import BlobStore


def write_webdataset(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    """``data/SPLIT-00000.tar`` and so on."""
    write_shards(folder, films, "tar", partial(_shard, blobs))


@contextmanager
def _shard(blobs: BlobStore, path: Path) -> Iterator[Callable[[LabelledFilm], int]]:
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:

        def add(one: LabelledFilm) -> int:
            sample = _sample(one, blobs)
            for name, data in sample.items():
                add_file(tar, f"{file_stem(one.film)}.{name}", data)
            return sum(map(len, sample.values()))

        yield add


def _sample(one: LabelledFilm, blobs: BlobStore) -> dict[str, bytes]:
    """A film's files by their endings."""
    masks = {
        f"{label.finding}.png": png(label.mask.pixels * np.uint8(255))
        for label in one.labels
        if label.told != "uncertain" and label.mask is not None
    }
    told = {"film": plain(one.film), "labels": [lineage(label) for label in one.labels]}
    return {"png": png(unpack_film(blobs.get(one.film.sha256))), **masks, "json": compact(told).encode()}
