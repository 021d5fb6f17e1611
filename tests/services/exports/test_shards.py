"""Shards of an export that was stopped: full ones stay, and nothing stays that is not so any more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from overread.domain.words import ExportSplit, FolderFormat
from overread.services.exports import formats, shards, stream
from overread.services.exports.folder import written_folder
from overread.services.exports.labels import LabelFilter, LabelledFilm
from overread.services.exports.parquet import write_parquet
from overread.services.exports.shards import LabelsChanged
from overread.services.exports.webdataset import write_webdataset
from overread.storage import BlobStore
from tests.exporting import drawn, labelled, with_pixels
from tests.loop import Loop
from tests.reading import audited, read_all

WRITERS = {"parquet": write_parquet, "webdataset": write_webdataset}
SPLITS: tuple[ExportSplit, ...] = ("train", "pool", "train")
EYE = np.eye(32, dtype=bool)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 4000)  # three films' PNG


@pytest.fixture
def films(tmp_path: Path) -> list[LabelledFilm]:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    return [with_pixels(blobs, labelled(f"{n}.png", drawn("nodule", EYE), split=SPLITS[n % 3])) for n in range(25)]


class Stopped(Exception):
    """As the process is gone."""


def write(to: Path, form: str, films: list[LabelledFilm], stop: bool = False) -> None:
    def some() -> Iterator[LabelledFilm]:
        yield from films
        if stop:
            raise Stopped

    with written_folder(to) as folder:
        WRITERS[form](folder, some(), BlobStore(to.parent / "blobs", reserve=0))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stopped(tmp_path: Path, form: str, films: list[LabelledFilm]) -> dict[str, int]:
    """An export that was stopped before the last films; what it left of shards, with their inodes."""
    with pytest.raises(Stopped):
        write(tmp_path / "out", form, films[:18], stop=True)
    left = sorted((tmp_path / "out.part" / "data").glob(f"*.{'parquet' if form == 'parquet' else 'tar'}"))
    assert {path.name.split("-")[0] for path in left} == {"train", "pool"}
    return {path.name: path.stat().st_ino for path in left}


@pytest.mark.parametrize("form", WRITERS)
def test_full_shards_stay_and_all_ends_the_same(tmp_path: Path, form: str, films: list[LabelledFilm]) -> None:
    left = stopped(tmp_path, form, films)
    write(tmp_path / "out", form, films)
    for name, inode in left.items():
        assert (tmp_path / "out" / "data" / name).stat().st_ino == inode
    write(tmp_path / "whole", form, films)
    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert len(files(tmp_path / "out")) > len(left) + 1


def changed(films: list[LabelledFilm]) -> list[LabelledFilm]:
    one = films[0]
    return [LabelledFilm(one.film, (replace(one.labels[0], at="2026-12-01T00:00:00+00:00"),)), *films[1:]]


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(
    "what", ["label", "one less", "none left", "flipped", "cut", "gone", "told by another", "torn"]
)
def test_what_is_not_so_any_more_is_written_again(
    tmp_path: Path, form: str, films: list[LabelledFilm], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = stopped(tmp_path, form, films)
    shard = tmp_path / "out.part" / "data" / min(left)
    data = shard.read_bytes()
    now = films
    if what == "flipped":
        shard.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif what == "cut":
        shard.write_bytes(data[:-1])
    elif what == "gone":
        shard.unlink()
    elif what == "torn":
        (shard.parent / f"{shard.name}.of").write_bytes(b"\xff")
    elif what == "told by another":
        monkeypatch.setattr(shards, "WRITERS", "a later version")
    else:
        now = {"label": changed(films), "one less": films[1:], "none left": films[:1]}[what]
    if what != "torn":
        with pytest.raises(LabelsChanged):
            write(tmp_path / "out", form, now)
    write(tmp_path / "out", form, now)
    write(tmp_path / "whole", form, now)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("form", ["parquet", "webdataset"])
def test_it_says_that_it_begins_again(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: FolderFormat
) -> None:
    _, audit_id = audited(loop)
    monkeypatch.setattr(stream, "PAGE", 5)
    with loop.database.transaction() as session:
        export = formats.settle(session, loop.project_id, LabelFilter(), form)
    looked: list[int] = []

    def stop(count: int) -> None:
        looked.append(count)
        if sum(looked) >= 30:
            raise Stopped

    with pytest.raises(Stopped):
        formats.write(loop.database, loop.blobs, export, form, tmp_path / "out", stop)
    assert list((tmp_path / "out.part" / "data").glob("*.of"))
    read_all(loop, audit_id, "fix")
    said: list[str] = []
    looked.clear()
    counts = formats.write(loop.database, loop.blobs, export, form, tmp_path / "out", looked.append, said.append)
    assert said == ["What goes out has changed since this export was stopped: it begins again."]
    assert sum(looked) == export.films == counts["films"]
    assert min(looked) < 0
    assert formats.write(loop.database, loop.blobs, export, form, tmp_path / "whole") == counts
    assert files(tmp_path / "out") == files(tmp_path / "whole")
