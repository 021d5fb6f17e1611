"""WebDataset's shards by tar and by its own library: films and masks bit for bit, and the same tar whenever."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import webdataset
from PIL import Image

from overread.domain.imaging.films import pack_film
from overread.domain.words import ExportSplit
from overread.services.exports import shards
from overread.services.exports.folder import file_stem, written_folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import json_line
from overread.services.exports.webdataset import write_webdataset
from overread.storage import BlobStore
from tests.exporting import drawn, labelled, shapes, unsure, with_pixels

EYE, NOTHING = np.eye(32, dtype=bool), np.zeros((32, 32), bool)


def films(blobs: BlobStore) -> Iterator[LabelledFilm]:
    for n, (name, mask) in enumerate(shapes().items()):
        one = labelled(f"{name}.x.png", drawn("nodule", mask), drawn("png", ~mask), size=mask.shape)
        yield with_pixels(blobs, one, 8 + 8 * (n % 2))
    yield with_pixels(blobs, labelled("u.png", unsure("fibrosis", EYE), drawn("nodule", NOTHING)))
    yield with_pixels(blobs, labelled("n" * 200, drawn("f" * 63, EYE)))  # the longest names that there are


def write(folder: Path, found: Iterator[LabelledFilm], blobs: BlobStore) -> list[Path]:
    with written_folder(folder) as out:
        write_webdataset(out, found, blobs)
    return sorted((folder / "data").iterdir())


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_samples_are_films_with_their_masks(tmp_path: Path, blobs: BlobStore) -> None:
    (shard,) = write(tmp_path / "out", films(blobs), blobs)
    samples = list(webdataset.WebDataset(str(shard), shardshuffle=False))
    for sample, one in zip(samples, films(blobs), strict=True):
        assert sample["__key__"] == file_stem(one.film)
        film = opened(sample["png"])
        assert blobs.put(pack_film(film if film.dtype == np.uint8 else film.astype(np.uint16))) == one.film.sha256
        told = {label.finding: label for label in one.labels if label.told != "uncertain"}
        assert {name for name in sample if not name.startswith("__")} == {"png", "json"} | {f"{f}.png" for f in told}
        for finding, label in told.items():
            assert label.mask is not None
            assert (opened(sample[f"{finding}.png"]) == label.mask.pixels * 255).all()
        said = json.loads(sample["json"])
        assert [{"film": said["film"]} | label for label in said["labels"]] == [
            json.loads(json_line(one.film, label)) for label in one.labels
        ]


def test_a_tar_is_of_no_time_and_of_nobody(tmp_path: Path, blobs: BlobStore) -> None:
    (once,), (twice,) = (write(tmp_path / name, films(blobs), blobs) for name in ("once", "twice"))
    assert once.read_bytes() == twice.read_bytes()
    with tarfile.open(once) as tar:
        assert {(file.mtime, file.uid, file.gid, file.uname, file.mode) for file in tar} == {(0, 0, 0, "", 0o644)}


def test_shards_are_of_one_split_and_of_a_size(
    tmp_path: Path, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD", 1)
    splits: tuple[ExportSplit, ...] = ("train", "holdout", "train")
    found = [with_pixels(blobs, labelled(f"{n}.png", drawn("nodule", EYE), split=split))
             for n, split in enumerate(splits)]  # fmt: skip
    files = write(tmp_path / "out", iter(found), blobs)
    assert [path.name for path in files] == ["holdout-00000.tar", "train-00000.tar", "train-00001.tar"]
    (sample,) = webdataset.WebDataset(str(files[0]), shardshuffle=False)
    assert json.loads(sample["json"])["film"]["split"] == "holdout"
