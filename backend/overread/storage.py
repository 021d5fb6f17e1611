"""Blobs named by the SHA-256 of their bytes, in a folder or in a bucket. No string of a user ever becomes a path.

A blob is durable before a row may name it: temporary file (0600), fsync, rename, fsync of the folder, and of those that
this folder lies in: a new one's name is as new. Orphans are harmless; a row without its blob is not.
"""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from overread.bucket import Bucket
from overread.disk import make_private
from overread.domain.errors import DiskFull, NotFound
from overread.settings import Settings

_NAME = re.compile(r"[0-9a-f]{64}")
RESERVE, RESERVE_SHARE = 1 << 30, 0.02
AT_ONCE = 16  # blobs that are brought from a bucket at once: most of the time of each is waiting


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
    """A folder of blobs, fanned out by the first two letters of the name. With a ``bucket`` the blobs are the bucket's,
    and the folder holds what was read or written here: whatever lies in it may go while nothing runs."""

    def __init__(self, folder: Path, reserve: int | None = None, bucket: Bucket | None = None) -> None:
        self.folder = folder
        self.reserve = reserve
        self.bucket = bucket
        self._durable: set[Path] = set()  # folders of blobs whose own names are on the disk, whoever made them

    @classmethod
    def of(cls, settings: Settings) -> "BlobStore":
        """An installation's. Raises InvalidInput for a bucket's address that is none."""
        return cls(settings.blob_folder, settings.disk_reserve, Bucket(settings.bucket) if settings.bucket else None)

    def path(self, sha256: str) -> Path:
        """Where the blob lies on this machine (for readers that map it), brought from the bucket where there is one.
        Raises NotFound for anything that is no hash, and for what no bucket has."""
        path = self._place(sha256)
        if self.bucket is not None and not path.exists():
            self._bring(self.bucket, sha256)
        return path

    def bring(self, names: Iterable[str]) -> None:
        """Have these blobs on this machine, several at once: what a process that is forked, or that reads one after the
        other, wants to find. Raises NotFound for one that no bucket has."""
        if self.bucket is None:
            return
        missing = [name for name in dict.fromkeys(names) if not self._place(name).exists()]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(partial(self._bring, self.bucket), missing):
                pass

    def put(self, data: bytes) -> str:
        """Store bytes, return their SHA-256. Storing twice stores once. Raises DiskFull before the disk is full."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self.bucket is not None and not self.bucket.has(sha256):
            self.bucket.put(sha256, data)
        self._keep(sha256, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a blob, checked against its name: a flipped bit is found before it is shown."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"Blob {sha256[:12]}… is missing from {self.folder}. Restore it from a backup.") from None
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        if self.bucket is not None:  # this machine's copy has gone bad; the bucket's is asked
            self._place(sha256).unlink(missing_ok=True)
            return self._bring(self.bucket, sha256)
        raise NotFound(f"Blob {sha256[:12]}… no longer matches its name. Restore it from a backup.")

    def replace(self, sha256: str, data: bytes) -> None:
        """Put a blob's right bytes where there are none, or wrong ones."""
        self._place(sha256).unlink(missing_ok=True)
        self._keep(sha256, data)

    def names(self) -> Iterator[str]:
        """The names of the blobs in the folder."""
        return (path.name for path in self.folder.glob("??/*") if _NAME.fullmatch(path.name))

    def _place(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise NotFound(f"{sha256[:80]!r} does not name a blob: 64 hexadecimal digits do.")
        return self.folder / sha256[:2] / sha256

    def _bring(self, bucket: Bucket, sha256: str) -> bytes:
        data = bucket.get(sha256)
        if data is None:
            raise NotFound(f"Blob {sha256[:12]}… is missing from {bucket.address}. Restore it from a backup.")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound(
                f"Blob {sha256[:12]}… in {bucket.address} no longer matches its name. Restore it from a backup."
            )
        self._keep(sha256, data)
        return data

    def _keep(self, sha256: str, data: bytes) -> None:
        """Write the blob into the folder where it is not there, and make it durable: one that is there has its bytes on
        the disk, and its name perhaps not, if another thread or process has just given it."""
        path = self._place(sha256)
        if not path.exists():
            require_space(self.folder, self.reserve)
            with written_whole(path) as new, new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        above = () if path.parent in self._durable else (self.folder, self.folder.parent)
        for folder in (path.parent, *above):
            _make_durable(folder)
        self._durable.add(path.parent)


def _make_durable(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
