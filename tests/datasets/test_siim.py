"""SIIM's labels under the names that copies give them; none is a refusal, unless it was asked for."""

from pathlib import Path

import numpy as np
import pytest

from overread.datasets.reading import Entry
from overread.domain.errors import InvalidInput, InvalidMask
from tests.datasets.films import dicom
from tests.datasets.readers import found

TABLE = "ImageId, EncodedPixels\n1.2.3, 0 4 2 1\n1.2.4, -1\n1.2.5,-1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in (3, 4, 5, 6):
        (tmp_path / f"1.2.{number}.dcm").write_bytes(dicom(np.full((1024, 1024), number, np.uint8)))
    return tmp_path


def area(entry: Entry) -> int | None:
    masks = entry.masks(entry.load())
    return int(masks["pneumothorax"].sum()) if masks else None


@pytest.mark.parametrize("name", ["train-rle.csv", "stage_2_train.csv", "train-rle-sample.csv", "own.csv"])
def test_labels_are_found_under_each_name(tree: Path, name: str) -> None:
    (tree / name).write_text(TABLE)
    entries, refusals = found("siim", tree, **{"labels": name} if name == "own.csv" else {})
    assert [area(entry) for entry in entries.values()] == [5, 0, 0, None]
    assert not refusals


def test_no_labels_are_a_refusal_unless_asked_for(tree: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no table of labels called train-rle\.csv or stage_2_train\.csv"):
        found("siim", tree)
    with pytest.raises(InvalidInput, match=r"called own\.csv"):
        found("siim", tree, labels="own.csv")
    assert [area(entry) for entry in found("siim", tree, labels="none")[0].values()] == [None] * 4


def test_two_tables_are_not_chosen_from(tree: Path) -> None:
    for name in ("train-rle.csv", "stage_2_train.csv"):
        (tree / name).write_text(TABLE)
    with pytest.raises(InvalidInput, match="Say whose labels count"):
        found("siim", tree)
    assert len(found("siim", tree, labels="stage_2_train.csv")[0]) == 4


@pytest.mark.parametrize("rows", ["1.2.3, -1\n1.2.3, 0 4\n", "1.2.3, \n"])
def test_a_label_that_says_nothing_or_both_is_refused(tree: Path, rows: str) -> None:
    (tree / "train-rle.csv").write_text("ImageId, EncodedPixels\n" + rows)
    entry = found("siim", tree)[0]["1.2.3.dcm"]
    with pytest.raises(InvalidMask):
        entry.masks(entry.load())


def test_a_row_that_is_cut_off_ends_the_import(tree: Path) -> None:
    (tree / "train-rle.csv").write_text(TABLE + "1.2.6\n")
    with pytest.raises(InvalidInput, match=r"Row 5 of train-rle\.csv has another number of values"):
        found("siim", tree)


@pytest.mark.parametrize(
    ("uids", "labelled"),
    [
        (("1.2.3", "1.2.9"), {"a/1.2.3.dcm"}),  # the header says whose label it is
        (("1.2.8", "1.2.9"), set()),
        (("1.2.3", "1.2.3"), set()),  # two films of one UID
        (("1.2.3", "copy"), {"a/1.2.3.dcm", "b/1.2.3.dcm"}),
    ],
)
def test_a_label_goes_to_the_film_of_its_uid_alone(tmp_path: Path, uids: tuple[str, str], labelled: set[str]) -> None:
    first = dicom(np.full((1024, 1024), 1, np.uint8), SOPInstanceUID=uids[0])
    other = dicom(np.full((1024, 1024), 2, np.uint8), SOPInstanceUID=uids[1]) if uids[1] != "copy" else first
    for folder, film in (("a", first), ("b", other)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.2.3.dcm").write_bytes(film)
    (tmp_path / "train-rle.csv").write_text("ImageId, EncodedPixels\n1.2.3, 0 4 2 1\n")
    entries, refusals = found("siim", tmp_path)
    assert {name: area(entry) for name, entry in entries.items()} == dict.fromkeys(labelled, 5)
    assert {one.file_name for one in refusals} == {"a/1.2.3.dcm", "b/1.2.3.dcm"} - labelled
    assert all(one.reason.startswith("several files are called so") for one in refusals)
