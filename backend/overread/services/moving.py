"""Blobs from a folder into a bucket, or back: each is checked against its name on both sides."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Literal

from overread.bucket import Bucket
from overread.domain.errors import NotFound
from overread.storage import AT_ONCE, BlobStore

Outcome = Literal["copied", "there", "damaged"]
CHUNK = 1_000  # names at a time: a bucket may hold millions


def copy_to_bucket(
    folder: BlobStore, bucket: Bucket, on_blob: Callable[[str, Outcome], None] = lambda _name, _outcome: None
) -> Counter[Outcome]:
    """Copy every blob of the folder, and read each again from the bucket. What is there already and right stays; one
    that no longer matches its name in the folder is *damaged*: named, and not copied. Raises BucketUnreachable; done
    again it goes on."""

    def copy(name: str) -> Outcome:
        try:
            data = folder.get(name)
        except NotFound:
            return "damaged"
        if bucket.get(name) == data:
            return "there"
        bucket.put(name, data)
        return "copied" if bucket.get(name) == data else "damaged"

    return _each(folder.names(), copy, on_blob)


def copy_to_folder(
    bucket: Bucket, folder: BlobStore, on_blob: Callable[[str, Outcome], None] = lambda _name, _outcome: None
) -> Counter[Outcome]:
    """The other way round: a blob that no longer matches its name in the bucket is *damaged*, and not copied. Raises
    BucketUnreachable, DiskFull; done again it goes on."""

    def copy(name: str) -> Outcome:
        data = bucket.get(name)
        if data is None or hashlib.sha256(data).hexdigest() != name:
            return "damaged"
        try:
            folder.get(name)
        except NotFound:
            folder.replace(name, data)
            return "copied"
        return "there"

    return _each(bucket.names(), copy, on_blob)


def _each(
    names: Iterable[str], copy: Callable[[str], Outcome], on_blob: Callable[[str, Outcome], None]
) -> Counter[Outcome]:
    found: Counter[Outcome] = Counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for some in _some(names):
            for name, outcome in zip(some, pool.map(copy, some), strict=True):
                found[outcome] += 1
                on_blob(name, outcome)
    return found


def _some(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, CHUNK)):
        yield some
