"""A blob is on the disk before a row may name it: its bytes, its name, and the names of new folders around it."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from overread.storage import BlobStore


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that fsync was called on, in order."""
    paths: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: paths.append(os.readlink(f"/proc/self/fd/{handle}")))
    return paths


def test_a_new_folder_of_blobs_is_durable_too(tmp_path: Path, synced: list[str]) -> None:
    blobs = BlobStore(tmp_path / "data" / "blobs", reserve=0)
    place = blobs.path(blobs.put(b"one"))
    (written, *folders), around = synced.copy(), place.parent
    assert written.startswith(f"{around}/.new-")
    assert folders == [str(around), str(around.parent), str(around.parent.parent)]
    synced.clear()
    assert blobs.put(b"one") == place.name
    assert synced == [str(around)]  # it was there, by whomever


def test_a_folder_is_asked_of_the_disk_once(tmp_path: Path, synced: list[str]) -> None:
    blobs = BlobStore(tmp_path, reserve=0)
    for number in range(100):
        blobs.put(b"%d" % number)
    assert synced.count(str(tmp_path)) == len(list(tmp_path.iterdir())) < 100


def test_a_folder_that_another_process_has_just_made_is_not_trusted(tmp_path: Path, synced: list[str]) -> None:
    names = iter(b"%d" % number for number in range(10_000))
    one = BlobStore(tmp_path, reserve=0).put(next(names))
    beside = next(name for name in names if hashlib.sha256(name).hexdigest()[:2] == one[:2])
    synced.clear()
    BlobStore(tmp_path, reserve=0).put(beside)
    assert str(tmp_path) in synced


def test_a_blob_that_another_thread_is_about_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    synced: list[tuple[str, str]] = []

    def sync(handle: int) -> None:
        name, place = threading.current_thread().name, os.readlink(f"/proc/self/fd/{handle}")
        if name == "first" and ".new-" not in place:  # the blob has its name, and nobody knows for how long
            begun.set()
            assert go_on.wait(timeout=60)
        synced.append((name, place))

    monkeypatch.setattr(os, "fsync", sync)
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    first = threading.Thread(target=blobs.put, args=(b"one",), name="first")
    first.start()
    assert begun.wait(timeout=60)
    place = blobs.path(blobs.put(b"one"))
    told = (threading.current_thread().name, str(place.parent)) in synced
    go_on.set()
    first.join(timeout=60)
    assert told


def test_a_blob_that_another_process_has_just_named_is_not_trusted(tmp_path: Path, synced: list[str]) -> None:
    one = BlobStore(tmp_path, reserve=0).put(b"one")  # its process may have died before its name was on the disk
    synced.clear()
    place = BlobStore(tmp_path, reserve=0).path(BlobStore(tmp_path, reserve=0).put(b"one"))
    assert place.name == one
    assert synced == [str(place.parent), str(tmp_path), str(tmp_path.parent)]
