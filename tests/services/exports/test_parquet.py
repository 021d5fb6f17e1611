"""Parquet by pyarrow and by Hugging Face's datasets: films and masks bit for bit, lineage whole, splits apart."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pycocotools import mask as coco

from overread.domain.imaging.films import pack_film
from overread.domain.words import ExportSplit
from overread.services.exports import parquet, shards
from overread.services.exports.folder import written_folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import json_line
from overread.storage import BlobStore
from tests.exporting import drawn, labelled, shapes, unsure, with_pixels

EYE, NOTHING = np.eye(32, dtype=bool), np.zeros((32, 32), bool)


def films(blobs: BlobStore) -> Iterator[LabelledFilm]:
    """Every mask there is, of 8 and of 16 bits by turns; a film of which all but one thing is uncertain or unknown."""
    for n, (name, mask) in enumerate(shapes().items()):
        one = labelled(f"{name}.png", drawn("nodule", mask), drawn("other", ~mask), size=mask.shape)
        yield with_pixels(blobs, one, 8 + 8 * (n % 2))
    yield with_pixels(blobs, labelled("u.png", unsure("fibrosis"), unsure("nodule", EYE), drawn("other", NOTHING)))


def write(folder: Path, found: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    with written_folder(folder) as out:
        parquet.write_parquet(out, found, blobs)


def picture(found: dict[str, Any]) -> Any:
    return cv2.imdecode(np.frombuffer(found["bytes"], np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_row_is_a_film_with_all_that_is_known(tmp_path: Path, blobs: BlobStore) -> None:
    write(tmp_path / "out", films(blobs), blobs)
    rows = pq.read_table(tmp_path / "out" / "data" / "train-00000.parquet").to_pylist()
    for row, one in zip(rows, films(blobs), strict=True):
        assert {name: row[name] for name in asdict(one.film)} == asdict(one.film)
        assert blobs.put(pack_film(picture(row["image"]))) == one.film.sha256
        for told, label in zip(row["labels"], one.labels, strict=True):
            line = json.loads(json_line(one.film, label))
            assert {name: told[name] for name in line if name not in ("film", "mask")} == {
                name: said for name, said in line.items() if name not in ("film", "mask")
            }
            if label.mask is None:
                assert told["mask"] is told["counts"] is None
            else:
                assert (picture(told["mask"]) == label.mask.pixels * 255).all()
                size = [row["height"], row["width"]]
                assert (coco.decode({"size": size, "counts": told["counts"]}) == label.mask.pixels).all()


def test_the_schema_has_every_field_of_a_label() -> None:
    """What is added to a label is not left out here."""
    (one,) = [labelled("a.png", drawn("nodule", EYE))]
    assert set(parquet.FILM) - {"image", "labels"} == set(asdict(one.film))
    said = asdict(one.labels[0])
    assert {field.name for field in parquet.LABEL} == set(said) | {"counts", "mask_sha256"}
    assert {field.name for field in parquet.MACHINE} == set(said["machine"])
    assert {field.name for field in parquet.WORD} == set(said["read"])


def test_datasets_opens_it_with_pictures_and_splits(
    tmp_path: Path, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    splits: tuple[ExportSplit, ...] = ("train", "holdout", "pool")
    found = [with_pixels(blobs, labelled(f"{split}.png", drawn("nodule", EYE), unsure("other"), split=split))
             for split in splits]  # fmt: skip
    write(tmp_path / "out", iter(found), blobs)
    opened = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert set(opened) == set(splits)
    assert {split: opened[split][0]["file"] for split in splits} == {split: f"{split}.png" for split in splits}
    row = opened["train"][0]
    assert isinstance(row["image"], Image.Image)
    assert (np.asarray(row["labels"][0]["mask"]) == EYE * 255).all()
    assert (row["labels"][1]["told"], row["labels"][1]["mask"]) == ("uncertain", None)
    alone = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "out" / "data" / "pool-*.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert alone["train"].features["image"] == datasets.Image()


def test_sixteen_bits_stay_sixteen(tmp_path: Path, blobs: BlobStore) -> None:
    one = with_pixels(blobs, labelled("a.dcm", drawn("nodule", EYE)), bits=16)
    write(tmp_path / "out", iter([one]), blobs)
    (row,) = pq.read_table(tmp_path / "out" / "data").to_pylist()
    opened = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))
    assert blobs.put(pack_film(opened.astype(np.uint16))) == one.film.sha256


def test_groups_and_shards_are_of_few_films(tmp_path: Path, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_FILMS", 3)
    monkeypatch.setattr(shards, "SHARD", 8 * 1500)  # noise of 32 × 32 px is a PNG of more than 1,024 bytes
    found = [with_pixels(blobs, labelled(f"{n}.png", drawn("nodule", EYE))) for n in range(20)]
    write(tmp_path / "out", iter(found), blobs)
    files = sorted((tmp_path / "out" / "data").iterdir())
    assert [path.name for path in files] == [f"train-{n:05d}.parquet" for n in range(len(files))]
    assert len(files) >= 2
    groups = [pq.ParquetFile(path).metadata for path in files]
    assert max(meta.row_group(n).num_rows for meta in groups for n in range(meta.num_row_groups)) == 3
    rows = [row for path in files for row in pq.read_table(path).to_pylist()]
    assert [row["file"] for row in rows] == [one.film.file for one in found]


def test_nothing_to_tell_is_a_folder_all_the_same(tmp_path: Path, blobs: BlobStore) -> None:
    write(tmp_path / "out", iter([]), blobs)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "manifest.sha256"}


def test_what_stopped_leaves_no_shard(tmp_path: Path, blobs: BlobStore) -> None:
    def stopping() -> Iterator[LabelledFilm]:
        yield from films(blobs)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", stopping(), blobs)
    assert not (tmp_path / "out").exists()
    assert not [path for path in (tmp_path / "out.part").rglob("*") if path.is_file()]
