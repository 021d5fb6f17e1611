"""Whatever a tool's file holds, it comes in, is refused by name or ends the import with a sentence: no traceback."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from overread.datasets import READERS, check_options
from overread.datasets.reading import Entry
from overread.domain.errors import InvalidInput
from tests.datasets.sources import FIVE, write

KEYS = [
    "id",
    "image_id",
    "category_id",
    "name",
    "file_name",
    "segmentation",
    "bbox",
    "size",
    "counts",
    "width",
    "height",
]
KEYS += ["neg_category_ids", "image", "data", "annotations", "result", "type", "value", "rle", "points", "brushlabels"]
KEYS += ["polygonlabels", "rectanglelabels", "x", "y", "original_width", "original_height", "background", "nodule"]
LEAVES = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-2, 12),
    some.sampled_from([2**31, 2**63, -(2**63), 10**400, float("nan"), float("inf"), -0.5, 1e308]),
    some.sampled_from(["", "a.png", "nodule", "brushlabels", "choices", "0", "../a.png", "\0", "\ud800", "é" * 300]),
)
ANYTHING = some.recursive(
    LEAVES, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(KEYS), inner, max_size=5)
)
ROUNDS = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def looked_at(reader: str, folder: Path, **options: Any) -> None:
    """All that an import asks of a source, where refusals are what it may come to."""
    try:
        found = list(READERS[reader](folder, FIVE, **options))
    except InvalidInput:
        return
    for entry in found:
        if isinstance(entry, Entry):
            film = entry.load()
            for ask in (entry.masks, entry.boxes):
                try:
                    ask(film)
                except InvalidInput:
                    continue


def with_film(folder: str, name: str = "a.png") -> Path:
    write(Path(folder) / name, np.full((10, 12), 7, np.uint8))
    return Path(folder)


@ROUNDS
@given(some.lists(ANYTHING, max_size=3), ANYTHING, ANYTHING, ANYTHING)
def test_coco(more: list[Any], image: Any, annotation: Any, category: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = with_film(name)
        told = {
            "images": [{"id": 0, "file_name": "a.png", "width": 12, "height": 10, "neg_category_ids": image}],
            "annotations": [
                {"image_id": 0, "category_id": 1, "segmentation": annotation, "bbox": image},
                {"image_id": image, "category_id": category, "segmentation": [[1, 1, 5, 1, 5, 5]]},
                {"image_id": 0, "category_id": 1, "segmentation": {"size": [10, 12], "counts": annotation}},
                *more,
            ],
            "categories": [{"id": 1, "name": "nodule"}],
        }
        (folder / "labels.json").write_text(json.dumps(told))
        looked_at("coco", folder, empty_means="no_lesion")
        for key, value in (("images", image), ("categories", category)):
            (folder / "labels.json").write_text(json.dumps(told | {key: [*told[key], value]}))
            looked_at("coco", folder)


@ROUNDS
@given(
    ANYTHING, ANYTHING, some.sampled_from(["brushlabels", "polygonlabels", "rectanglelabels", "labels", "choices", "x"])
)
def test_label_studio(value: Any, other: Any, kind: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = with_film(name)
        for shape in ("rle", "points", "x"):
            told = {"type": kind, "original_width": 12, "original_height": 10, "id": other}
            result = told | {"value": {kind: ["nodule"], shape: value, "y": 1, "width": value, "height": 2}}
            tasks = [{"data": {"image": "a.png"}, "annotations": [{"result": [result, told | {"value": other}]}]}]
            tasks.append({"data": {"image": value} if shape == "x" else value, "annotations": other})
            (folder / "export.json").write_text(json.dumps(tasks))
            looked_at("label-studio", folder, empty_means="no_lesion")


@ROUNDS
@given(ANYTHING, some.dictionaries(some.sampled_from(["background", "ignore", "nodule", "", "é"]), ANYTHING))
def test_nnunet(value: Any, labels: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = with_film(name, "imagesTr/a_0000.png")
        write(folder / "labelsTr" / "a.png", np.eye(10, 12, dtype=np.uint8))
        for told in (value, {"file_ending": ".png", "labels": labels}, {"file_ending": value, "labels": value}):
            (folder / "dataset.json").write_text(json.dumps(told))
            looked_at("nnunet", folder)


TEXTS = some.one_of(
    some.sampled_from(
        ["", "1", "-1", "nan", "inf", "1e400", "9" * 5000, "0, 4", "1,1;5,1;5,5", "٣", ";", ",", "nodule"]
    ),
    some.text(some.characters(min_codepoint=32, max_codepoint=126, exclude_characters="<&\"'>"), max_size=12),
)


@ROUNDS
@given(
    some.sampled_from(["polygon", "mask", "box", "tag", "polyline", "x"]), some.lists(TEXTS, min_size=12, max_size=12)
)
def test_cvat(element: str, values: list[str]) -> None:
    keys = ["points", "rle", "left", "top", "width", "height", "xtl", "ytl", "xbr", "ybr", "rotation", "z_order"]
    told = " ".join(f'{key}="{value}"' for key, value in zip(keys, values, strict=True))
    with tempfile.TemporaryDirectory() as name:
        folder = with_film(name)
        for label in ('label="nodule"', ""):
            image = f'<image name="a.png" width="12" height="10"><{element} {label} {told}/></image>'
            (folder / "a.xml").write_text(f"<annotations>{image}</annotations>")
            looked_at("cvat", folder)


@pytest.mark.parametrize("reader", ["coco", "cvat", "label-studio", "nnunet", "voc", "dicom-seg"])
def test_options_are_checked_before_a_source_is_made(reader: str) -> None:
    check_options(reader, {"names": {"Mass": "nodule"}, "patient_pattern": "(?P<patient>p)"})
    for options in ({"names": ["nodule"]}, {"patients": "../p.csv"}, {"patient_pattern": "("}, {"unheard": 1}):
        with pytest.raises(InvalidInput):
            check_options(reader, options)


@pytest.mark.parametrize("reader", ["coco", "cvat", "label-studio", "nnunet", "voc"])
def test_an_empty_folder_ends_the_import_with_a_sentence(reader: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        list(READERS[reader](tmp_path, FIVE))
    with pytest.raises(InvalidInput, match="is not a folder"):
        list(READERS[reader](tmp_path / "gone", FIVE))


@pytest.mark.parametrize("names", [{"nodule": None}, {"nodule": 1}, {"nodule": ["nodule"]}, {"nodule": {}}])
def test_names_that_are_none_end_the_import(tmp_path: Path, names: dict[str, Any]) -> None:
    (tmp_path / "a.xml").write_text('<annotations><image name="a.png"><tag label="nodule"/></image></annotations>')
    with pytest.raises(InvalidInput, match="is said to be"):
        list(READERS["cvat"](tmp_path, FIVE, names=names))
