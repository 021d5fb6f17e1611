"""Blobs named by the SHA-256 of their bytes, in a folder. No string of a user ever becomes a path.

A blob is durable before a row may name it: temporary file (0600), fsync, rename, fsync of the folder. Orphans are
harmless; a row without its blob is not.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from backend.disk import make_private
from backend.domain.errors import NotFound

_NAME = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of blobs, fanned out by the first two letters of the name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob lies (for readers that map it); raises NotFound for anything that is no hash."""
        if not _NAME.fullmatch(sha256):
            raise NotFound(f"{sha256[:80]!r} does not name a blob: 64 hexadecimal digits do.")
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Store bytes, return their SHA-256. Storing twice stores once."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        make_private(path.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(file.name, path)
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
