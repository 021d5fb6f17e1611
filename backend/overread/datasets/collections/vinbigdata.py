"""VinBigData's chest films (VinDr-CXR): <image id>.dicom, or copies as PNG, and train.csv: a row a box, and whose.

Three radiologists read each film of the training set on their own and marked whatever they saw of its classes (Nguyen
et al., VinDr-CXR, Scientific Data 2022), or "No finding". So a class that a reader of the film did not mark is absent
by that reader. Both are statements, and boxes are boxes: neither is a mask. Boxes lie in the DICOM's own pixels; for
copies of another size train_meta.csv (image_id, dim0: rows, dim1: columns) tells how many those were.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from overread.datasets.collections.collection import (
    PICTURES,
    Labels,
    LeftOut,
    Match,
    Said,
    Table,
    Wrong,
    match_films,
    shown,
    statements,
)
from overread.datasets.files.boxes import SPILL, placed, sides_of
from overread.datasets.files.files import is_dicom, nfc
from overread.datasets.files.names import AS_THEY_ARE, FindingOf, classes_of, naming, plain
from overread.datasets.files.tables import need_table, one_table, read_rows
from overread.datasets.people.people import Person, person_of
from overread.datasets.reading import Box, Entry, Film, Refusal, Statement, need_folder
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage
from overread.domain.words import Says

CLASSES = (
    *("Aortic enlargement", "Atelectasis", "Calcification", "Cardiomegaly", "Consolidation", "ILD", "Infiltration"),
    *("Lung Opacity", "Nodule/Mass", "Other lesion", "Pleural effusion", "Pleural thickening", "Pneumothorax"),
    "Pulmonary fibrosis",
)
NOTHING = "no_finding"
SIDES = ("x_min", "y_min", "x_max", "y_max")
COLUMNS = ("image_id", "class_name", "rad_id", *SIDES)
LONGEST_ID = 64  # letters of a reader's id
Frame = tuple[float, float]  # height, width
Frames = Table[Frame]


@dataclass
class _Reads:
    """What a table says of one film: the classes that each reader marked, the boxes, and what is wrong with it."""

    marked: dict[str, set[str]] = field(default_factory=dict)
    boxes: dict[Box, None] = field(default_factory=dict)  # each once
    wrong: str = ""


def read_vinbigdata(
    path: Path | None,
    findings: list[str],
    *,
    labels: str = "",
    names: dict[str, str] = AS_THEY_ARE,
    missing: int = 1000,
) -> Iterator[Entry | Refusal]:
    """The films that the table ``labels`` names (by default train.csv). ``names``: class to finding, "" for none."""
    folder = need_folder(path)
    table = need_table(folder, "labels", labels, "train.csv")
    films, finding_of = Table[Said | LeftOut](table.name), naming(findings, names)
    classes = classes_of(CLASSES, names, partial(_words, table))
    reads = _read_boxes(table, classes, finding_of)
    for image, found in reads.items():
        labels_of = Labels(_marked(found), _statements(found, [*classes.values()], finding_of))
        films.words[image] = Wrong(found.wrong) if found.wrong else Said(Person(), labels_of)
    meta = one_table(folder, "", "", "train_meta.csv")
    frames = _read_frames(meta) if meta is not None else Frames("train_meta.csv")
    for one in match_films(folder, films, lambda file: nfc(file.stem), missing, {*PICTURES, ".dicom", ".dcm"}):
        yield _entry(one, reads[one.key], frames.words.get(one.key)) if isinstance(one, Match) else one


def _entry(one: Match, found: _Reads, frame: Frame | Wrong | None) -> Entry | Refusal:
    try:
        whose = person_of(one.file)
    except UnreadableImage as error:
        return Refusal(one.name, error.detail)
    return one.entry(boxes=_Boxes([*found.boxes], frame, is_dicom(one.file)), whose=whose)


def _words(path: Path) -> set[str]:
    """What the table's rows call classes."""
    names = {row["class_name"] for _, row in read_rows(path, COLUMNS)}
    return {name for name in names if plain(name) != NOTHING}


def _read_boxes(path: Path, classes: Mapping[str, str], finding_of: FindingOf) -> dict[str, _Reads]:
    reads: dict[str, _Reads] = {}
    for number, row in read_rows(path, COLUMNS):
        if not (image := nfc(row["image_id"])):
            raise InvalidInput(f"Row {number} of {path.name} names no film.")
        found, name, reader = reads.setdefault(image, _Reads()), plain(row["class_name"]), row["rad_id"]
        marked = found.marked.setdefault(reader, set())
        told = [row[side] for side in SIDES]
        sides = sides_of(*told)
        if not reader or len(reader) > LONGEST_ID:
            found.wrong = f"row {number} of {path.name} says no reader of it"
        elif name == NOTHING:
            found.wrong = f"row {number} of {path.name} has a box of No finding" if any(told) else found.wrong
            marked.add(name)
        elif name not in classes:
            found.wrong = f"its class is {shown(row['class_name'])!r}, none of VinBigData; say in names what it is"
        elif sides is None:
            found.wrong = f"row {number} of {path.name} is no box"
        else:
            marked.add(classes[name])
            if (finding := finding_of(classes[name])) is not None:
                found.boxes[Box(finding, *sides, reader)] = None
        if NOTHING in marked and len(marked) > 1:
            found.wrong = f"{reader} says No finding of it, and marks {min(marked - {NOTHING})}"
    return reads


def _marked(found: _Reads) -> tuple[str, ...]:
    return tuple(sorted(set().union(*found.marked.values()) - {NOTHING}))


def _statements(found: _Reads, classes: Sequence[str], finding_of: FindingOf) -> tuple[Statement, ...]:
    told: list[Statement] = []
    for reader, marked in found.marked.items():
        said: dict[str, Says | None] = {name: "present" if name in marked else "absent" for name in classes}
        told += statements(said, finding_of, reader)
    return tuple(told)


def _read_frames(path: Path) -> Frames:
    frames = Frames(path.name)
    for number, row in read_rows(path, ("image_id", "dim0", "dim1")):
        size = [row["dim0"], row["dim1"]]
        known = all(re.fullmatch(r"[1-9][0-9]{0,5}(\.0+)?", one) for one in size)
        frame = (float(size[0]), float(size[1])) if known else Wrong(f"{path.name} has no size of it")
        frames.put(nfc(row["image_id"]), number, frame)
    return frames


class _Boxes:
    """The boxes of one film, placed when asked: by its own pixels if it is the DICOM, else by the ``frame`` of that."""

    def __init__(self, boxes: Sequence[Box], frame: Frame | Wrong | None, original: bool) -> None:
        self._boxes, self._frame, self._original = boxes, frame, original

    def __call__(self, film: Film) -> Sequence[Box]:
        if not self._boxes:
            return ()
        height, width = film.pixels.shape
        frame = (float(height), float(width)) if self._original else self._frame
        if isinstance(frame, Wrong):
            raise InvalidMask(frame.reason)
        if frame is None:
            raise InvalidMask(
                "its boxes lie in the pixels of its DICOM, which this is not: put train_meta.csv (image_id, dim0, "
                "dim1) beside the labels, or import the DICOM"
            )
        return [placed(box, frame, film, SPILL) for box in self._boxes]
