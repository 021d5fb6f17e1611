"""How folders lie: no mask becomes a film, each finds its film or a sentence, and no film is called clear by guess."""

from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import InvalidMask
from tests.datasets.films import dicom, png
from tests.datasets.sources import FIVE, masks_of, read, reasons, write

MASK = np.zeros((8, 8), np.uint8)
MASK[2:4, 2:5] = 255
TAKEN = "its mask names no finding and is taken for nodule, this project's only one"
LETTER, MARK = "M\u00fcller_\u00e9cran", "Mu\u0308ller_e\u0301cran"
UNKNOWN = "unknown, not absent, since masks were refused: "


def lay(folder: Path, *names: str) -> None:
    """Films, each with its own pixels, and a mask wherever a name has the word or two underscores."""
    for number, name in enumerate(names):
        write(folder / name, MASK if "mask" in name.lower() or "__" in name else np.full((8, 8), number, np.uint8))


LAYOUTS = {
    "images, masks, same stem": ("images/x.png", "masks/x.png"),
    "x_mask in masks": ("CXR_png/x.png", "masks/x_mask.png"),
    "x_mask beside": ("x.png", "x_mask.png"),
    "mask_x beside": ("x.png", "mask_x.png"),
    "masks in another case": ("images/x.png", "Masks/x.png"),
    "within a split": ("train/images/x.png", "train/masks/x.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_mask_that_names_no_finding_is_of_the_only_one_and_that_is_said(tmp_path: Path, layout: str) -> None:
    lay(tmp_path, *LAYOUTS[layout])
    entries, refusals = read("folder", tmp_path, ["nodule"])
    assert (list(entries), refusals) == ([LAYOUTS[layout][0]], [])
    assert masks_of(entries[LAYOUTS[layout][0]]) == {"nodule": 6}
    assert entries[LAYOUTS[layout][0]].remark == TAKEN


@pytest.mark.parametrize("layout", LAYOUTS)
def test_among_several_findings_it_is_refused_by_name(tmp_path: Path, layout: str) -> None:
    film, mask = LAYOUTS[layout]
    lay(tmp_path, film, mask)
    entries, refusals = read("folder", tmp_path)
    assert (list(entries), masks_of(entries[film])) == ([film], {})
    assert reasons(refusals) == {
        mask: "it names no finding: call it x__consolidation.png, after its film and its finding, or import it into a "
        "project of one finding"
    }


def test_names_of_both_kinds_are_understood_together(tmp_path: Path) -> None:
    lay(tmp_path, "images/x.png", "masks/x__nodule.png", "masks/x__fibrosis_mask.png", "masks/x_mask__pneumothorax.png")
    entries, refusals = read("folder", tmp_path)
    assert refusals == []
    assert [f for f, area in masks_of(entries["images/x.png"]).items() if area] == [
        "pneumothorax",
        "fibrosis",
        "nodule",
    ]


def test_splits_of_one_folder_keep_their_namesakes_apart(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{split}/{kind}/x.png" for split in ("train", "test") for kind in ("images", "masks")))
    write(tmp_path / "test" / "masks" / "x.png", MASK.T)
    entries, refusals = read("folder", tmp_path, ["nodule"])
    drawn = {name: entry.masks(entry.load())["nodule"] for name, entry in entries.items()}
    assert refusals == []
    assert np.array_equal(drawn["train/images/x.png"], MASK > 0)
    assert np.array_equal(drawn["test/images/x.png"], MASK.T > 0)


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("x.png", "x.jpg", "x__nodule.png"), ["x.jpg", "x.png"]),
        (("a/x.png", "b/masks/x__nodule.png", "c/masks/x__fibrosis.png"), ["a/x.png"]),
        (("a/x.png", "b/x.png", "masks/x__nodule.png"), ["a/x.png", "b/x.png"]),
    ],
)
def test_a_film_whose_masks_may_be_anothers_is_refused(
    tmp_path: Path, names: tuple[str, ...], refused: list[str]
) -> None:
    lay(tmp_path, *names, "y.png")
    entries, refusals = read("folder", tmp_path)
    assert (list(entries), sorted(reasons(refusals))) == (["y.png"], refused)


@pytest.mark.parametrize(
    ("stray", "reason"),
    [
        ("masks/c__nodule.png", "labels the image c, which is missing"),
        ("c_mask.png", "it names no finding: call it c__consolidation.png"),
        ("mask.png", "it names no finding"),
        ("lung masks/b.png", "it lies in lung masks: if these are the masks, say so"),
        ("masks/lungs/b.png", "it names no finding"),
    ],
)  # fmt: skip
def test_where_a_mask_was_refused_its_finding_is_unknown_and_not_absent(
    tmp_path: Path, stray: str, reason: str
) -> None:
    lay(tmp_path, "a.png", "b.png", "masks/a__nodule.png", stray)
    entries, refusals = read("folder", tmp_path, empty_means="no_lesion")
    assert reasons(refusals)[stray].startswith(reason)
    named = ["nodule"] if "nodule" in stray else FIVE
    assert masks_of(entries["b.png"]) == {finding: 0 for finding in FIVE if finding not in named}
    assert entries["b.png"].remark == UNKNOWN + ", ".join(named)
    assert masks_of(entries["a.png"])["nodule"] == 6


def test_masks_that_label_nothing_at_all_make_no_film_clear(tmp_path: Path) -> None:
    lay(tmp_path, "a.png", "masks/b__nodule.png")
    entries, refusals = read("folder", tmp_path)
    assert (masks_of(entries["a.png"]), list(reasons(refusals))) == ({}, ["masks/b__nodule.png"])


@pytest.mark.parametrize(("film", "other"), [(LETTER, MARK), (MARK, LETTER)], ids=["NFC", "NFD"])
def test_names_are_the_same_however_a_system_stores_their_accents(tmp_path: Path, film: str, other: str) -> None:
    lay(tmp_path, f"{film}.png", f"masks/{other}__nodule.png")
    (tmp_path / "patients.csv").write_text(f"file,patient_id\n{other}.png,M\n")
    entries, refusals = read("folder", tmp_path)
    (entry,) = entries.values()
    assert (masks_of(entry)["nodule"], entry.patient, refusals) == (6, "M", [])


def test_annotations_name_films_however_their_accents_are_stored(tmp_path: Path) -> None:
    lay(tmp_path, f"images/{MARK}.png")
    (tmp_path / "annotations.json").write_text(f'[{{"file_name": "{LETTER}.png", "syms": [], "polygons": []}}]')
    entries, refusals = read("chestxdet", tmp_path)
    assert (list(entries), refusals) == ([f"{MARK}.png"], [])


def test_what_systems_leave_behind_is_no_mask(tmp_path: Path) -> None:
    lay(tmp_path, "a.png", "b.png", "masks/a__nodule.png", "masks/._a__nodule.png", ".hidden/c.png")
    (tmp_path / "masks" / "Thumbs.db").write_bytes(b"?")
    entries, refusals = read("folder", tmp_path)
    assert masks_of(entries["b.png"]) == dict.fromkeys(FIVE, 0)
    assert reasons(refusals) == dict.fromkeys(
        [".hidden", "masks/._a__nodule.png", "masks/Thumbs.db"], "it is hidden, and not read"
    )


@pytest.mark.parametrize("reader", ["folder", "chestxdet"])
def test_linked_folders_are_read(tmp_path: Path, reader: str) -> None:
    lay(tmp_path / "elsewhere", "a.png")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "images").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "source" / "annotations.json").write_text('[{"file_name": "a.png", "syms": [], "polygons": []}]')
    entries, refusals = read(reader, tmp_path / "source")
    assert (list(entries), refusals) == (["images/a.png" if reader == "folder" else "a.png"], [])


def test_links_never_lead_in_circles_or_out_to_what_lies_around(tmp_path: Path) -> None:
    lay(tmp_path / "source", "ward/a.png")
    for name, goal in {"again": "source/ward", "loop": "source", "ward/up": "source", "out": ".", "root": "/"}.items():
        (tmp_path / "source" / name).symlink_to(tmp_path / goal)
    entries, refusals = read("folder", tmp_path / "source")
    assert list(entries) == ["ward/a.png"]
    reason = "it leads to a folder that is read already, or to one around this source"
    assert reasons(refusals) == dict.fromkeys(["again", "loop", "out", "root", "ward/up"], reason)


def test_a_mask_whose_film_is_missing_goes_to_no_other_folders_film(tmp_path: Path) -> None:
    lay(tmp_path, "p1/2.png", "p1/masks/1__nodule.png", "p2/1.png")
    entries, refusals = read("folder", tmp_path)
    assert reasons(refusals) == {"p1/masks/1__nodule.png": "labels the image 1, which is missing"}
    assert "nodule" not in masks_of(entries["p2/1.png"])


@pytest.mark.parametrize("hidden", [".masks/y__nodule.png", ".y__nodule.png", "labels/y.png", "Segmentations/y.png"])
def test_masks_that_are_not_read_leave_no_film_clear(tmp_path: Path, hidden: str) -> None:
    lay(tmp_path, "a/x.png", "a/masks/x__nodule.png", "b/y.png", f"b/{hidden}")
    entries, refusals = read("folder", tmp_path)
    assert len(refusals) == 1
    assert masks_of(entries["b/y.png"]) == {}
    assert masks_of(entries["a/x.png"]) == {"nodule": 6}


def test_what_a_system_left_behind_makes_no_film_unknown(tmp_path: Path) -> None:
    lay(tmp_path, "x.png", "x__nodule.png", "y.png", "._x__nodule.png")
    (tmp_path / ".DS_Store").touch()
    entries, _ = read("folder", tmp_path)
    assert masks_of(entries["y.png"])["nodule"] == 0


@pytest.mark.parametrize(
    ("film", "masks"),
    [
        ("images/x.png", ("nodule/x.png", "Pleural Effusion/x.png")),
        ("x.png", ("nodule/x.png", "effusion/x.png")),
        ("train/images/a/x.png", ("train/nodule/x.png", "train/pleural_effusion/x.png")),
    ],
)
def test_a_folder_that_is_called_like_a_finding_holds_its_masks(
    tmp_path: Path, film: str, masks: tuple[str, str]
) -> None:
    write(tmp_path / film, np.full((8, 8), 1, np.uint8))
    write(tmp_path / film.replace("x", "y"), np.full((8, 8), 2, np.uint8))
    for mask in masks:
        write(tmp_path / mask, MASK)
    entries, refusals = read("folder", tmp_path)
    assert refusals == []
    assert list(entries) == [film, film.replace("x", "y")]
    both = dict.fromkeys(FIVE, 0) | {"nodule": 6, "pleural_effusion": 6}
    assert [masks_of(entry) for entry in entries.values()] == [both, dict.fromkeys(FIVE, 0)]


def test_a_mask_there_whose_film_is_missing_leaves_its_finding_unknown(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "images" / f"{number}.png", np.full((8, 8), number, np.uint8))
    for name in ("0", "1", "gone"):
        write(tmp_path / "nodule" / f"{name}.png", MASK)
    entries, refusals = read("folder", tmp_path)
    assert reasons(refusals) == {"nodule/gone.png": "labels the image gone, which is missing"}
    assert "nodule" not in masks_of(entries["images/2.png"])
    assert masks_of(entries["images/0.png"])["nodule"] == 6


GREYS = np.arange(64, dtype=np.uint8).reshape(8, 8)


def test_films_that_are_sorted_by_what_they_show_stay_films(tmp_path: Path) -> None:
    write(tmp_path / "normal" / "x.png", GREYS)
    write(tmp_path / "nodule" / "y.png", GREYS + 100)
    entries, refusals = read("folder", tmp_path)
    assert (sorted(entries), refusals) == (["nodule/y.png", "normal/x.png"], [])
    assert all(masks_of(entry) == {} for entry in entries.values())


def test_a_disc_is_read_by_what_its_files_are(tmp_path: Path) -> None:
    """Beside a DICOMDIR lie DICOM files without an ending; archives name them by UIDs, whose last number is none."""
    film = np.arange(64, dtype=np.uint8).reshape(8, 8)
    names = ["DICOM/IM000001", "DICOM/SE01/IM000002", "1.2.840.113", "1.2.840.114", "film.ima", "1.2.840.115.dcm"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(dicom(film))
    (tmp_path / "DICOMDIR").write_bytes(dicom(film))
    for name in ("autorun", "1.2.840.999", "viewer.exe"):
        (tmp_path / name).write_bytes(b"MZ" + bytes(200))
    for name in ("1.2.840.114__nodule.png", "IM000001__nodule.png"):
        (tmp_path / name).write_bytes(png(np.eye(8, dtype=np.uint8)))
    entries, refusals = read("folder", tmp_path)
    assert sorted(entries) == sorted(names)
    assert {entry.patient for entry in entries.values()} == {"P-7"}
    assert all(np.array_equal(entry.load().pixels, film) for entry in entries.values())
    told = {name: masks_of(entry).get("nodule") for name, entry in entries.items()}
    assert told == dict.fromkeys(names, 0) | {"1.2.840.114": 8, "DICOM/IM000001": 8}
    assert reasons(refusals) == {
        "DICOMDIR": "it lists what is on a disc, and is no film; the films are read",
        "autorun": "a file without an ending is not read; PNG, JPEG, TIFF, BMP and DICOM are",
        "1.2.840.999": ".999 is not read; PNG, JPEG, TIFF, BMP and DICOM are",
        "viewer.exe": ".exe is not read; PNG, JPEG, TIFF, BMP and DICOM are",
    }


@pytest.mark.parametrize("name", ["Nodule", "NODULE", "Lung Nodule", "lung_nodule"])
@pytest.mark.parametrize("place", ["", "masks/"])
def test_a_masks_finding_may_be_called_by_another_word(tmp_path: Path, name: str, place: str) -> None:
    lay(tmp_path, "a.png", "b.png", f"{place}a__{name}.png")
    entries, refusals = read("folder", tmp_path)
    assert (list(entries), refusals) == (["a.png", "b.png"], [])
    assert masks_of(entries["a.png"]) == dict.fromkeys(FIVE, 0) | {"nodule": 6}
    assert masks_of(entries["b.png"]) == dict.fromkeys(FIVE, 0)


def test_one_finding_in_two_words_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "a.png", "b.png", "a__Nodule.png", "a__nodule.png")
    entries, refusals = read("folder", tmp_path)
    assert reasons(refusals) == dict.fromkeys(["a__Nodule.png", "a__nodule.png"], "one of 2 nodule masks of a")
    assert all("nodule" not in masks_of(entry) for entry in entries.values())


@pytest.mark.parametrize("mask", ["masks/a__lungs.png", "a__heart.png"])
def test_masks_of_no_finding_of_the_project_make_no_film_clear(tmp_path: Path, mask: str) -> None:
    lay(tmp_path, "a.png", "b.png", mask)
    entries, _ = read("folder", tmp_path)
    assert masks_of(entries["b.png"]) == {}
    with pytest.raises(InvalidMask, match="mask for unknown finding"):
        masks_of(entries["a.png"])
