"""Folders that are called like a finding: what may be a mask there never becomes a film, nor its film clear."""

from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import InvalidMask
from tests.datasets.sources import FIVE, masks_of, read, reasons, write

GREYS = np.arange(64, dtype=np.uint8).reshape(8, 8)
MASK = np.zeros((8, 8), np.uint8)
MASK[2:4, 2:5] = 255
SMOOTH = MASK.copy()
SMOOTH[4, 2:5] = 100
DOUBT = (
    "it may be a mask of nodule or a film: call a mask x__nodule.png, after its film x, and a film as no other film is "
    "called"
)


def lay_films(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        write(folder / name, GREYS + number)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("nodule/{}_nodule.png", MASK),
        ("nodule/{} Lung Nodule.png", SMOOTH),
        ("nodule/{}.png", SMOOTH),
        ("nodule/{}.jpg", MASK),
        ("nodule/train/{}.png", MASK),
        ("Nodule/of {}.png", MASK),
        ("Nodule/of {}.png", MASK // 2 + 100),
        ("Nodule/of {}.png", np.dstack([MASK, MASK // 2, MASK])),
        ("truth/nodule/{}.png", SMOOTH),
    ],
)
def test_what_may_be_a_mask_is_refused_and_its_finding_unknown(tmp_path: Path, name: str, mask: np.ndarray) -> None:
    films = ["images/0.png", "images/train/1.png", "images/2.png"]
    lay_films(tmp_path, *films)
    for number in range(2):
        write(tmp_path / name.format(number), mask)
    for number in (0, 2):
        write(tmp_path / "Effusion" / f"{number}.png", MASK)
    entries, refusals = read("folder", tmp_path)
    assert sorted(entries) == sorted(films)
    assert reasons(refusals) == {name.format(number): DOUBT for number in range(2)}
    assert masks_of(entries["images/0.png"]) == {
        "pleural_effusion": 6, "consolidation": 0, "pneumothorax": 0, "fibrosis": 0
    }  # fmt: skip
    unknown = "unknown, not absent, since masks were refused: nodule"
    assert [entries[film].remark for film in films] == [unknown] * 3


def test_one_smoothed_mask_makes_no_film_of_the_others(tmp_path: Path) -> None:
    lay_films(tmp_path, "images/0.png", "images/1.png", "images/2.png")
    for number, mask in enumerate((SMOOTH, MASK)):
        write(tmp_path / "nodule" / f"{number}.png", mask)
    entries, refusals = read("folder", tmp_path)
    assert (sorted(entries), refusals) == (["images/0.png", "images/1.png", "images/2.png"], [])
    assert masks_of(entries["images/1.png"])["nodule"] == 6
    with pytest.raises(InvalidMask, match=r"0\.png: it has 3 values, and a mask has two"):
        masks_of(entries["images/0.png"])


def test_masks_of_films_that_are_elsewhere_are_refused_and_the_others_read(tmp_path: Path) -> None:
    lay_films(tmp_path, "images/0.png", "images/1.png", "images/other.png")
    for number in range(5):
        write(tmp_path / "nodule" / f"{number}.png", MASK)
    entries, refusals = read("folder", tmp_path)
    assert sorted(entries) == ["images/0.png", "images/1.png", "images/other.png"]
    assert list(reasons(refusals)) == [f"nodule/{number}.png" for number in (2, 3, 4)]
    assert masks_of(entries["images/1.png"])["nodule"] == 6
    assert "nodule" not in masks_of(entries["images/other.png"])


def test_a_film_that_is_sorted_by_what_it_shows_and_called_like_another_is_refused(tmp_path: Path) -> None:
    lay_films(tmp_path, "normal/x.png", "nodule/x.png")
    entries, refusals = read("folder", tmp_path)
    assert (list(entries), reasons(refusals)) == (["normal/x.png"], {"nodule/x.png": DOUBT})


def test_within_films_that_are_sorted_so_a_folder_of_masks_is_one(tmp_path: Path) -> None:
    lay_films(tmp_path, "Effusion/images/x.png", "Effusion/images/y.png")
    write(tmp_path / "Effusion" / "nodule" / "x.png", MASK)
    entries, refusals = read("folder", tmp_path)
    assert (list(entries), refusals) == (["Effusion/images/x.png", "Effusion/images/y.png"], [])
    assert masks_of(entries["Effusion/images/x.png"]) == dict.fromkeys(FIVE, 0) | {"nodule": 6}
