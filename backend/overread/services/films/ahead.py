"""Films are made ready by threads, each with a child that decodes, while the rows of those before are written."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from overread.datasets.reading import Entry, Film, Refusal
from overread.domain.errors import OverreadError
from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import Rle
from overread.domain.imaging.prints import fingerprint
from overread.storage import BlobStore

# One more than there are cores, since a blob waits for the disk. Each has a child, and a film in memory until it is
# stored.
AT_ONCE = min(4, 1 + (os.cpu_count() or 1))


@dataclass(frozen=True)
class Ready:
    """A film that lacks nothing but its rows: its pixels are the blob ``sha256``, and ``film`` has their shape and type
    alone. ``detail`` is its fingerprint."""

    film: Film
    masks: Mapping[str, Rle]
    sha256: str
    detail: bytes


@dataclass(frozen=True)
class Coming:
    """A film on its way, whose file's SHA-256 is known, if there is one to be had. ``ready`` waits for it, and raises
    what ``Entry.load``, ``Entry.masks`` and ``BlobStore.put`` do."""

    entry: Entry
    file_sha256: str | None
    ready: Callable[[], Ready]


@contextmanager
def threads() -> Iterator[Executor]:
    """Threads that make films ready. What none of them has begun when this ends is never begun."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def ready_ahead(
    pool: Executor,
    blobs: BlobStore,
    batches: Iterable[Sequence[Entry | Refusal]],
    known: Callable[[list[str]], AbstractSet[str]],
) -> Iterator[list[Coming | Refusal]]:
    """The batches in their order, each once the films of the next are on their way too, but for those whose files are
    ``known`` (of these SHA-256): they are made ready when asked for. Of a reader that fails all comes that it read."""
    coming = deque[list[Coming | Refusal]]()
    try:
        for batch in batches:
            coming.append(_begun(pool, blobs, batch, known))
            if len(coming) > 1:
                yield coming.popleft()
    except Exception:
        yield from coming
        raise
    yield from coming


def masks_of(entry: Entry, film: Film) -> dict[str, Rle]:
    """The masks that came with a film. Raises InvalidMask."""
    return {finding: Rle.of(mask) for finding, mask in entry.masks(film).items()}


def _begun(
    pool: Executor, blobs: BlobStore, batch: Sequence[Entry | Refusal], known: Callable[[list[str]], AbstractSet[str]]
) -> list[Coming | Refusal]:
    hashed = [_hashing(pool, one) for one in batch]
    hashes = [_hash(one) for one in hashed]
    still = {None, *known([sha256 for sha256 in hashes if sha256 is not None])}
    coming: list[Coming | Refusal] = []
    for one, sha256 in zip(hashed, hashes, strict=True):
        if isinstance(one, Refusal):
            coming.append(one)
        elif sha256 in still:
            coming.append(Coming(one, sha256, partial(_make_ready, blobs, one)))
        else:
            coming.append(Coming(one, sha256, pool.submit(_make_ready, blobs, one).result))
    return coming


def _hashing(pool: Executor, entry: Entry | Refusal) -> Entry | Refusal:
    return replace(entry, file_sha256=pool.submit(entry.file_sha256).result) if isinstance(entry, Entry) else entry


def _hash(entry: Entry | Refusal) -> str | None:
    """The file's SHA-256; None where there is none to be had."""
    with suppress(OverreadError):
        return entry.file_sha256() if isinstance(entry, Entry) else None
    return None


def _make_ready(blobs: BlobStore, entry: Entry) -> Ready:
    film = entry.load()
    masks = masks_of(entry, film)
    shape = film.pixels.shape
    blank = np.broadcast_to(np.uint8(0), shape) if film.bits == 8 else np.broadcast_to(np.uint16(0), shape)
    return Ready(replace(film, pixels=blank), masks, blobs.put(pack_film(film.pixels)), fingerprint(film.pixels))
