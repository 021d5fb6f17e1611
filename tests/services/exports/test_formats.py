"""Mask in is mask out, in every format, by readers that know nothing of the writer; and three things that no format
confuses: no lesion, uncertain, not looked at."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools.coco import COCO

from overread.datasets import READERS
from overread.datasets.collections.siim import decode_runs
from overread.datasets.decoding.decode import decode_mask
from overread.datasets.files.files import NEARLY_ALL
from overread.datasets.reading import Entry
from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import Rle
from overread.services.csv_lines import csv_line
from overread.services.exports.coco import coco_lines
from overread.services.exports.folder import file_stem, written_folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import box_lines, image_id, json_lines, relative_runs, siim_lines
from overread.services.exports.png import write_png
from overread.storage import BlobStore
from tests.exporting import Pixels, drawn, labelled, shapes, unsure, with_pixels

FINDINGS = ["consolidation", "nodule", "fibrosis"]
MASKS = some.one_of(
    some.sampled_from(list(shapes().values())), arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=24))
)


def spell_out(size: list[int], counts: str) -> Pixels:
    """COCO's compressed RLE by its specification, and none of our code: groups of five bits from the character 48 on,
    the sixth says that more follow, the last one's fifth is the sign; from the fourth number on a difference to the
    one two before; runs of 0 and 1 by turns, column by column."""
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        group = ord(character) - 48
        value |= (group & 0x1F) << shift
        shift += 5
        if group & 0x20:
            continue
        if group & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    flat = np.concatenate([np.full(run, turn % 2, bool) for turn, run in enumerate(runs)])
    return flat.reshape(size[1], size[0]).T


def three_told() -> list[LabelledFilm]:
    """A lesion in two regions, no lesion, an uncertain finding; on another film all but one finding not looked at."""
    two = np.zeros((32, 32), bool)
    two[2:5, 3:9] = two[20:30, 20:21] = True
    nothing = np.zeros((32, 32), bool)
    whole = labelled("a.png", drawn("consolidation", two), drawn("nodule", nothing), unsure("fibrosis", two))
    return [whole, labelled("b.png", drawn("nodule", nothing))]


def coco(films: list[LabelledFilm]) -> Any:
    return json.loads("".join(coco_lines(iter(films), 'a "project"', FINDINGS)))


def rows(lines: Iterator[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


@given(MASKS)
def test_jsonl_keeps_the_mask(mask: Pixels) -> None:
    (line,) = json_lines(iter([labelled("a.png", drawn("nodule", mask), size=mask.shape)]))
    told = json.loads(line)
    assert (spell_out(told["mask"]["size"], told["mask"]["counts"]) == mask).all()
    assert told["told"] == ("lesion" if mask.any() else "no_lesion")
    assert told["mask_sha256"] == Rle.of(mask).sha256


@given(MASKS)
def test_cocos_regions_add_up_to_the_mask(mask: Pixels) -> None:
    told = coco([labelled("a.png", drawn("nodule", mask), size=mask.shape)])
    both, twice = np.zeros(mask.shape, bool), np.zeros(mask.shape, bool)
    for one in told["annotations"]:
        region = spell_out(one["segmentation"]["size"], one["segmentation"]["counts"])
        x, y, width, height = one["bbox"]
        assert one["area"] == region.sum()
        assert np.argwhere(region).min(axis=0).tolist() == [y, x]
        assert (np.argwhere(region).max(axis=0) + 1).tolist() == [y + height, x + width]
        twice |= both & region
        both |= region
    assert (both == mask).all()
    assert not twice.any()
    assert told["images"][0]["neg_category_ids"] == ([] if mask.any() else [2])


def test_coco_opens_in_cocos_own_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.json").write_text("".join(coco_lines(iter(three_told()), "p", FINDINGS)))
    opened = COCO(str(tmp_path / "labels.json"))
    masks = [opened.annToMask(one) for one in opened.loadAnns(opened.getAnnIds(imgIds=[1]))]
    label = three_told()[0].labels[0]
    assert label.mask is not None
    assert (np.sum(masks, axis=0) == label.mask.pixels).all()
    assert opened.getAnnIds(imgIds=[2]) == []


def test_coco_tells_no_lesion_from_uncertain_from_not_looked_at() -> None:
    first, second = coco(three_told())["images"]
    assert (first["neg_category_ids"], first["not_exhaustive_category_ids"]) == ([2], [3])
    assert (second["neg_category_ids"], second["not_exhaustive_category_ids"]) == ([2], [])
    assert [one["finding"] for one in first["overread"]["without_annotation"]] == ["nodule", "fibrosis"]
    assert coco([])["images"] == []


def test_jsonl_tells_them_apart() -> None:
    told = [json.loads(line) for line in json_lines(iter(three_told()))]
    assert [(one["film"]["file"], one["finding"], one["told"]) for one in told] == [
        ("a.png", "consolidation", "lesion"),
        ("a.png", "nodule", "no_lesion"),
        ("a.png", "fibrosis", "uncertain"),
        ("b.png", "nodule", "no_lesion"),
    ]
    assert told[0]["machine"]["checkpoints"] == ["c" * 64]
    assert (told[0]["read"]["reader"], told[0]["machine"]["tau_pos"], told[2]["read"]) == ("Ada", 0.85, None)


def test_boxes_tell_them_apart() -> None:
    told = [(one["file"], one["finding"], one["told"], one["x"], one["y"], one["width"], one["height"])
            for one in rows(box_lines(iter(three_told())))]  # fmt: skip
    assert told == [
        ("a.png", "consolidation", "lesion", "3", "2", "6", "3"),
        ("a.png", "consolidation", "lesion", "20", "20", "1", "10"),
        ("a.png", "nodule", "no_lesion", "", "", "", ""),
        ("a.png", "fibrosis", "uncertain", "", "", "", ""),
        ("b.png", "nodule", "no_lesion", "", "", "", ""),
    ]


def framed(mask: Pixels) -> Pixels:
    """A mask in SIIM's frame, as its reader takes what goes out."""
    frame = np.zeros((1024, 1024), bool)
    for runs in relative_runs(Rle.of(mask)):
        frame |= decode_runs(runs)
    return frame


def test_siim_tells_them_apart() -> None:
    films = [labelled(f"ward/{one.film.file}", *(label for label in one.labels if label.finding == "nodule"))
             for one in three_told()]  # fmt: skip
    films.append(labelled("c.png", unsure("nodule")))
    lines = list(siim_lines(iter(films)))
    assert lines == ["ImageId, EncodedPixels\r\n", "a,-1\r\n", "b,-1\r\n"]


@given(some.integers(0, 3), some.integers(0, 3), some.integers(0, 2**32 - 1))
def test_siims_runs_are_the_mask_to_its_reader(tall: int, wide: int, seed: int) -> None:
    height, width = 1024 >> tall, 1024 >> wide
    mask = np.random.default_rng(seed).random((height, width)) < 0.01
    frame = framed(mask)
    resized = cv2.resize(frame.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    assert (resized.astype(bool) == mask).all()


@pytest.mark.parametrize("where", ["full", "first", "last"])
def test_siims_runs_at_the_ends_of_the_frame(where: str) -> None:
    mask = np.full((1024, 1024), where == "full")
    mask[(0, 0) if where == "first" else (-1, -1)] = True
    assert (framed(mask) == mask).all()


def test_siims_rows_are_as_long_as_readers_of_tables_take() -> None:
    noise = np.random.default_rng(1).random((1024, 1024)) < 0.5
    _, *rows = siim_lines(iter([labelled("a.png", drawn("nodule", noise), size=noise.shape)]))
    assert len(rows) > 1
    assert max(map(len, rows)) < 1 << 16  # our reader's, and half of what Python's csv takes
    assert (np.logical_or.reduce([decode_runs(row.removeprefix("a,")) for row in rows]) == noise).all()


@pytest.mark.parametrize("file", ["a.png", "w/a.b.dcm", ".png", "x.", "no ending", "a/.hidden/..png"])
def test_siims_ids_are_stems(file: str) -> None:
    assert image_id(file) == Path(file).stem


def read_back(folder: Path, **options: Any) -> dict[str, Entry]:
    found = list(READERS["folder"](folder / "films", FINDINGS, **options))
    assert [one for one in found if not isinstance(one, Entry)] == []
    return {entry.file_name: entry for entry in found if isinstance(entry, Entry)}


def test_png_comes_in_again_as_it_went_out(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    masks = shapes()
    films = [with_pixels(blobs, labelled(f"{name}.dcm", drawn("nodule", mask), size=mask.shape), 8 + 8 * (n % 2))
             for n, (name, mask) in enumerate(masks.items())]  # fmt: skip
    with written_folder(tmp_path / "out") as folder:
        write_png(folder, iter(films), blobs)
    entries = read_back(tmp_path / "out", empty_means="unknown")
    assert len(entries) == len(masks)
    for one, mask in zip(films, masks.values(), strict=True):
        (entry,) = [entry for entry in entries.values() if one.film.sha256[:16] in entry.file_name]
        came = entry.load()
        assert blobs.put(pack_film(came.pixels)) == one.film.sha256
        (written,) = (tmp_path / "out").rglob(f"{Path(entry.file_name).stem}__nodule.png")
        assert (decode_mask(written.read_bytes()) == mask).all()
        if mask.mean() < NEARLY_ALL:  # a mask of the whole film is none that our reader takes for a lesion
            assert set(entry.masks(came)) == {"nodule"}
            assert (entry.masks(came)["nodule"] == mask).all()
        assert (entry.patient, entry.sex, entry.age) == (f"p {one.film.file}", "F", 61.0)


NAMES = some.lists(
    some.sampled_from(["mask", "Masks", "nodule", "__", "_", "-", ".", " ", "/", "a", "가", "é", "label", "0"]),
    max_size=9,
).map("".join)


@settings(max_examples=40)
@given(some.lists(some.tuples(NAMES, MASKS), min_size=1, max_size=3))
def test_png_comes_in_again_whatever_films_are_called(films: list[tuple[str, Pixels]]) -> None:
    """By our reader, which tells masks by their names: every film is one, and has its own masks."""
    with tempfile.TemporaryDirectory() as place:
        blobs = BlobStore(Path(place, "blobs"), reserve=0)
        found = [
            with_pixels(blobs, labelled(f"{n}/{name}", drawn("nodule", mask & half(mask)), size=mask.shape))
            for n, (name, mask) in enumerate(films)
        ]
        with written_folder(Path(place, "out")) as folder:
            write_png(folder, iter(found), blobs)
        entries = read_back(Path(place, "out"), empty_means="unknown").values()
        came = {Path(entry.file_name).stem: entry.masks(entry.load()) for entry in entries}
        assert set(came) == {file_stem(one.film) for one in found}
        for one, (_, mask) in zip(found, films, strict=True):
            assert set(came[file_stem(one.film)]) == {"nodule"}
            assert (came[file_stem(one.film)]["nodule"] == (mask & half(mask))).all()


def half(mask: Pixels) -> Pixels:
    """All but the first row and column: no mask of nearly all of its film is taken in."""
    inner = np.zeros(mask.shape, bool)
    inner[1::2, 1:] = True
    return inner


def test_png_has_no_mask_of_what_nobody_told(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    with written_folder(tmp_path / "out") as folder:
        write_png(folder, (with_pixels(blobs, one) for one in three_told()), blobs)
    entries = read_back(tmp_path / "out", empty_means="unknown")
    told = {name[3]: {f: bool(mask.any()) for f, mask in entry.masks(entry.load()).items()}
            for name, entry in entries.items()}  # fmt: skip
    assert told == {"a": {"consolidation": True, "nodule": False}, "b": {"nodule": False}}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＠x", "'=1"])
def test_what_people_typed_is_no_formula(text: str) -> None:
    told = next(csv.reader(io.StringIO(csv_line((text, -1, None)), newline="")))
    assert told == [f"'{text}", "-1", ""]


def test_cells_of_an_export_are_no_formulas() -> None:
    (row,) = rows(box_lines(iter([labelled('=cmd|"x"!A1.png', drawn("nodule", np.zeros((4, 4), bool)))])))
    assert row["file"] == '\'=cmd|"x"!A1.png'
    _, line = siim_lines(iter([labelled("=a,b.png", drawn("nodule", np.zeros((4, 4), bool)))]))
    assert line == '"\'=a,b",-1\r\n'
