"""A folder as a tar in pieces: whole, in little memory, and over when nobody takes it."""

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from overread.domain.errors import NotFound
from overread.services.exports.folder import Folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.png import write_png
from overread.services.exports.tar import tar_pieces
from overread.services.exports.webdataset import write_webdataset
from overread.storage import BlobStore
from tests.exporting import drawn, labelled, with_pixels

EYE = np.eye(32, dtype=bool)
Writer = Callable[[Folder, Iterator[LabelledFilm], BlobStore], None]


@pytest.fixture
def films(tmp_path: Path) -> Iterator[LabelledFilm]:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    return (with_pixels(blobs, labelled(f"{n}.png", drawn("nodule", EYE))) for n in range(1000))


def test_names_of_any_length_and_a_manifest_at_the_end() -> None:
    def fill(folder: Folder, films: Iterator[LabelledFilm]) -> None:
        with folder.file("late") as path, folder.lines("lines") as tell:
            tell("가\n")
            folder.put("n" * 150, b"put")
            path.write_bytes(b"late")

    with tarfile.open(fileobj=io.BytesIO(b"".join(tar_pieces(iter([]), fill)))) as tar:
        files = {file.name: tar.extractfile(file).read() for file in tar}  # type: ignore[union-attr]
    manifest = files.pop("manifest.sha256").decode().splitlines()
    assert files == {"n" * 150: b"put", "lines": "가\n".encode(), "late": b"late"}
    assert [line[66:] for line in manifest] == list(files)


def test_what_goes_wrong_is_raised_where_the_pieces_are_taken(films: Iterator[LabelledFilm], tmp_path: Path) -> None:
    """A tar that stopped short must not look like one that is whole."""

    def fill(folder: Folder, found: Iterator[LabelledFilm]) -> None:
        folder.put("large", bytes(1 << 20))
        raise NotFound("A blob is missing.")

    pieces = tar_pieces(films, fill)
    assert next(pieces)
    with pytest.raises(NotFound, match="is missing"):
        list(pieces)


@pytest.mark.parametrize("write", [write_png, write_webdataset])  # many files, and one that is not sent before its end
def test_it_stops_with_its_taker(films: Iterator[LabelledFilm], tmp_path: Path, write: Writer) -> None:
    taken: list[str] = []
    left, over = Event(), Event()

    def counted() -> Iterator[LabelledFilm]:
        for one in films:
            taken.append(one.film.file)
            yield one
            assert left.wait(60)

    def fill(folder: Folder, found: Iterator[LabelledFilm]) -> None:
        try:
            folder.put("first", bytes(1 << 15))
            write(folder, found, BlobStore(tmp_path / "blobs", reserve=0))
        finally:
            over.set()

    pieces = tar_pieces(counted(), fill)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    left.set()
    assert over.wait(60)
    assert len(taken) <= 2
