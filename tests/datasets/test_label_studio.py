"""Label Studio's export comes in: brush, outlines, boxes, choices; and of two people's words neither is chosen."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overread.datasets.reading import Box, Statement
from overread.datasets.tools.json_min import TURNED
from overread.datasets.tools.label_studio import RENAMED
from overread.domain.errors import InvalidInput, InvalidMask
from tests.datasets.masks_told import brush_rle
from tests.datasets.sources import masks_of, read, reasons, write

OUTLINE = {"points": [[25, 20], [50, 20], [50, 60], [25, 60]], "polygonlabels": ["nodule"]}

ELLIPSE = {"x": 50, "y": 50, "radiusX": 25, "radiusY": 20, "rotation": 0, "ellipselabels": ["nodule"]}


def result(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "r1", "type": kind, "from_name": "label", "to_name": "image", "original_width": 12, "original_height": 10,
        "image_rotation": 0, "value": value,
    } | more  # fmt: skip


def task(*results: Any, image: str = "/data/upload/1/a.png", **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, "annotations": [{"id": 1, "result": list(results)}]} | more


def told(folder: Path, *tasks: Any, name: str = "films/a.png") -> None:
    """A film of 12×10 px, and tasks."""
    write(folder / name, np.full((10, 12), 7, np.uint8))
    (folder / "project-1.json").write_text(json.dumps(tasks))


def only(folder: Path, **options: Any) -> Any:
    entries, refusals = read("label-studio", folder, **options)
    assert not refusals
    (entry,) = entries.values()
    return entry


def refused(folder: Path) -> str:
    """Why the only film is refused, by the reader or where its masks are asked for."""
    entries, refusals = read("label-studio", folder)
    for entry in entries.values():
        with pytest.raises(InvalidMask) as error:
            masks_of(entry)
        return error.value.detail
    (reason,) = reasons(refusals).values()
    return reason


def test_brush_and_outline_add_up_and_the_rest_is_unknown(tmp_path: Path) -> None:
    mask = np.zeros((10, 12), bool)
    mask[8, 8:11] = True
    brushed = {"format": "rle", "rle": brush_rle(mask), "brushlabels": ["nodule"]}
    told(tmp_path, task(result("brushlabels", brushed), result("polygonlabels", OUTLINE)))
    entry = only(tmp_path)
    mask[2:6, 3:6] = True
    assert (entry.masks(entry.load())["nodule"] == mask).all()
    assert (set(masks_of(entry)), entry.classes) == ({"nodule"}, ("nodule",))


def test_a_box_is_in_percent_and_a_choice_is_a_word(tmp_path: Path) -> None:
    box = {"x": 25, "y": 20, "width": 50, "height": 40, "rotation": 0, "rectanglelabels": ["Effusion"]}
    choice = result("choices", {"choices": ["Nodule", "No finding"]})
    told(tmp_path, task(result("rectanglelabels", box), choice, result("textarea", {"text": ["?"]})))
    entry = only(tmp_path, empty_means="no_lesion")
    assert masks_of(entry) == {}
    assert entry.boxes(entry.load()) == [Box("pleural_effusion", 3, 2, 9, 6)]
    assert entry.statements == (Statement("nodule", "present"),)


def test_an_ellipse_lies_around_its_centre_and_turns_clockwise(tmp_path: Path) -> None:
    told(tmp_path, task(result("ellipselabels", ELLIPSE)))
    entry = only(tmp_path)
    mask = entry.masks(entry.load())["nodule"]
    ys, xs = np.nonzero(mask)
    assert (ys.min(), ys.max(), xs.min(), xs.max()) == (3, 6, 3, 8)  # 6 ± 3 across, 5 ± 2 down
    assert (mask == mask[::-1, ::-1]).all()
    told(tmp_path, task(result("ellipselabels", ELLIPSE | {"radiusX": 40, "radiusY": 5, "rotation": 45})))
    entry = only(tmp_path)
    ys, xs = np.nonzero(entry.masks(entry.load())["nodule"])
    assert np.corrcoef(xs, ys)[0, 1] > 0.9  # down as it goes to the right


def minimal(*labels: Any, **more: Any) -> dict[str, Any]:
    """A record as JSON-MIN has it."""
    record: dict[str, Any] = {"image": "/data/upload/1/0a1b2c3d-a.png", "id": 1, "annotator": 1, "annotation_id": 1}
    return record | {"created_at": "2026", "lead_time": 3.5, "label": list(labels)} | more


def region(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"original_width": 12, "original_height": 10}


def test_json_min_is_read_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    mask = np.zeros((10, 12), bool)
    mask[8, 8:11] = True
    brushed = region({"format": "rle", "rle": brush_rle(mask), "brushlabels": ["Effusion"]})
    told(tmp_path, minimal(region(OUTLINE), brushed, extra={"a": 1}, note=["b"], choice="Fibrosis", who="A^B"))
    entry = only(tmp_path, empty_means="no_lesion")
    assert masks_of(entry) == {"nodule": 12, "pleural_effusion": 3}
    assert entry.statements == (Statement("fibrosis", "present"),)
    assert entry.remark == f"{TURNED}; {RENAMED}"
    assert set(entry.classes) == {"nodule", "Effusion", "Fibrosis"}


def test_records_of_one_task_are_its_annotations(tmp_path: Path) -> None:
    told(tmp_path, minimal(region(OUTLINE)), minimal(annotation_id=2, annotator=2))
    assert "2 people's annotations differ" in refused(tmp_path)
    told(tmp_path, minimal(region(OUTLINE)), minimal(region(OUTLINE), annotation_id=2, annotator=2))
    assert masks_of(only(tmp_path)) == {"nodule": 12}


def test_a_region_of_json_min_and_its_label_may_stand_under_two_keys(tmp_path: Path) -> None:
    named, bare = region({"points": OUTLINE["points"], "labels": ["nodule"]}), region({"points": OUTLINE["points"]})
    told(tmp_path, minimal(named, polygon=[bare]))
    assert masks_of(only(tmp_path)) == {"nodule": 12}
    told(tmp_path, minimal(named, polygon=[bare | {"points": [[1, 1], [9, 1], [9, 9]]}]))
    assert "a region of it has no label" in refused(tmp_path)
    told(tmp_path, minimal(region(OUTLINE), region(OUTLINE | {"brushlabels": ["Effusion"]})))
    assert "a region of it has no label" in refused(tmp_path)


def test_a_region_and_its_label_may_stand_in_two_results(tmp_path: Path) -> None:
    named = {"points": OUTLINE["points"], "labels": ["nodule"]}
    bare = {"points": OUTLINE["points"]}
    told(tmp_path, task(result("polygon", bare), result("labels", named)))
    assert masks_of(only(tmp_path)) == {"nodule": 12}
    told(tmp_path, task(result("polygon", bare, id="r2"), result("labels", named)))
    assert "a polygon of it has no label" in refused(tmp_path)


def test_only_what_was_annotated_is_ever_clear(tmp_path: Path) -> None:
    write(tmp_path / "b.png", np.full((10, 12), 8, np.uint8))
    write(tmp_path / "c.png", np.full((10, 12), 9, np.uint8))
    cancelled = {"id": 1, "was_cancelled": True, "result": [result("polygonlabels", OUTLINE)]}
    told(tmp_path, task(), task(image="b.png", annotations=[]), task(image="c.png", annotations=[cancelled]))
    names = {"nodule": "nodule"}
    entries, _ = read("label-studio", tmp_path, names=names)
    assert [masks_of(entry) for entry in entries.values()] == [{}, {}, {}]
    entries, _ = read("label-studio", tmp_path, names=names, empty_means="no_lesion")
    assert {name: masks_of(entry) for name, entry in entries.items()} == {
        "b.png": {}, "c.png": {}, "films/a.png": {"nodule": 0},
    }  # fmt: skip


def test_of_two_people_who_differ_neither_is_taken(tmp_path: Path) -> None:
    one = {"id": 1, "completed_by": 1, "result": [result("polygonlabels", OUTLINE)]}
    other = {"id": 2, "completed_by": 2, "result": []}
    told(tmp_path, task(annotations=[one, other]))
    assert "2 people's annotations differ" in refused(tmp_path)
    told(tmp_path, task(annotations=[one, other | {"was_cancelled": True}]))
    assert masks_of(only(tmp_path)) == {"nodule": 12}
    told(tmp_path, task(annotations=[one, other | {"result": [result("polygonlabels", OUTLINE, id="r9")]}]))
    assert masks_of(only(tmp_path)) == {"nodule": 12}


def test_what_a_machine_predicted_is_no_label(tmp_path: Path) -> None:
    guess = [{"result": [result("polygonlabels", OUTLINE)]}]
    told(tmp_path, task(predictions=guess))
    assert masks_of(only(tmp_path, names={"nodule": "nodule"})) == {}


@pytest.mark.parametrize(
    "image",
    [
        "/data/upload/1/a.png",
        "/data/local-files/?d=store/films/a.png",
        "https://host/x/a.png?token=1#y",
        "s3://bucket/films/a.png",
        "C:\\films\\a.png",
        "films/%61.png",
    ],
)
def test_a_film_is_found_by_the_end_of_its_url(tmp_path: Path, image: str) -> None:
    told(tmp_path, task(result("polygonlabels", OUTLINE), image=image))
    entry = only(tmp_path)
    assert (masks_of(entry), entry.remark) == ({"nodule": 12}, None)


def test_the_prefix_of_an_upload_is_left_out_and_said(tmp_path: Path) -> None:
    told(tmp_path, task(result("polygonlabels", OUTLINE), image="/data/upload/1/0a1b2c3d-a.png"))
    entry = only(tmp_path)
    assert (masks_of(entry), entry.remark) == ({"nodule": 12}, RENAMED)


def test_a_film_that_has_the_prefix_itself_is_that_one(tmp_path: Path) -> None:
    write(tmp_path / "0a1b2c3d-a.png", np.full((10, 12), 8, np.uint8))
    told(tmp_path, task(result("polygonlabels", OUTLINE), image="/data/upload/1/0a1b2c3d-a.png"))
    entries, refusals = read("label-studio", tmp_path)
    assert [(name, entry.remark) for name, entry in entries.items()] == [("0a1b2c3d-a.png", None)]
    assert set(reasons(refusals)) == {"films/a.png"}


def test_two_uploads_of_one_name_are_neither(tmp_path: Path) -> None:
    tasks = [task(image=f"/data/upload/1/{prefix}-a.png") for prefix in ("0a1b2c3d", "1a1b2c3d")]
    told(tmp_path, *tasks)
    entries, refusals = read("label-studio", tmp_path)
    assert not entries
    assert len(refusals) == 3


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (result("polygonlabels", OUTLINE, original_width=13), "13×10 px, the film is 12×10"),
        (result("polygonlabels", OUTLINE, original_width=None), "size of its image"),
        (result("polygonlabels", OUTLINE, original_width=10**400), "size of its image"),
        (result("polygonlabels", OUTLINE, image_rotation=90), "turned under it"),
        (result("polygonlabels", OUTLINE | {"points": [[25, 20], [50]]}), "no list of"),
        (result("polygonlabels", OUTLINE | {"points": [[25, 20], [50, float("nan")], [1, 1]]}), "no number"),
        (result("polygonlabels", OUTLINE | {"points": [[25, 20], [500, 20], [1, 1]]}), "outside"),
        (result("polygonlabels", OUTLINE | {"points": [[1, 1], [2, 2]]}), "three points"),
        (result("polygonlabels", {"points": OUTLINE["points"], "polygonlabels": []}), "has no label"),
        (result("polygonlabels", None), "has no label"),
        (result("brushlabels", {"rle": [1, 2], "brushlabels": ["nodule"]}), "ends in the middle"),
        (result("brushlabels", {"rle": "1", "brushlabels": ["nodule"]}), "are not read"),
        (result("ellipselabels", {"x": 1, "y": 1, "width": 1, "height": 1, "ellipselabels": ["nodule"]}), "not read"),
        (result("ellipselabels", ELLIPSE | {"radiusX": 0}), "two radii"),
        (result("ellipselabels", ELLIPSE | {"radiusX": 90}), "outside"),
        (result("ellipselabels", ELLIPSE | {"rotation": "45"}), "no number"),
        (result("ellipselabels", ELLIPSE | {"x": None}), "no number"),
        (
            result(
                "rectanglelabels",
                {"x": 1, "y": 1, "width": 9, "height": 9, "rotation": 5, "rectanglelabels": ["nodule"]},
            ),
            "turned",
        ),
        ("text", "no result"),
    ],
)
def test_a_label_that_says_nothing_certain_refuses_its_film(tmp_path: Path, given: Any, reason: str) -> None:
    told(tmp_path, task(given))
    assert reason in refused(tmp_path)


def test_annotations_that_are_none_refuse_their_film(tmp_path: Path) -> None:
    told(tmp_path, task(annotations="none"))
    assert "no list of annotations" in refused(tmp_path)
    told(tmp_path, task(annotations=[{"id": 1}]))
    assert "no result" in refused(tmp_path)


def test_a_task_that_names_no_film_is_refused_and_leaves_its_finding_open(tmp_path: Path) -> None:
    nameless = task(result("polygonlabels", OUTLINE)) | {"data": {"scan": "b.png"}}
    told(tmp_path, task(), nameless)
    entries, refusals = read("label-studio", tmp_path, empty_means="no_lesion")
    assert "say which key with the option image" in reasons(refusals)["project-1.json[1]"]
    assert [masks_of(entry) for entry in entries.values()] == [{}]


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"image": "a.png", "label": []}]', "[1]", "[" * 100_000])
def test_another_export_ends_the_import(tmp_path: Path, text: str) -> None:
    (tmp_path / "project-1.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"No \.json file below"):
        read("label-studio", tmp_path)
