"""Blobs in a bucket, on a real S3 server: the same names, the same bytes, and nothing wrong comes back."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from overread.bucket import Bucket
from overread.cli import app
from overread.domain.errors import BucketUnreachable, InvalidInput, NotFound
from overread.storage import BlobStore
from tests.buckets import s3_server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bucket, whose server lives as long as this module."""
    with pytest.MonkeyPatch.context() as patch, s3_server(tmp_path_factory.mktemp("s3"), patch) as address:
        yield address


@pytest.fixture
def address(served: str, tmp_path: Path) -> str:
    """A part of the bucket that is this test's own."""
    return f"{served}/{tmp_path.name}"


def test_what_one_machine_stores_another_reads(address: str, tmp_path: Path) -> None:
    here, there = (BlobStore(tmp_path / name, bucket=Bucket(address)) for name in ("here", "there"))
    names = [here.put(data) for data in (b"", b"a film", bytes(5 << 20))]
    assert [there.get(name) for name in names] == [b"", b"a film", bytes(5 << 20)]
    assert there.path(names[1]).read_bytes() == b"a film"
    assert here.put(b"a film") == names[1] == hashlib.sha256(b"a film").hexdigest()


def test_blobs_are_brought_together_and_each_once(address: str, tmp_path: Path) -> None:
    here, there = (BlobStore(tmp_path / name, bucket=Bucket(address)) for name in ("here", "there"))
    names = [here.put(f"film {number}".encode()) for number in range(40)]
    there.bring([*names, *names])
    assert sorted(there.names()) == sorted(names)
    there.bucket = None  # a process that was forked asks nobody
    assert [there.get(name) for name in names] == [f"film {number}".encode() for number in range(40)]
    BlobStore(tmp_path / "alone").bring(names)


def test_a_copy_that_went_bad_is_brought_anew(address: str, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "here", bucket=Bucket(address))
    name = blobs.put(b"a film")
    blobs.path(name).write_bytes(b"a f1lm")
    assert blobs.get(name) == b"a film"
    assert blobs.path(name).read_bytes() == b"a film"


def test_wrong_or_missing_bytes_in_the_bucket_never_become_a_blob(address: str, tmp_path: Path) -> None:
    here, there = (BlobStore(tmp_path / name, bucket=Bucket(address)) for name in ("here", "there"))
    name = here.put(b"a film")
    Bucket(address).put(name, b"a f1lm")
    with pytest.raises(NotFound, match="no longer matches its name"):
        there.path(name)
    for ask in (there.path, there.get, lambda one: there.bring([one])):
        with pytest.raises(NotFound, match=r"missing from s3://"):
            ask("0" * 64)
    assert list(there.names()) == []
    with pytest.raises(NotFound, match="does not name a blob"):
        there.path("../../etc/passwd")


def test_a_bucket_that_does_not_answer_is_a_sentence(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overread.bucket.RETRIES", 0)
    with pytest.raises(BucketUnreachable, match="does not answer as it should"):
        Bucket("s3://there-is-none").put("0" * 64, b"")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    for ask in (lambda one: one.get("0" * 64), lambda one: one.has("0" * 64), lambda one: list(one.names())):
        with pytest.raises(BucketUnreachable, match="does not answer as it should"):
            ask(Bucket(address))
    blobs = BlobStore(tmp_path / "here", bucket=Bucket(address))
    with pytest.raises(BucketUnreachable):
        blobs.put(b"a film")
    assert list(blobs.names()) == []  # what no bucket has is nowhere: no row may name it
    for wrong in ("films", "gs://films", "s3://", "https://films", "s3://films?x=1"):
        with pytest.raises(InvalidInput, match="no address of a bucket"):
            Bucket(wrong)


def moved(*words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["blobs", *words, "--json"])
    return ended.exit_code, ended.stdout


def test_blobs_move_into_a_bucket_and_back(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERREAD_DATA_FOLDER", str(tmp_path / "data"))
    blobs = BlobStore(tmp_path / "data" / "blobs")
    names = [blobs.put(f"film {number}".encode()) for number in range(30)]
    assert moved("to-bucket", address) == (0, '{\n  "copied": 30\n}\n')
    Bucket(address).put(names[0], b"half of i")  # as if the first time had been cut short
    code, told = moved("to-bucket", address)
    assert (code, json.loads(told)) == (0, {"copied": 1, "there": 29})
    monkeypatch.setenv("OVERREAD_DATA_FOLDER", str(tmp_path / "again"))
    assert moved("to-folder", address)[0] == 0
    again = BlobStore(tmp_path / "again" / "blobs")
    assert [again.get(name) for name in names] == [blobs.get(name) for name in names]


def test_what_no_longer_matches_its_name_is_named_and_not_moved(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERREAD_DATA_FOLDER", str(tmp_path / "data"))
    blobs = BlobStore(tmp_path / "data" / "blobs")
    good, bad = blobs.put(b"good"), blobs.put(b"bad")
    blobs.path(bad).write_bytes(b"b4d")
    code, told = moved("to-bucket", address)
    assert (code, json.loads(told)) == (1, {"copied": 1, "damaged": 1})
    assert list(Bucket(address).names()) == [good]
    Bucket(address).put(good, b"g00d")
    monkeypatch.setenv("OVERREAD_DATA_FOLDER", str(tmp_path / "again"))
    code, told = moved("to-folder", address)
    assert (code, json.loads(told)) == (1, {"damaged": 1})
    assert list(BlobStore(tmp_path / "again" / "blobs").names()) == []
