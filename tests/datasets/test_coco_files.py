"""COCO's instances come in: what is drawn, boxed, declared absent, left open; and what nobody can use is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overread.datasets.reading import Box
from overread.domain.errors import InvalidInput, InvalidMask
from overread.services.exports.coco import coco_lines
from tests.datasets.masks_told import coco_counts
from tests.datasets.sources import masks_of, read, reasons, write
from tests.exporting import drawn, labelled, unsure

CATEGORIES = [{"id": 1, "name": "Nodule"}, {"id": 2, "name": "Effusion"}, {"id": 3, "name": "Mass"}]
SQUARE = [[2, 2, 6, 2, 6, 6, 2, 6]]


def told(folder: Path, annotations: list[Any], name: str = "labels.json", **image: Any) -> None:
    """A film of 12×10 px that each of these annotations is of."""
    write(folder / "films" / "a.png", np.full((10, 12), 7, np.uint8))
    images = [{"id": 0, "file_name": "a.png", "width": 12, "height": 10} | image]
    given = [{"id": place, "image_id": 0, "category_id": 1} | one for place, one in enumerate(annotations)]
    content = {"images": images, "annotations": given, "categories": CATEGORIES}
    (folder / name).write_text(json.dumps(content))


def only(folder: Path, **options: Any) -> Any:
    entries, refusals = read("coco", folder, **options)
    assert not refusals
    (entry,) = entries.values()
    return entry


def test_several_annotations_of_a_category_add_up_and_the_rest_is_unknown(tmp_path: Path) -> None:
    mask = np.zeros((10, 12), bool)
    mask[8, 8:11] = True
    told(
        tmp_path,
        [
            {"segmentation": SQUARE},
            {"segmentation": {"size": [10, 12], "counts": coco_counts(mask)}, "iscrowd": 1},
            {"segmentation": SQUARE, "category_id": 3},
        ],
    )
    entry = only(tmp_path)
    assert masks_of(entry) == {"nodule": 16 + 3}
    assert entry.classes == ("Mass", "Nodule")
    assert (entry.patient, list(entry.boxes(entry.load()))) == (None, [])


def test_only_what_is_declared_absent_is_a_negative(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}], neg_category_ids=[2])
    entry = only(tmp_path)
    assert masks_of(entry) == {"nodule": 16, "pleural_effusion": 0}
    assert entry.classes == ("Effusion", "Nodule")
    assert entry.assumed == ()


def test_a_user_may_say_that_all_is_labelled(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    entry = only(tmp_path, empty_means="no_lesion")
    assert masks_of(entry) == {"nodule": 16, "pleural_effusion": 0}
    assert entry.assumed == ("pleural_effusion",)  # a mask that is gone later must not become that
    assert masks_of(only(tmp_path, empty_means="unknown")) == {"nodule": 16}
    with pytest.raises(InvalidInput, match="no_lesion or unknown"):
        read("coco", tmp_path, empty_means="clear")


def test_a_finding_of_two_categories_is_absent_when_both_are(tmp_path: Path) -> None:
    names = {"Mass": "nodule"}
    told(tmp_path, [], neg_category_ids=[1])
    assert masks_of(only(tmp_path, names=names)) == {}
    told(tmp_path, [], neg_category_ids=[1, 3])
    assert masks_of(only(tmp_path, names=names)) == {"nodule": 0}
    told(tmp_path, [{"segmentation": SQUARE, "category_id": 3}], neg_category_ids=[1])
    assert masks_of(only(tmp_path, names=names)) == {"nodule": 16}


def test_what_is_labelled_in_part_is_unknown(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}], not_exhaustive_category_ids=[1])
    entry = only(tmp_path, empty_means="no_lesion")
    assert masks_of(entry) == {"pleural_effusion": 0}
    assert entry.remark == "labelled in part, so its mask is unknown: nodule"


def test_a_box_alone_is_a_box_and_no_mask(tmp_path: Path) -> None:
    told(tmp_path, [{"bbox": [1, 2, 3, 4.5]}, {"bbox": [1, 2, 3, 4], "segmentation": [], "category_id": 2}])
    entry = only(tmp_path, empty_means="no_lesion")
    assert masks_of(entry) == {}
    assert entry.boxes(entry.load()) == [Box("nodule", 1, 2, 4, 6.5), Box("pleural_effusion", 1, 2, 4, 6)]


def test_a_finding_that_is_drawn_and_boxed_has_no_mask(tmp_path: Path) -> None:
    told(tmp_path, [{"bbox": [1, 2, 3, 4]}, {"segmentation": SQUARE}])
    entry = only(tmp_path)
    assert masks_of(entry) == {}
    assert entry.remark == "drawn in part and boxed in part, so its mask is unknown: nodule"


def test_categories_that_mean_none_of_the_findings_end_the_import(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    with pytest.raises(InvalidInput, match=r"labels 'Effusion', 'Mass', 'Nodule', and this project has hernia"):
        read("coco", tmp_path, ["hernia"])
    entries, _ = read("coco", tmp_path, ["hernia"], names={"nodule": "hernia"})
    assert [masks_of(entry) for entry in entries.values()] == [{"hernia": 16}]
    with pytest.raises(InvalidInput, match="is said to be"):
        read("coco", tmp_path, names={"Mass": ["nodule"]})


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"width": 11}, "11×10 px, the film is 12×10"),
        ({"width": 2**63}, "the film is 12×10"),
        ({"width": None}, "does not tell its width"),
        ({"width": True}, "does not tell its width"),
        ({"neg_category_ids": [9]}, "no list of categories"),
        ({"neg_category_ids": {"1": 1}}, "no list of categories"),
        ({"neg_category_ids": [[1]]}, "no list of categories"),
        ({"neg_category_ids": [1]}, "Nodule is said to be absent, and labelled"),
    ],
)
def test_an_image_that_is_told_wrongly_is_refused(tmp_path: Path, image: dict[str, Any], reason: str) -> None:
    told(tmp_path, [{"segmentation": SQUARE}], **image)
    assert reason in refused(tmp_path)


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"category_id": 9, "segmentation": SQUARE}, "category that the file does not have"),
        ({"category_id": None, "segmentation": SQUARE}, "category that the file does not have"),
        ({"category_id": [1], "segmentation": SQUARE}, "category that the file does not have"),
        ({}, "neither a segmentation nor a bbox"),
        ({"bbox": [1, 2, float("nan"), 4]}, "neither a segmentation nor a bbox"),
        ({"bbox": [1, 2, 3]}, "neither a segmentation nor a bbox"),
        ({"segmentation": [[1, 1, 1.1, 1, 1, 1.1]]}, "mark no pixel"),
        ({"segmentation": {"size": [10, 12], "counts": [120]}}, "mark no pixel"),
        ({"segmentation": {"size": [10, 12], "counts": [0, 120]}}, "marks 100%"),
        ({"segmentation": {"size": [12, 10], "counts": [100, 20]}}, "of another size"),
        ({"segmentation": [[float("nan"), 1, 1.1, 1, 1, 1.1]]}, "no number"),
    ],
)
def test_an_annotation_that_says_nothing_certain_refuses_its_film(
    tmp_path: Path, annotation: dict[str, Any], reason: str
) -> None:
    told(tmp_path, [annotation])
    assert reason in refused(tmp_path)


def test_a_shape_too_small_for_a_pixel_does_no_harm_beside_another(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}, {"segmentation": [[1, 1, 1.1, 1, 1, 1.1]]}])
    assert masks_of(only(tmp_path)) == {"nodule": 16}


def refused(folder: Path, reader: str = "coco") -> str:
    """Why the only film is refused, by the reader or where its masks are asked for."""
    entries, refusals = read(reader, folder)
    for entry in entries.values():
        with pytest.raises(InvalidMask) as error:
            masks_of(entry)
        return error.value.detail
    (reason,) = reasons(refusals).values()
    return reason


def test_a_box_outside_of_its_film_is_refused(tmp_path: Path) -> None:
    told(tmp_path, [{"bbox": [1, 2, 300, 4]}])
    entry = only(tmp_path)
    with pytest.raises(InvalidMask, match="does not lie on its 12×10 pixels"):
        entry.boxes(entry.load())


def test_more_shapes_than_anybody_draws_are_refused(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}] * 5_001)
    assert "5,001 shapes" in refused(tmp_path)


def test_what_no_database_holds_is_spelled_out(tmp_path: Path) -> None:
    told(tmp_path, [])
    content = json.loads((tmp_path / "labels.json").read_text())
    content["categories"] = [{"id": 1, "name": "a\0\ud800"}]
    (tmp_path / "labels.json").write_text(json.dumps(content))
    with pytest.raises(InvalidInput) as error:
        read("coco", tmp_path)
    assert "\0" not in error.value.detail
    error.value.detail.encode()


def test_annotations_of_unknown_images_leave_their_finding_open(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE, "image_id": 9}, {"segmentation": SQUARE, "image_id": None}])
    entries, refusals = read("coco", tmp_path, empty_means="no_lesion")
    assert reasons(refusals) == {"labels.json": "2 of its annotations are of images that it does not have, such as 9"}
    (entry,) = entries.values()
    assert masks_of(entry) == {"pleural_effusion": 0}
    assert entry.remark == "labels of it lie on no film that is known, so its mask is unknown: nodule"


def test_films_are_found_by_an_end_of_their_path_and_never_outside(tmp_path: Path) -> None:
    outside, folder = tmp_path / "b.png", tmp_path / "source"
    write(outside, np.zeros((10, 12), np.uint8))
    told(folder, [{"segmentation": SQUARE}], file_name="C:\\data\\films\\a.png")
    assert masks_of(only(folder)) == {"nodule": 16}
    told(folder, [{"segmentation": SQUARE}], file_name="../b.png")
    entries, refusals = read("coco", folder)
    assert not entries
    assert {name: reason.partition(",")[0] for name, reason in reasons(refusals).items()} == {
        "../b.png": "labels.json names this film",
        "films/a.png": "labels.json does not name it",
    }


def test_a_name_that_may_be_two_films_is_neither(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    write(tmp_path / "more" / "a.png", np.full((10, 12), 9, np.uint8))
    entries, refusals = read("coco", tmp_path)
    assert not entries
    assert set(reasons(refusals)) == {"a.png", "films/a.png", "more/a.png"}


def test_a_film_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    content = json.loads((tmp_path / "labels.json").read_text())
    content["images"].append(content["images"][0] | {"id": 1})
    (tmp_path / "labels.json").write_text(json.dumps(content))
    assert "named 2 times" in refused(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "No .json file below"),
        ("[" * 100_000, "No .json file below"),
        ('{"images": 1, "annotations": [], "categories": []}', "No .json file below"),
        ('{"images": [1], "annotations": [], "categories": []}', r"images\[0\] needs an id and a file_name"),
        ('{"images": [{"id": 1}], "annotations": [], "categories": []}', r"images\[0\] needs"),
        ('{"images": [], "annotations": [], "categories": [{"id": [], "name": "x"}]}', r"categories\[0\] needs"),
        (
            '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]}',
            "two categories with the id 1",
        ),
    ],
)
def test_a_file_that_nobody_can_use_ends_the_import(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(InvalidInput, match=reason):
        read("coco", tmp_path)


def test_of_two_files_the_user_says_which(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    told(tmp_path, [], name="other.json")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InvalidInput, match=r"labels.json and other.json hold"):
        read("coco", tmp_path)
    assert masks_of(only(tmp_path, annotations="labels.json")) == {"nodule": 16}
    with pytest.raises(InvalidInput, match=r"config.json does not hold"):
        read("coco", tmp_path, annotations="config.json")
    with pytest.raises(InvalidInput, match="gone"):
        read("coco", tmp_path, annotations="gone.json")


def test_patients_are_those_of_the_table_or_the_pattern(tmp_path: Path) -> None:
    told(tmp_path, [{"segmentation": SQUARE}])
    assert only(tmp_path, patient_pattern="(?P<patient>a)").patient == "a"
    (tmp_path / "patients.csv").write_text("file,patient_id,sex\na.png,P1,F\n")
    entry = only(tmp_path)
    assert (entry.patient, entry.sex) == ("P1", "F")


def test_our_own_export_comes_in_as_it_went_out(tmp_path: Path) -> None:
    """A lesion in two regions, no lesion, an uncertain finding with and without a mask; and one not looked at."""
    two, nothing = np.zeros((32, 32), bool), np.zeros((32, 32), bool)
    two[2:5, 3:9] = two[20:30, 20:21] = True
    checkered = np.indices((32, 32)).sum(axis=0) % 2 == 0
    films = [
        labelled("ward/a.png", drawn("consolidation", two), drawn("nodule", nothing), unsure("fibrosis", two)),
        labelled("ward/b.png", drawn("nodule", checkered), unsure("fibrosis")),
        labelled("c.png"),
    ]
    for number, one in enumerate(films):
        write(tmp_path / "films" / one.film.file, np.full((32, 32), number, np.uint8))
    (tmp_path / "labels.json").write_text(
        "".join(coco_lines(iter(films), "p", ["consolidation", "nodule", "fibrosis"]))
    )
    entries, refusals = read("coco", tmp_path)
    assert not refusals
    came = {name: dict(entry.masks(entry.load())) for name, entry in entries.items()}
    assert {name: set(masks) for name, masks in came.items()} == {
        "films/c.png": set(),
        "films/ward/a.png": {"consolidation", "nodule"},
        "films/ward/b.png": {"nodule"},
    }
    assert (came["films/ward/a.png"]["consolidation"] == two).all()
    assert not came["films/ward/a.png"]["nodule"].any()
    assert (came["films/ward/b.png"]["nodule"] == checkered).all()
