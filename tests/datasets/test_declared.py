"""What readers know that a film should show before they read it: patients are drawn into splits by that."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from overread.domain.errors import UnreadableImage
from tests.datasets.films import dicom
from tests.datasets.segs import film, seg
from tests.datasets.sources import FIVE, read, write

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)
LESION = np.eye(8, dtype=np.uint8)
SQUARE = [[0, 0], [0, 512], [512, 512], [512, 0]]


def declared(reader: str, folder: Path, **options: str) -> dict[str, set[str]]:
    entries, _ = read(reader, folder, FIVE, **options)
    return {Path(name).stem: set(entry.declared()) for name, entry in entries.items()}


def test_a_folder_declares_what_it_has_masks_of(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.png", GREY)
    write(tmp_path / "a__nodule.png", LESION)
    write(tmp_path / "masks" / "a__Fibrosis.png", LESION)
    write(tmp_path / "b__lungs.png", LESION)
    write(tmp_path / "b__nodule.png", 0 * LESION)
    assert declared("folder", tmp_path) == {"a": {"nodule", "fibrosis"}, "b": set()}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16", "LA", "RGBA"])
def test_a_folders_black_mask_declares_nothing(tmp_path: Path, mode: str) -> None:
    for name, value in {"black": 0, "lesion": 255}.items():
        write(tmp_path / f"{name}.png", GREY)
        image = Image.fromarray(LESION * value)
        (image if mode == "I;16" else image.convert(mode)).save(tmp_path / f"{name}__nodule.png")
        if mode == "I;16":
            write(tmp_path / f"{name}__nodule.png", LESION.astype(np.uint16) * value)
    told = declared("folder", tmp_path)
    assert told["lesion"] == {"nodule"}
    assert told["black"] == ({"nodule"} if mode in ("LA", "RGBA") else set())  # it may be its transparency that marks


def test_a_mask_that_cannot_be_read_is_told_where_its_film_comes_in(tmp_path: Path) -> None:
    write(tmp_path / "a.png", GREY)
    (tmp_path / "a__nodule.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    entries, _ = read("folder", tmp_path)
    with pytest.raises(UnreadableImage):
        entries["a.png"].declared()


def test_label_maps_declare_the_classes_that_their_pixels_are_of(tmp_path: Path) -> None:
    for name, there in {"a": [1], "b": [0], "c": [1, 2]}.items():
        write(tmp_path / "imagesTr" / f"{name}_0000.png", GREY)
        found = np.zeros((8, 8), np.uint8)
        found[0, : len(there)] = there
        write(tmp_path / "labelsTr" / f"{name}.png", found)
    labels = {"background": 0, "nodule": 1, "Effusion": 2}
    (tmp_path / "dataset.json").write_text(json.dumps({"file_ending": ".png", "labels": labels}))
    told = {"a_0000": {"nodule"}, "b_0000": set[str](), "c_0000": {"nodule", "pleural_effusion"}}
    assert declared("nnunet", tmp_path) == told


def test_tools_declare_what_they_draw_box_or_name(tmp_path: Path) -> None:
    images = "".join(
        f'<image id="{n}" name="{name}.png" width="8" height="8">{told}</image>'
        for n, (name, told) in enumerate(
            {
                "drawn": '<polygon label="nodule" points="1,1;5,1;5,5"/>',
                "boxed": '<box label="fibrosis" xtl="1" ytl="1" xbr="4" ybr="4"/>',
                "named": '<tag label="Effusion"/><tag label="hernia"/>',
                "open": "",
            }.items()
        )
    )
    (tmp_path / "labels.xml").write_text(f"<annotations>{images}</annotations>")
    for name in ("drawn", "boxed", "named", "open"):
        write(tmp_path / f"{name}.png", GREY)
    told = {"drawn": {"nodule"}, "boxed": {"fibrosis"}, "named": {"pleural_effusion"}, "open": set[str]()}
    assert declared("cvat", tmp_path, empty_means="no_lesion") == told


def test_chestxdet_declares_its_records_classes(tmp_path: Path) -> None:
    records = []
    for name, syms in {"a": ["Mass", "Effusion", "Effusion"], "b": ["Diffuse Nodule"], "c": []}.items():
        write(tmp_path / "images" / f"{name}.png", GREY)
        records.append({"file_name": f"{name}.png", "syms": syms, "polygons": [SQUARE] * len(syms)})
    (tmp_path / "annotations.json").write_text(json.dumps(records))
    assert declared("chestxdet", tmp_path) == {"a": {"pleural_effusion"}, "b": set(), "c": set()}


def test_siim_declares_what_a_row_draws(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.dcm").write_bytes(dicom(GREY))
    (tmp_path / "train-rle.csv").write_text("ImageId, EncodedPixels\na, 0 4 2 1\nb, -1\n")
    assert declared("siim", tmp_path) == {"a": {"pneumothorax"}, "b": set(), "c": set()}


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_dicom_segs_declare_the_segments_with_a_frame_that_somebody_drew(tmp_path: Path, kind: str) -> None:
    lesion = np.eye(10, 12, dtype=bool)
    for name, by in {"hand": "MANUAL", "machine": "AUTOMATIC"}.items():
        of = film(len(name))
        (tmp_path / f"{name}.dcm").write_bytes(of)
        (tmp_path / f"{name}.seg").write_bytes(seg(of, {"nodule": lesion, "Effusion": 0 * lesion}, kind, by=by))
    looked_for = {"pleural_effusion"} if kind == "LABELMAP" else set()  # which one frame may hold
    assert declared("dicom-seg", tmp_path) == {"hand": {"nodule"} | looked_for, "machine": set()}


def test_collections_declare_what_is_said_to_be_present(tmp_path: Path) -> None:
    rows = ["00000001_000.png,Nodule|Effusion,1", "00000002_000.png,No Finding,2"]
    (tmp_path / "Data_Entry_2017.csv").write_text("\n".join(["Image Index,Finding Labels,Patient ID", *rows]))
    for number in (1, 2):
        write(tmp_path / f"0000000{number}_000.png", GREY)
    assert declared("nih", tmp_path) == {"00000001_000": {"nodule", "pleural_effusion"}, "00000002_000": set()}


def test_a_phantom_declares_nothing() -> None:
    entries, _ = read("phantom", Path(), count=3, size=32, prevalence=1.0)
    assert [set(entry.declared()) for entry in entries.values()] == [set(), set(), set()]
