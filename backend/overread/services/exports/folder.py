"""A folder that goes out whole or not at all, and can be gone on with where it was stopped.

Files come to lie in ``NAME.part`` beside it; what lies there with the right content is not written again. Once all is
there, what an earlier try left of other content is taken away, and the folder gets its name.
"""

import fcntl
import hashlib
import os
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from overread.disk import make_private
from overread.domain.errors import Conflict
from overread.services.exports.labels import Film
from overread.services.exports.lines import image_id
from overread.storage import written_whole

MANIFEST = "manifest.sha256"
OF = ".of"  # beside a file, until all is there: what it is of


def file_stem(film: Film) -> str:
    """What a film is called in a folder of ours: the letters, digits and hyphens of its own name, so that a person
    knows it again, and sixteen digits of its hash. No name that came in opens another folder, is a device or a mask's
    ("__", or the word mask, which becomes maskx), or falls together with another film's."""
    own = re.sub(r"[^A-Za-z0-9-]+", "_", unicodedata.normalize("NFKD", image_id(film.file)))[:60].strip("_-")
    own = re.sub(r"(?<![A-Za-z0-9])masks?(?![A-Za-z0-9])", r"\g<0>x", own, flags=re.IGNORECASE)
    return f"{own or 'film'}-{film.sha256[:16]}"


class Folder:
    """Where the files of an export go. Every name is one of ours (``file_stem``), with / between its parts."""

    def __init__(self, part: Path, manifest: IO[str]) -> None:
        self._part, self._manifest = part, manifest
        self._names = array("q")  # of millions of files eight bytes each: what else lies there is left from before

    def put(self, name: str, data: bytes) -> None:
        """A file of these bytes. Raises DiskFull."""
        path, sha256 = self._part / name, hashlib.sha256(data).hexdigest()
        if not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
            with written_whole(path) as new:
                new.write_bytes(data)
        self._note(name, sha256)

    @contextmanager
    def file(self, name: str, of: Callable[[], str] = str) -> Iterator[Path]:
        """A file that the block writes, where it is told to. ``of``, asked once it is written: what a later try knows
        it again by, in one line, where it is to be kept. Raises DiskFull."""
        with written_whole(self._part / name) as new:
            yield new
            sha256 = _sha256(new)
        if told := of():
            with written_whole(self._part / f"{name}{OF}") as new:
                new.write_text(f"{sha256} {told}\n")
        self._note(name, sha256)

    def earlier(self, name: str) -> str | None:
        """What a file of an earlier try is of; None where there is none to keep."""
        return (self._beside(name) or (None, None))[1]

    def keep(self, name: str) -> bool:
        """Let a file of an earlier try stay; false where it is not the one that was written."""
        sha256, _ = self._beside(name) or ("", "")
        if not (self._part / name).is_file() or _sha256(self._part / name) != sha256:
            return False
        self._note(name, sha256)
        return True

    def forget(self) -> None:
        """Have no file of an earlier try kept."""
        for path in self._part.rglob(f"*{OF}"):
            path.unlink()

    def _beside(self, name: str) -> tuple[str, str] | None:
        path = self._part / f"{name}{OF}"
        told = path.read_text(errors="replace") if path.is_file() else ""
        found = re.fullmatch(r"([0-9a-f]{64}) (\d+ [0-9a-f]{64})\n", told)
        return None if found is None else (found[1], found[2])

    @contextmanager
    def lines(self, name: str) -> Iterator[Callable[[str], None]]:
        """A text that is told line by line. Raises DiskFull."""
        with self.file(name) as new, new.open("w", encoding="utf-8", newline="") as file:

            def tell(line: str) -> None:
                file.write(line)

            yield tell

    def keep_no_other(self) -> None:
        """Take away what this export did not put here."""
        ours = np.sort(np.frombuffer(self._names, np.int64))
        for folder, _, files in os.walk(self._part):
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(self._part).as_posix()
                if name != MANIFEST and hash(name) not in ours[np.searchsorted(ours, hash(name)) :][:1]:
                    path.unlink()

    def _note(self, name: str, sha256: str) -> None:
        self._names.append(hash(name))
        self._manifest.write(f"{sha256}  {name}\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def written_folder(to: Path) -> Iterator[Folder]:
    """A folder to fill, which ``to`` becomes once the block ends well, with ``manifest.sha256`` of its files. Raises
    Conflict where something lies already, or where another export is writing."""
    if to.is_symlink() or (to.exists() and not (to.is_dir() and not any(to.iterdir()))):
        raise Conflict(f"{to} is there already. Give another --to, or take it away first.")
    part = make_private(to.with_name(f"{to.name}.part"))
    handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another export writes {to} at this moment. Wait for it, or give another --to.") from None
        with written_whole(part / MANIFEST) as new, new.open("w", encoding="utf-8") as manifest:
            folder = Folder(part, manifest)
            yield folder
        folder.keep_no_other()
        os.rename(part, to)
    finally:
        os.close(handle)
