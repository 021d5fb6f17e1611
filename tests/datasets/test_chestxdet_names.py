"""Which of a project's findings a class of ChestX-Det means, and that a user may say otherwise."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from overread.datasets import READERS
from overread.datasets.reading import Entry

LUNG = [[100, 100], [299, 100], [299, 299], [100, 299]]
BLURRED, MASS = ["Diffuse Nodule"], ["Mass", "Effusion"]


@pytest.mark.parametrize(
    ("findings", "names", "syms", "lesion", "absent"),
    [
        (["nodule", "mass"], {}, MASS, {"mass"}, {"nodule"}),
        (["nodule"], {"mass": "nodule"}, MASS, {"nodule"}, set()),
        (["pleural_effusion"], {"Effusion": ""}, MASS, set(), set()),
        (["nodule", "fibrosis"], {}, BLURRED, set(), {"fibrosis"}),
        (["nodule", "fibrosis"], {"Diffuse Nodule": "nodule"}, BLURRED, {"nodule"}, {"fibrosis"}),
        (["lump"], {"Nodule": "lump"}, BLURRED, set(), set()),
        (["lump"], {"Mass": "lump"}, BLURRED, set(), {"lump"}),
        (["pleural_thickening"], {}, [], set(), {"pleural_thickening"}),
    ],
)
def test_a_class_means_what_it_is_called_or_what_a_user_says(
    tmp_path: Path, findings: list[str], names: dict[str, str], syms: list[str], lesion: set[str], absent: set[str]
) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((64, 64), np.uint8))
    record = {"file_name": "a.png", "syms": syms, "polygons": [LUNG] * len(syms)}
    (tmp_path / "annotations.json").write_text(json.dumps([record]))
    (entry,) = READERS["chestxdet"](tmp_path, findings, names=names)
    assert isinstance(entry, Entry)
    assert entry.classes == tuple(syms)
    masks = entry.masks(entry.load())
    assert {finding for finding, mask in masks.items() if mask.any()} == lesion
    assert {finding for finding, mask in masks.items() if not mask.any()} == absent
