"""Readers on small files that the tests write in the public formats."""

import json
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pycocotools import mask as coco

from overread.datasets import check_options
from overread.datasets.collections.siim import decode_runs
from overread.datasets.files.files import parse_age
from overread.domain.errors import InvalidInput, InvalidMask, OverreadError, UnreadableImage
from tests.datasets.sources import FIVE, masks_of, read, write


def test_folder_with_masks_says_no_lesion_where_none_was_drawn(tmp_path: Path) -> None:
    square = np.zeros((20, 10), np.uint8)
    square[2:4, 2:5] = 255
    write(tmp_path / "p1_a.png", np.full((20, 10), 7, np.uint8))
    write(tmp_path / "p1_b.png", np.full((20, 10), 8, np.uint8))
    write(tmp_path / "masks" / "p1_a__nodule.png", square)
    write(tmp_path / "masks" / "gone__nodule.png", square)
    (tmp_path / "notes.xyz").write_text("?")
    entries, refusals = read("folder", tmp_path)
    assert masks_of(entries["p1_a.png"]) == {finding: 6 if finding == "nodule" else 0 for finding in FIVE}
    assert entries["p1_b.png"].patient is None  # a name tells of nobody
    assert {(r.file_name, r.reason.split(",")[0]) for r in refusals} == {
        ("masks/gone__nodule.png", "labels the image gone"),
        ("notes.xyz", ".xyz is not read; PNG"),
    }


def test_folder_without_masks_knows_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    entries, _ = read("folder", tmp_path)
    assert masks_of(entries["a.png"]) == {}


def test_folder_masks_beside_films_of_another_ending(tmp_path: Path) -> None:
    write(tmp_path / "p1.jpg", np.zeros((8, 8), np.uint8))
    write(tmp_path / "p1__nodule.png", np.eye(8, dtype=np.uint8))
    write(tmp_path / "gone__nodule.png", np.eye(8, dtype=np.uint8))
    entries, refusals = read("folder", tmp_path)
    assert list(entries) == ["p1.jpg"]
    assert masks_of(entries["p1.jpg"])["nodule"] == 8
    assert [r.file_name for r in refusals] == ["gone__nodule.png"]


def test_folder_never_gives_a_mask_to_a_namesake(tmp_path: Path) -> None:
    for ward in ("a", "b", "c", "d"):
        write(tmp_path / ward / ("twin.png" if ward < "c" else "single.png"), np.zeros((8, 8), np.uint8))
    write(tmp_path / "a" / "twin__nodule.png", np.eye(8, dtype=np.uint8))
    write(tmp_path / "masks" / "single__nodule.png", np.eye(8, dtype=np.uint8))
    entries, refusals = read("folder", tmp_path)
    assert {name: masks_of(entry)["nodule"] for name, entry in entries.items()} == {"a/twin.png": 8, "b/twin.png": 0}
    assert {r.file_name for r in refusals} == {"c/single.png", "d/single.png"}


def test_folder_says_when_a_finding_has_two_masks(tmp_path: Path) -> None:
    write(tmp_path / "a.png", np.zeros((8, 8), np.uint8))
    for place in (tmp_path, tmp_path / "masks"):
        write(place / "a__nodule.png", np.eye(8, dtype=np.uint8))
    entries, refusals = read("folder", tmp_path)
    assert [r.reason for r in refusals] == ["one of 2 nodule masks of a"] * 2
    assert masks_of(entries["a.png"]) == {}


def test_what_is_no_file_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "b.png")
    os.mkfifo(tmp_path / "c.dcm")
    for entry in read("folder", tmp_path)[0].values():
        with pytest.raises(UnreadableImage, match="no regular file"):
            entry.file_sha256()
    told = {r.file_name: r.reason for r in read("siim", tmp_path, labels="none")[1]}
    assert told["c.dcm"] == "it is no regular file, or a link to nothing"


@pytest.mark.parametrize(
    "table", ["file,who\na.png,P\n", "file,patient_id\na.png,P\na.png,Q\n", "file,patient_id\na.png,\xff\n", ""]
)
def test_folder_refuses_a_table_that_leaves_a_patient_open(tmp_path: Path, table: str) -> None:
    write(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "patients.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"patients\.csv"):
        read("folder", tmp_path)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        *[("62", 62.0), ("062Y", 62.0), ("41.5", 41.5), ("018M", 1.5), ("003W", 21 / 365.25), ("010D", 10 / 365.25)],
        *[("old", None), ("", None), ("062X", None)],
    ],
)
def test_ages_as_tables_and_machines_write_them(text: str, age: float | None) -> None:
    assert parse_age(text) == (None if age is None else pytest.approx(age))


def test_folder_takes_people_from_a_table(tmp_path: Path) -> None:
    write(tmp_path / "x_1.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "patients.csv").write_text("file,patient_id,sex,age,view\nx_1.png,NIH-7,F,62,AP\n")
    entry = read("folder", tmp_path)[0]["x_1.png"]
    assert (entry.patient, entry.sex, entry.age, entry.view) == ("NIH-7", "F", 62.0, "AP")


def test_folder_says_which_rows_of_the_table_have_no_film(tmp_path: Path) -> None:
    write(tmp_path / "ward" / "x_1.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "patients.csv").write_text("file,patient_id\nx_1.png,P\nward/X_2.png,P\ny_1.png,Q\n")
    entries, refusals = read("folder", tmp_path)
    assert entries["ward/x_1.png"].patient == "P"
    assert [(r.file_name, r.reason) for r in refusals] == [
        ("patients.csv", "2 of its rows name films that are missing, such as ward/X_2.png")
    ]


def test_a_mask_that_is_no_png_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.png", np.zeros((20, 20), np.uint8))
    write(tmp_path / "a__nodule.jpg", np.zeros((20, 20), np.uint8))
    entry = read("folder", tmp_path)[0]["a.png"]
    with pytest.raises(InvalidMask, match="is no PNG"):
        entry.masks(entry.load())


@pytest.mark.parametrize(("finding", "size"), [("nodule", 21), ("hernia", 20)])
def test_a_mask_of_another_size_or_finding_is_refused(tmp_path: Path, finding: str, size: int) -> None:
    write(tmp_path / "a.png", np.zeros((20, 20), np.uint8))
    write(tmp_path / "masks" / f"a__{finding}.png", np.zeros((size, 20), np.uint8))
    entry = read("folder", tmp_path)[0]["a.png"]
    with pytest.raises(InvalidMask):
        entry.masks(entry.load())


def test_chestxdet_polygons_scale_to_the_film(tmp_path: Path) -> None:
    write(tmp_path / "images" / "00000001_000.png", np.zeros((512, 512), np.uint8))
    square = [[100, 100], [299, 100], [299, 299], [100, 299]]
    records = [
        {"file_name": "00000001_000.png", "syms": ["Effusion", "Mass"], "boxes": [], "polygons": [square, square]},
        {"file_name": "00000002_000.png", "syms": [], "boxes": [], "polygons": []},
        {"syms": []},
        {"file_name": "00000001_000.png", "syms": [], "polygons": []},
    ]
    write(tmp_path / "images" / "00000003_000.png", np.zeros((8, 8), np.uint8))
    (tmp_path / "annotations.json").write_text(json.dumps(records))
    entries, refusals = read("chestxdet", tmp_path)
    areas = masks_of(entries["00000001_000.png"])
    assert abs(areas.pop("pleural_effusion") - 100 * 100) < 400
    assert set(areas.values()) == {0}
    assert entries["00000001_000.png"].patient == "00000001"
    assert [(r.file_name, r.reason) for r in refusals] == [
        ("00000002_000.png", "the annotations name this film, and it is missing"),
        ("annotations.json[2]", "this record names no file"),
        ("annotations.json[3]", "a second record of 00000001_000.png"),
        ("00000003_000.png", "the annotations do not name it"),
    ]


def test_chestxdet_polygons_do_not_spill_over_their_edges(tmp_path: Path) -> None:
    write(tmp_path / "images" / "a_0.png", np.zeros((1024, 1024), np.uint8))
    record = {"file_name": "a_0.png", "syms": ["Nodule"], "polygons": [[[0, 0], [7, 2], [3, 5]]]}
    (tmp_path / "annotations.json").write_text(json.dumps([record]))
    entry = read("chestxdet", tmp_path)[0]["a_0.png"]
    drawn = entry.masks(entry.load())["nodule"]
    rows = ["".join(".#"[int(inside)] for inside in row) for row in drawn[:7, :9]]
    assert rows == ["#........", ".###.....", ".#######.", "..#####..", "..###....", "...#.....", "........."]
    assert drawn.sum() == 20


@pytest.mark.parametrize(
    ("sym", "polygon"), [("nodule", [[0, 0], [0, 9], [9, 9]]), ("Effusion", [[0, 0], [0, 9], [10**400, 9]])]
)
def test_chestxdet_refuses_what_it_does_not_know(tmp_path: Path, sym: str, polygon: list[list[int]]) -> None:
    write(tmp_path / "images" / "a.png", np.zeros((16, 16), np.uint8))
    record = {"file_name": "a.png", "syms": [sym], "polygons": [polygon]}
    (tmp_path / "annotations.json").write_text(json.dumps([record]))
    entry = read("chestxdet", tmp_path)[0]["a.png"]
    with pytest.raises(InvalidMask):
        masks_of(entry)


def test_chestxdet_diffuse_nodules_leave_nodule_unknown(tmp_path: Path) -> None:
    write(tmp_path / "images" / "a_0.png", np.zeros((64, 64), np.uint8))
    lung = [[100, 100], [299, 100], [299, 299], [100, 299]]
    record = {"file_name": "a_0.png", "syms": ["Diffuse Nodule", "Fibrosis"], "polygons": [lung, lung]}
    (tmp_path / "annotations.json").write_text(json.dumps([record]))
    areas = masks_of(read("chestxdet", tmp_path)[0]["a_0.png"])
    assert areas.pop("fibrosis") > 0
    assert areas == {"consolidation": 0, "pneumothorax": 0, "pleural_effusion": 0}


@pytest.mark.parametrize("polygons", [[], [[[1, 2]]], [["x"]], [[[0, 0], [5, 5], [float("nan"), 1]]]])
def test_chestxdet_broken_polygons_are_refused(tmp_path: Path, polygons: list[object]) -> None:
    write(tmp_path / "images" / "a_0.png", np.zeros((8, 8), np.uint8))
    (tmp_path / "annotations.json").write_text(
        json.dumps([{"file_name": "a_0.png", "syms": ["Nodule"], "polygons": polygons}])
    )
    entry = read("chestxdet", tmp_path)[0]["a_0.png"]
    with pytest.raises(OverreadError):
        entry.masks(entry.load())


def test_siim_rle_by_hand_and_by_pycocotools() -> None:
    # 3 pixels down from row 2 of column 1, then 2 more after a gap of 1020: rows 1 and 2 of column 2
    mask = decode_runs(" 1026 3 1020 2 ")
    assert sorted(map(tuple, np.argwhere(mask))) == [(1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]
    counts = [1026, 3, 1020, 2, 1024 * 1024 - 2051]
    rle = coco.frPyObjects({"size": [1024, 1024], "counts": counts}, 1024, 1024)
    assert np.array_equal(mask, coco.decode(rle).astype(bool))
    assert not decode_runs(" -1").any()


@pytest.mark.parametrize("text", ["", "5", "1 2 3", "a b", "1048570 9", "-3 4", "99999999999 1"])
def test_siim_broken_rle_is_refused(text: str) -> None:
    with pytest.raises(InvalidMask):
        decode_runs(text)


def test_siim_tree(tmp_path: Path) -> None:
    from tests.datasets.films import dicom

    for name in ("1.2.3", "1.2.4"):
        file = tmp_path / "dicom-images-train" / "study" / "series" / f"{name}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dicom(np.full((1024, 1024), 5, np.uint8)))
    (tmp_path / "dicom-images-train" / "film.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a film")
    rows = ["ImageId, EncodedPixels", "1.2.3, 0 4 2 1", "1.2.3,100 2", "1.2.5, -1"]
    (tmp_path / "train-rle.csv").write_text("\n".join(rows))
    entries, refusals = read("siim", tmp_path)
    labelled, unlabelled = (entries[f"dicom-images-train/study/series/{name}.dcm"] for name in ("1.2.3", "1.2.4"))
    assert masks_of(labelled) == {"pneumothorax": 7}
    assert masks_of(unlabelled) == {}
    assert (labelled.patient, labelled.sex, labelled.age) == ("P-7", "F", 62.0)
    assert [r.file_name for r in refusals] == ["dicom-images-train/film.png", "1.2.5"]


def test_siim_reads_files_whose_ending_is_in_capitals(tmp_path: Path) -> None:
    from tests.datasets.films import dicom

    (tmp_path / "1.2.DCM").write_bytes(dicom(np.zeros((4, 4), np.uint8)))
    assert list(read("siim", tmp_path, labels="none")[0]) == ["1.2.DCM"]


def test_no_header_is_read_outside_the_limited_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.datasets.films import dicom

    (tmp_path / "1.2.dcm").write_bytes(dicom(np.zeros((4, 4), np.uint8)))
    (tmp_path / "1.3.dcm").write_bytes(b"nothing of the kind")
    monkeypatch.setattr(pydicom, "dcmread", lambda *_args, **_options: pytest.fail("a header was read here"))
    entries, refusals = read("siim", tmp_path, labels="none")
    assert entries["1.2.dcm"].patient == "P-7"
    assert [(r.file_name, r.reason) for r in refusals] == [("1.3.dcm", "it is not a DICOM file")]


@pytest.mark.parametrize(
    ("reader", "options"),
    [
        ("folder", {"mask": "x"}),
        ("folder", {"masks": 3}),
        ("folder", {"patients": "/etc/passwd"}),
        ("siim", {"labels": "../labels.csv"}),
        ("chestxdet", {"images": "a\0b"}),
        ("padchest", {}),
        ("phantom", {"sizes": 3}),
        ("phantom", {"shift": 2}),
        ("phantom", {"count": "9"}),
        ("phantom", {"seed": -1}),
        ("phantom", {"count": 1.5}),
        ("phantom", {"size": True}),
        ("phantom", {"prevalence": {"hernia": 0.1}}),
    ],
)
def test_unknown_readers_and_options_are_refused(reader: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        check_options(reader, options)
