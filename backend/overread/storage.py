"""Blobs named by the SHA-256 of their bytes, in a folder. No string of a user ever becomes a path.

A blob is durable before a row may name it: temporary file (0600), fsync, rename, fsync of the folder. Orphans are
harmless; a row without its blob is not.
"""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overread.disk import make_private
from overread.domain.errors import DiskFull, NotFound

_NAME = re.compile(r"[0-9a-f]{64}")
RESERVE, RESERVE_SHARE = 1 << 30, 0.02


def require_space(folder: Path, reserve: int | None = None) -> None:
    """Raise DiskFull while less than the reserve is free where a folder lies (or would lie), so that writing ends
    before Postgres has to. ``reserve``: bytes; None: 1 GiB or 2 % of the disk, whichever is less."""
    free, least = space_at(folder, reserve)
    if free < least:
        raise DiskFull(
            f"Only {free >> 20} MiB are free where {folder} lies; {least >> 20} MiB are kept for the database. "
            "Nothing was saved. Free some space, then do it again: nothing has to be started anew."
        )


def space_at(folder: Path, reserve: int | None = None) -> tuple[int, int]:
    """Bytes that are free where a folder lies, and those that are kept for the database."""
    disk = shutil.disk_usage(next(path for path in (folder, *folder.absolute().parents) if path.exists()))
    return disk.free, min(RESERVE, int(disk.total * RESERVE_SHARE)) if reserve is None else reserve


def is_full(error: BaseException) -> bool:
    """Whether the system refused to write for want of space, or of quota."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file to write beside ``path``, which it becomes once the block ends well: nobody ever finds half of it. Raises
    DiskFull for a full disk; what was begun is taken away."""
    try:
        make_private(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        os.close(handle)
        try:
            yield Path(name)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        if is_full(error):
            raise DiskFull(f"The disk below {path.parent} is full. Free some space, then do it again.") from error
        raise


class BlobStore:
    """A folder of blobs, fanned out by the first two letters of the name."""

    def __init__(self, folder: Path, reserve: int | None = None) -> None:
        self.folder = folder
        self.reserve = reserve

    def path(self, sha256: str) -> Path:
        """Where the blob lies (for readers that map it); raises NotFound for anything that is no hash."""
        if not _NAME.fullmatch(sha256):
            raise NotFound(f"{sha256[:80]!r} does not name a blob: 64 hexadecimal digits do.")
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Store bytes, return their SHA-256. Storing twice stores once. Raises DiskFull before the disk is full."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        require_space(self.folder, self.reserve)
        with written_whole(path) as new, new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a blob, checked against its name: a flipped bit is found before it is shown."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"Blob {sha256[:12]}… is missing from {self.folder}. Restore it from a backup.") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound(f"Blob {sha256[:12]}… no longer matches its name. Restore it from a backup.")
        return data
