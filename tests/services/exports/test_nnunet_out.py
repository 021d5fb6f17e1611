"""A data set of nnU-Net as nnU-Net looks at it, with the weights of its labels beside."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from overread.datasets import READERS
from overread.datasets.reading import Entry, Refusal
from overread.domain.words import ExportSplit
from overread.services.exports import nnunet
from overread.services.exports.folder import written_folder
from overread.services.exports.labels import LabelledFilm
from overread.storage import BlobStore
from tests.exporting import drawn, labelled, unsure, with_pixels

FINDINGS = ["consolidation", "nodule", "fibrosis"]


def grey(path: Path) -> NDArray[np.uint16]:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found, np.uint16)


def test_nnunet_as_its_own_check_looks_at_it(tmp_path: Path) -> None:
    """What ``verify_dataset_integrity`` asks, written again from what it says."""
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    lesion, other = np.zeros((32, 32), bool), np.zeros((32, 32), bool)
    lesion[2:9, 2:9] = other[6:12, 6:12] = True
    nothing = np.zeros((32, 32), bool)
    films = [
        labelled("both.png", drawn("consolidation", lesion), drawn("nodule", other), drawn("fibrosis", nothing)),
        labelled("none.png", *(drawn(finding, nothing) for finding in FINDINGS)),
        labelled("unsure.png", drawn("consolidation", lesion), unsure("nodule", other), drawn("fibrosis", nothing)),
        labelled("untold.png", drawn("consolidation", lesion), unsure("nodule"), drawn("fibrosis", nothing)),
        labelled("unseen.png", drawn("consolidation", lesion)),
        labelled("held.png", *(drawn(finding, nothing) for finding in FINDINGS), split="holdout"),
    ]
    with written_folder(tmp_path / "Dataset501_Chest") as folder:
        nnunet.write_nnunet(folder, (with_pixels(blobs, one) for one in films), blobs, FINDINGS)
    told = json.loads((tmp_path / "Dataset501_Chest" / "dataset.json").read_text())
    maps = {path.name[:4]: path for path in (tmp_path / "Dataset501_Chest" / "labelsTr").iterdir()}
    assert sorted(maps) == ["both", "none", "unsu"]
    assert told["numTraining"] == 3
    assert told["overread"] == {"films_in_imagesTs": 1, "films_left_out": 2}
    values = {name: grey(path) for name, path in maps.items()}
    every = sorted({value for one in told["labels"].values() for value in (one if isinstance(one, list) else [one])})
    assert every == list(range(told["labels"]["ignore"] + 1))  # one after the other, and the last is ignored
    assert told["regions_class_order"] == [1, 2, 4]
    for name, path in maps.items():
        image = grey(path.parent.parent / "imagesTr" / f"{path.stem}_0000.png")
        assert image.shape == values[name].shape
        assert set(np.unique(values[name])) <= set(every)
    lines = [json.loads(line) for line in (tmp_path / "Dataset501_Chest" / "labels.jsonl").read_text().splitlines()]
    weights = {(line["stem"], line["finding"]): line["machine"]["weight"] for line in lines if line["machine"]}
    assert {stem for stem, _ in weights} == {path.stem for path in (tmp_path / "Dataset501_Chest").glob("labelsT?/*")}
    assert set(weights.values()) == {0.7}
    for finding, mask in (("consolidation", lesion), ("nodule", other), ("fibrosis", nothing)):
        assert (np.isin(values["both"], told["labels"][finding]) == mask).all()
    assert not values["none"].any()
    assert (np.isin(values["unsu"], told["labels"]["consolidation"]) == (lesion & ~other)).all()
    assert ((values["unsu"] == told["labels"]["ignore"]) == other).all()


def test_eight_findings_need_sixteen_bits() -> None:
    names = [f"f{n}" for n in range(8)]
    values = nnunet.label_map(labelled("a.png", *(unsure(name, np.eye(32, dtype=bool)) for name in names)), names)
    assert values is not None
    assert (values.dtype, int(values.max())) == (np.uint16, 256)


EVERY_SPLIT: tuple[ExportSplit, ...] = ("train", "pool", "development", "external", "holdout")


def out(folder: Path, *splits: ExportSplit) -> Path:
    """A data set of a film of each split, called after it, on which nothing is."""
    blobs = BlobStore(folder / "blobs", reserve=0)
    nothing = [drawn(finding, np.zeros((32, 32), bool)) for finding in FINDINGS]
    films: list[LabelledFilm] = [labelled(f"{split}.png", *nothing, split=split) for split in splits]
    with written_folder(folder / "set") as to:
        nnunet.write_nnunet(to, (with_pixels(blobs, one) for one in films), blobs, FINDINGS)
    return folder / "set"


@pytest.mark.parametrize(
    ("part", "splits"),
    [
        ("Tr", {"train": "train", "pool": None, "development": "development"}),
        ("Ts", {"external": "external", "holdout": "external"}),
    ],
)
def test_patients_and_their_splits_come_in_again(tmp_path: Path, part: str, splits: dict[str, str | None]) -> None:
    found = list(READERS["nnunet"](out(tmp_path, *EVERY_SPLIT), FINDINGS, part=part))
    assert not [one for one in found if isinstance(one, Refusal)]  # the table's rows of the other part neither
    came = {Path(one.file_name).name.split("-")[0]: one for one in found if isinstance(one, Entry)}
    assert {name: one.split for name, one in came.items()} == splits
    assert {name: one.patient for name, one in came.items()} == {name: f"p {name}.png" for name in splits}


def test_nnunet_validates_on_development_alone(tmp_path: Path) -> None:
    folder = out(tmp_path, *EVERY_SPLIT)
    (fold,) = json.loads((folder / "splits_final.json").read_text())
    assert {side: [case.split("-")[0] for case in cases] for side, cases in fold.items()} == {
        "train": ["train", "pool"], "val": ["development"],
    }  # fmt: skip
    cases = {path.stem for path in (folder / "labelsTr").iterdir()}
    assert {*fold["train"], *fold["val"]} == cases


@pytest.mark.parametrize("splits", [("train", "pool", "holdout"), ("development", "external")])
def test_without_films_on_both_sides_there_is_no_fold(tmp_path: Path, splits: tuple[ExportSplit, ...]) -> None:
    assert not (out(tmp_path, *splits) / "splits_final.json").exists()
