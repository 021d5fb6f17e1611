"""Label maps come in, nnU-Net's and VOC's: values, palettes, colours; void is unknown, and what is unnamed refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from overread.datasets.tools.label_maps import NO_MAP, VOID
from overread.domain.errors import InvalidInput
from overread.services.exports import nnunet
from overread.services.exports.folder import written_folder
from overread.storage import BlobStore
from tests.datasets.sources import masks_of, read, reasons, write
from tests.exporting import drawn, labelled, shapes, unsure, with_pixels

FINDINGS = ["consolidation", "nodule", "fibrosis"]
LABELS: dict[str, Any] = {"background": 0, "Nodule": 1, "Effusion": 2}
CLASSES = {"0": "background", "1": "nodule", "2": "Effusion"}


def grid(*values: int) -> np.ndarray:
    """A map of 10×12 px, mostly 0, in which each of these values has two pixels."""
    found = np.zeros((10, 12), np.uint8)
    for place, value in enumerate(values):
        found[place, 3:5] = value
    return found


def nnunet_set(folder: Path, labels: np.ndarray | None, told: dict[str, Any] | None = None, part: str = "Tr") -> None:
    write(folder / f"images{part}" / "c1_0000.png", np.full((10, 12), 7, np.uint8))
    if labels is not None:
        write(folder / f"labels{part}" / "c1.png", labels)
    data_set = {"channel_names": {"0": "film"}, "labels": LABELS, "numTraining": 1, "file_ending": ".png"}
    (folder / "dataset.json").write_text(json.dumps(data_set | (told or {})))


def voc(folder: Path, labels: Image.Image | np.ndarray, labelmap: str = "") -> None:
    write(folder / "JPEGImages" / "a.png", np.full((10, 12), 7, np.uint8))
    (folder / "SegmentationClass").mkdir(exist_ok=True)
    image = labels if isinstance(labels, Image.Image) else Image.fromarray(labels)
    image.save(folder / "SegmentationClass" / "a.png")
    if labelmap:
        (folder / "labelmap.txt").write_text(labelmap)


def only(reader: str, folder: Path, **options: Any) -> Any:
    entries, refusals = read(reader, folder, **options)
    assert not refusals
    (entry,) = entries.values()
    return entry


def refused(reader: str, folder: Path, **options: Any) -> str:
    entries, refusals = read(reader, folder, **options)
    assert not entries
    (reason,) = reasons(refusals).values()
    return reason


def test_nnunet_says_what_is_not_there(tmp_path: Path) -> None:
    nnunet_set(tmp_path, grid(1))
    entry = only("nnunet", tmp_path)
    assert masks_of(entry) == {"nodule": 2, "pleural_effusion": 0}
    assert (entry.file_name, entry.classes) == ("imagesTr/c1_0000.png", ("Effusion", "Nodule", "background"))
    assert masks_of(only("nnunet", tmp_path, names={"Nodule": ""})) == {"pleural_effusion": 0}


def test_regions_are_each_all_of_their_values(tmp_path: Path) -> None:
    nnunet_set(tmp_path, grid(1, 2, 3), {"labels": {"background": 0, "nodule": [1, 3], "Effusion": [2, 3]}})
    entry = only("nnunet", tmp_path)
    masks = entry.masks(entry.load())
    assert (masks["nodule"] == np.isin(grid(1, 2, 3), [1, 3])).all()
    assert (masks["pleural_effusion"] == np.isin(grid(1, 2, 3), [2, 3])).all()


def test_what_is_ignored_is_unknown_and_no_negative(tmp_path: Path) -> None:
    nnunet_set(tmp_path, grid(1, 3), {"labels": LABELS | {"ignore": 3}})
    entry = only("nnunet", tmp_path)
    assert (masks_of(entry), entry.remark) == ({}, VOID)
    nnunet_set(tmp_path, grid(1), {"labels": LABELS | {"ignore": 3}})
    assert masks_of(only("nnunet", tmp_path)) == {"nodule": 2, "pleural_effusion": 0}


def test_a_film_without_a_map_is_unknown_and_a_map_without_a_film_refused(tmp_path: Path) -> None:
    nnunet_set(tmp_path, None, part="Ts")
    entry = only("nnunet", tmp_path, part="Ts")
    assert (masks_of(entry), entry.remark) == ({}, NO_MAP)
    write(tmp_path / "labelsTs" / "c2.png", grid(1))
    _, refusals = read("nnunet", tmp_path, part="Ts")
    assert reasons(refusals) == {"labelsTs/c2.png": "it labels the image c2, which is missing"}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (grid(1, 7), "has pixels of 7, and nothing says which class that is"),
        (np.zeros((10, 11), np.uint8), "11×10 px, its film 12×10"),
        (np.ones((10, 12), np.uint8), "marks 100%"),
        (np.zeros((10, 12, 3), np.uint8), "in colour"),
    ],
)
def test_a_map_that_is_not_the_films_refuses_it(tmp_path: Path, labels: np.ndarray, reason: str) -> None:
    nnunet_set(tmp_path, labels)
    entries, refusals = read("nnunet", tmp_path)
    told = [refusal.reason for refusal in refusals]
    for entry in entries.values():
        with pytest.raises(InvalidInput) as error:
            masks_of(entry)
        told.append(error.value.detail)
    assert reason in told[0]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"file_ending": ".nii.gz"}, "Volumes are no chest films"),
        ({"file_ending": None}, "Volumes are no chest films"),
        ({"labels": {"0": "background", "1": "nodule"}}, "as v2 writes it"),
        ({"labels": {"background": 0, "nodule": 2**63}}, "as v2 writes it"),
        ({"labels": {"background": 0, "nodule": []}}, "as v2 writes it"),
        ({"labels": {"background": 0, "nodule": True}}, "as v2 writes it"),
        ({"labels": {"nodule": 1}}, '"background": 0'),
        ({"labels": ["background"]}, '"background": 0'),
        ({"labels": {"background": 0, "hernia": 1}}, "this project has"),
    ],
)
def test_a_set_that_is_told_otherwise_ends_the_import(tmp_path: Path, told: dict[str, Any], reason: str) -> None:
    nnunet_set(tmp_path, grid(1), told)
    with pytest.raises(InvalidInput, match=reason):
        read("nnunet", tmp_path)


def test_a_set_without_its_parts_ends_the_import(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"dataset\.json"):
        read("nnunet", tmp_path)
    nnunet_set(tmp_path, grid(1))
    with pytest.raises(InvalidInput, match="no folder imagesTs"):
        read("nnunet", tmp_path, part="Ts")
    with pytest.raises(InvalidInput, match="Tr or Ts"):
        read("nnunet", tmp_path, part="..")
    (tmp_path / "dataset.json").write_text("[" * 100_000)
    with pytest.raises(InvalidInput, match="no JSON"):
        read("nnunet", tmp_path)


def test_a_second_channel_is_no_film(tmp_path: Path) -> None:
    nnunet_set(tmp_path, grid(1))
    write(tmp_path / "imagesTr" / "c1_0001.png", np.full((10, 12), 8, np.uint8))
    entries, refusals = read("nnunet", tmp_path)
    assert list(entries) == ["imagesTr/c1_0000.png"]
    assert list(reasons(refusals)) == ["imagesTr/c1_0001.png"]


def test_two_maps_of_a_film_refuse_it(tmp_path: Path) -> None:
    nnunet_set(tmp_path, grid(1))
    write(tmp_path / "labelsTr" / "c1.bmp", grid(2))
    assert "several films or label maps" in refused("nnunet", tmp_path)


def test_the_table_may_name_films_of_the_other_part(tmp_path: Path) -> None:
    for part in ("Tr", "Ts"):
        nnunet_set(tmp_path, grid(1), part=part)
    table = tmp_path / "patients.csv"
    table.write_text("file,patient_id\nimagesTr/c1_0000.png,P\nimagesTs/c1_0000.png,Q\n")
    assert [only("nnunet", tmp_path, part=part).patient for part in ("Tr", "Ts")] == ["P", "Q"]
    table.write_text("file,patient_id\nc1_0000.png,P\n")
    _, refusals = read("nnunet", tmp_path)
    assert set(reasons(refusals)) == {"imagesTr/c1_0000.png", "patients.csv"}
    table.write_text("file,patient_id\nimagesTr/c1_0000.png,P\nimagesTs/c2_0000.png,Q\n")
    _, refusals = read("nnunet", tmp_path)
    assert "such as imagesTs/c2_0000.png" in reasons(refusals)["patients.csv"]


def test_our_own_export_comes_in_as_it_went_out(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    nothing = np.zeros((32, 32), bool)
    films = []
    for name, mask in shapes().items():
        none = np.zeros(mask.shape, bool)
        labels = (drawn("consolidation", mask), drawn("nodule", none), drawn("fibrosis", mask.copy()))
        films.append(labelled(f"{name}.png", *labels, size=mask.shape))
    lesion = nothing.copy()
    lesion[3:6, 3:6] = True
    films.append(
        labelled("unsure.png", drawn("consolidation", lesion), unsure("nodule", lesion), drawn("fibrosis", nothing))
    )
    with written_folder(tmp_path / "Dataset501_Chest") as folder:
        nnunet.write_nnunet(folder, (with_pixels(blobs, one) for one in films), blobs, FINDINGS)
    entries, refusals = read("nnunet", tmp_path / "Dataset501_Chest", FINDINGS)
    assert not refusals
    masks = shapes() | {"unsure": lesion}
    assert len(entries) == len(masks)
    for name, mask in masks.items():
        (entry,) = [one for file, one in entries.items() if Path(file).name.startswith(f"{name.replace(' ', '_')}-")]
        if name == "unsure":
            assert (masks_of(entry), entry.remark) == ({}, VOID)
        elif mask.mean() < 0.9:  # a mask of the whole film is none that our readers take for a lesion
            came = entry.masks(entry.load())
            assert (came["consolidation"] == mask).all()
            assert (came["fibrosis"] == mask).all()
            assert not came["nodule"].any()


def test_vocs_values_are_classes_and_the_rest_is_unknown(tmp_path: Path) -> None:
    image = Image.fromarray(grid(1), "P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 759)
    voc(tmp_path, image)
    entry = only("voc", tmp_path, classes=CLASSES)
    assert (masks_of(entry), entry.classes) == ({"nodule": 2}, ("background", "nodule"))
    entry = only("voc", tmp_path, classes=CLASSES, empty_means="no_lesion")
    assert masks_of(entry) == {"nodule": 2, "pleural_effusion": 0}


def test_several_classes_of_one_finding_add_up(tmp_path: Path) -> None:
    voc(tmp_path, grid(1, 2, 2))
    assert masks_of(only("voc", tmp_path, classes=CLASSES, names={"Effusion": "nodule"})) == {"nodule": 6}
    classes = {"0": "background", "1": "nodule", "2": "nodule"}
    assert masks_of(only("voc", tmp_path, classes=classes)) == {"nodule": 6}


def test_vocs_border_is_what_the_user_says_it_is(tmp_path: Path) -> None:
    voc(tmp_path, grid(1, 255))
    assert "has pixels of 255" in refused("voc", tmp_path, classes=CLASSES)
    entry = only("voc", tmp_path, classes=CLASSES | {"255": "void"}, empty_means="no_lesion")
    assert (masks_of(entry), entry.remark) == ({}, VOID)
    assert masks_of(only("voc", tmp_path, classes=CLASSES | {"255": "background"})) == {"nodule": 2}


def test_colours_are_those_of_the_labelmap(tmp_path: Path) -> None:
    colour = np.zeros((10, 12, 3), np.uint8)
    colour[2, 3:6], colour[5, 5] = (255, 0, 0), (0, 255, 0)
    labelmap = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nnodule:255,0,0::\nEffusion:0,255,0::\n"
    voc(tmp_path, colour, labelmap)
    assert masks_of(only("voc", tmp_path)) == {"nodule": 3, "pleural_effusion": 1}
    voc(tmp_path, colour, labelmap.replace("Effusion:0,255,0", "Effusion:0,254,0"))
    assert "has pixels of #00ff00" in refused("voc", tmp_path)


@pytest.mark.parametrize(
    ("labelmap", "reason"),
    [
        ("", r"no labelmap\.txt"),
        ("nodule", "Line 1"),
        ("nodule:1,2::", "Line 1"),
        ("nodule:1,2,300::", "Line 1"),
        ("nodule:1,2,3::\nmass:1,2,3::", "Line 2"),
        ("nodule:1,2,3::\nnodule:1,2,4::", "Line 2"),
    ],
)
def test_a_labelmap_that_is_none_ends_the_import(tmp_path: Path, labelmap: str, reason: str) -> None:
    voc(tmp_path, grid(1), labelmap)
    with pytest.raises(InvalidInput, match=reason):
        read("voc", tmp_path)


@pytest.mark.parametrize("classes", [{"x": "nodule"}, {"-1": "nodule"}, {"1": 7}, {"1": ""}, {"9" * 5000: "nodule"}])
def test_classes_that_are_none_end_the_import(tmp_path: Path, classes: dict[str, Any]) -> None:
    voc(tmp_path, grid(1))
    with pytest.raises(InvalidInput, match="names a class for each value"):
        read("voc", tmp_path, classes=classes)
    with pytest.raises(InvalidInput, match="no folder other"):
        read("voc", tmp_path, classes=CLASSES, masks="other")
