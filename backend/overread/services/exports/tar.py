"""A folder's files as a tar that is never held whole, for whom no folder can be written."""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from threading import Event, Thread
from typing import IO

from overread.services.exports.folder import MANIFEST, Folder
from overread.services.exports.labels import LabelledFilm

PIECE = 1 << 16  # bytes
Fill = Callable[[Folder, Iterator[LabelledFilm]], None]


class TarFolder(Folder):
    """A folder whose files go into a tar one after the other."""

    def __init__(self, tar: tarfile.TarFile, manifest: IO[str]) -> None:
        super().__init__(Path(), manifest)
        self._tar = tar

    def put(self, name: str, data: bytes) -> None:
        """A file of these bytes."""
        add_file(self._tar, name, data)
        self._note(name, hashlib.sha256(data).hexdigest())

    @contextmanager
    def file(self, name: str, of: Callable[[], str] = str) -> Iterator[Path]:
        """A file that the block writes on the disk, since a tar says how long each is before it comes. No later try
        finds it."""
        del of
        with tempfile.NamedTemporaryFile(prefix="overread-export-") as new:
            yield Path(new.name)
            with open(new.name, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                info = _nobodys(name, file.tell())
                file.seek(0)
                self._tar.addfile(info, file)
        self._note(name, sha256)

    def earlier(self, name: str) -> None:
        """Nothing: each tar is a new one."""
        del name


def add_file(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """A file of these bytes that is nobody's and of no time, so that the same files are the same tar."""
    tar.addfile(_nobodys(name, len(data)), io.BytesIO(data))


def tar_pieces(films: Iterator[LabelledFilm], fill: Fill) -> Iterator[bytes]:
    """The tar of what ``fill`` puts into a folder of these films, piece by piece as it is written: it waits while
    nobody takes them, and comes to an end when nobody ever will. Raises what ``fill`` raises."""
    out, into = os.pipe()
    failed: list[BaseException] = []
    gone = Event()
    wanted = takewhile(lambda _: not gone.is_set(), films)
    writer = Thread(target=_write, args=(into, wanted, fill, failed), daemon=True)
    writer.start()
    try:
        with os.fdopen(out, "rb") as pieces:
            while piece := pieces.read1(PIECE):
                yield piece
    finally:
        gone.set()
    writer.join()
    if failed:
        raise failed[0]


def _write(into: int, films: Iterator[LabelledFilm], fill: Fill, failed: list[BaseException]) -> None:
    try:
        with (
            os.fdopen(into, "wb") as file,
            tempfile.TemporaryFile() as kept,
            io.TextIOWrapper(kept, encoding="utf-8") as manifest,
            tarfile.open(fileobj=file, mode="w|", format=tarfile.GNU_FORMAT) as tar,
        ):
            fill(TarFolder(tar, manifest), films)
            manifest.flush()
            size = kept.tell()
            kept.seek(0)
            tar.addfile(_nobodys(MANIFEST, size), kept)
    except BaseException as error:  # the thread has nobody to raise it to
        failed.append(error)


def _nobodys(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info
