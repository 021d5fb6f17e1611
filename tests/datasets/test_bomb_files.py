"""Files that ask for much by what they are (pipes, devices, loops, holes) or by what stands in them: refused by name,
and what lies beside them comes in."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from overread.datasets import READERS
from overread.datasets.collections.siim import decode_runs
from overread.datasets.reading import Entry
from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle
from tests.datasets.films import png
from tests.datasets.sources import read, reasons

GOOD = png(np.eye(16, dtype=np.uint8) * 200)
GIB = 1 << 30
Make = Callable[[Path], object]


def hole(path: Path) -> None:
    """Ten gibibytes that take no room on the disk."""
    with path.open("wb") as file:
        file.truncate(10 * GIB)


PLACES: dict[str, tuple[Make, str]] = {
    "pipe": (os.mkfifo, "no regular file"),
    "endless": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "random": (lambda path: path.symlink_to("/dev/urandom"), "no regular file"),
    "itself": (lambda path: path.symlink_to(path.name), "no regular file"),
    "nothing": (lambda path: path.symlink_to("/proc/none"), "no regular file"),
    "hole": (hole, "10240 MiB"),
    "memory": (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read|empty"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_film_or_a_mask_that_is_no_file_is_refused_and_the_next_comes_in(tmp_path: Path, kind: str) -> None:
    make, reason = PLACES[kind]
    for name in ("good.png", "labelled.png"):
        (tmp_path / name).write_bytes(GOOD)
    make(tmp_path / "film.png")
    make(tmp_path / "labelled__nodule.png")
    entries, _ = read("folder", tmp_path, empty_means="unknown")
    assert entries["good.png"].load().pixels.shape == (16, 16)
    film = entries["labelled.png"].load()
    with pytest.raises(InvalidInput, match=reason):
        entries["film.png"].load()
    with pytest.raises(InvalidInput):
        entries["labelled.png"].masks(film)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize(("reader", "table"), [("folder", "patients.csv"), ("chestxdet", "annotations.json"),
                                               ("siim", "train-rle.csv")])  # fmt: skip
def test_a_table_that_is_no_file_is_refused(tmp_path: Path, kind: str, reader: str, table: str) -> None:
    (tmp_path / "good.png").write_bytes(GOOD)
    PLACES[kind][0](tmp_path / table)
    if (reader, kind) in (("folder", "itself"), ("folder", "nothing")):  # links to nothing: as if it were not there
        assert len(list(READERS[reader](tmp_path, ["nodule"]))) == 1
        return
    with pytest.raises(InvalidInput):
        list(READERS[reader](tmp_path, ["pneumothorax"]))


def test_names_as_long_as_may_be_and_folders_that_lead_in_circles(tmp_path: Path) -> None:
    long = "é" * 125 + ".png"
    (tmp_path / long).write_bytes(GOOD)
    deep = tmp_path
    for _ in range(60):
        deep /= "d" * 20
    deep.mkdir(parents=True)
    (deep / "film.png").write_bytes(GOOD)
    for number in range(20):
        (tmp_path / f"circle-{number}").symlink_to(tmp_path)
        (deep / f"up-{number}").symlink_to(tmp_path / f"circle-{number}")
    entries, refusals = read("folder", tmp_path)
    assert sorted(entry.load().pixels.size for entry in entries.values()) == [256, 256]
    assert len(refusals) == 40
    assert {"read already" in reason or "around" in reason for reason in reasons(refusals).values()} == {True}


TABLES: dict[str, Callable[[], bytes]] = {
    "ten million columns": lambda: b"file,patient_id" + b"," * 10_000_000 + b"\n",
    "ten million lines": lambda: b"file,patient_id\n" + b"\n" * 10_000_000,
    "a line of 100 MB": lambda: b"file,patient_id\n" + b"x" * 100_000_000 + b",1\n",
    "a quote that never ends": lambda: b'file,patient_id\n"' + b"x,\n" * 1_000_000,
    "nothing but zeros": lambda: bytes(1_000_000),
    "half a letter": lambda: b"file,patient_id\n\xe2\x82",
    "another alphabet": lambda: "file,patient_id\na.png,1\n".encode("utf-16"),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(("reader", "table"), [("folder", "patients.csv"), ("siim", "train-rle.csv")])
def test_a_table_that_asks_for_much_is_refused(tmp_path: Path, kind: str, reader: str, table: str) -> None:
    (tmp_path / table).write_bytes(TABLES[kind]())
    with pytest.raises(InvalidInput, match=table):
        list(READERS[reader](tmp_path, ["pneumothorax"]))


ANNOTATIONS: dict[str, bytes] = {
    "a hundred thousand deep": b"[" * 100_000 + b"]" * 100_000,
    "objects as deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "a string without end": b'["' + b"x" * 1_000_000,
    "half a letter": b'["\xe2\x82"]',
    "more than is read": b"[" + b" " * (33 << 20) + b"]",
    "no list": b"17",
}


@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_annotations_that_ask_for_much_are_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "annotations.json").write_bytes(ANNOTATIONS[kind])
    with pytest.raises(InvalidInput, match=r"annotations\.json"):
        list(READERS["chestxdet"](tmp_path, ["nodule"]))


@pytest.mark.parametrize(
    "polygon",
    [[[1e308, 1]] * 3, [[10**400, 1]] * 3, [["9" * 100_000, 1]] * 3, [[0, 0]] * 100_000, [[[[[1]]]]], 7, None, {}],
    ids=["far", "farther", "digits", "points", "nested", "number", "null", "object"],
)
def test_polygons_that_ask_for_much_are_refused_or_drawn(tmp_path: Path, polygon: object) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.png").write_bytes(GOOD)
    records = [{"file_name": "a.png", "syms": ["Nodule"], "polygons": [polygon]}]
    (tmp_path / "annotations.json").write_text(json.dumps(records))
    (entry,) = READERS["chestxdet"](tmp_path, ["nodule"])
    assert isinstance(entry, Entry)
    try:
        assert entry.masks(entry.load())["nodule"].shape == (16, 16)
    except InvalidMask:
        assert polygon != [[0, 0]] * 100_000


@pytest.mark.parametrize(
    "counts",
    ["o" * 13 + "7", "o" * 1_000_000, "P" * 9 + "1", "0" * 1_000_000, "~", "_" * 7, "é", "\0", "OOOOOO?" * 3, " 1"],
)
def test_counts_that_ask_for_much_are_refused(counts: str) -> None:
    for size in ((64, 64), (2**31, 2**31)):
        with pytest.raises(InvalidMask):
            Rle(size, counts).pixels  # noqa: B018


@pytest.mark.parametrize("runs", ["9999999 9999999", "0 1048577", "9" * 5_000 + " 1", "1 " * 999_999, "-1 -1", "1.5 2"])
def test_runs_of_siim_that_ask_for_much_are_refused(runs: str) -> None:
    with pytest.raises(InvalidMask):
        decode_runs(runs)
