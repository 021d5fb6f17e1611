"""What is made of films once and kept in folders beside the blobs. Nothing is lost with it: delete it, and it is made
again."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from overread.domain.errors import DiskFull
from overread.storage import require_space, written_whole

DIGEST = hashlib.sha256().digest_size


def kept(path: Path, make: Callable[[], bytes], reserve: int | None = None) -> bytes:
    """The bytes that ``make`` gave when they were first asked for. Their SHA-256 lies before them: a flipped bit, or
    what a power cut left, is made anew."""
    try:
        stored = path.read_bytes()
        if hashlib.sha256(stored[DIGEST:]).digest() == stored[:DIGEST]:
            return stored[DIGEST:]
    except FileNotFoundError:
        pass
    made = make()
    # A full disk, a folder that may not be written: it is shown all the same, and made anew the next time.
    with suppress(OSError, DiskFull):
        require_space(path.parent, reserve)
        with written_whole(path) as new:
            new.write_bytes(hashlib.sha256(made).digest() + made)
    return made
