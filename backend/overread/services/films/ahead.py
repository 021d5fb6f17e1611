"""Films are decoded by several children, while the rows of those before them are written."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace

from overread.datasets.reading import Entry, Refusal
from overread.domain.errors import OverreadError

AT_ONCE = min(4, os.cpu_count() or 1)  # each a child, and its film in memory until its row is written


def loaded_ahead(
    pool: Executor, entries: Sequence[Entry | Refusal], known: Callable[[list[str]], AbstractSet[str]]
) -> Iterator[Entry | Refusal]:
    """The entries in their order, each with its hash and, where its file is not ``known`` (of these SHA-256), its film
    on their way: whoever asks waits for them, and hears there why there is none."""
    hashed = [_hashing(pool, one) for one in entries]
    hashes = [_hash(one) for one in hashed]
    still = {None, *known([sha256 for sha256 in hashes if sha256 is not None])}
    coming = deque[Entry | Refusal]()
    for one, sha256 in zip(hashed, hashes, strict=True):
        if isinstance(one, Entry) and sha256 not in still:
            coming.append(replace(one, load=pool.submit(one.load).result))
        else:
            coming.append(one)
        if len(coming) > AT_ONCE:
            yield coming.popleft()
    while coming:
        yield coming.popleft()


def _hashing(pool: Executor, entry: Entry | Refusal) -> Entry | Refusal:
    return replace(entry, file_sha256=pool.submit(entry.file_sha256).result) if isinstance(entry, Entry) else entry


def _hash(entry: Entry | Refusal) -> str | None:
    """The file's SHA-256; None where there is none to be had."""
    with suppress(OverreadError):
        return entry.file_sha256() if isinstance(entry, Entry) else None
    return None
