"""NIH ChestX-ray14: PNG files anywhere below the folder, Data_Entry_2017*.csv, and BBox_List_2017.csv if it is there.

A program took the labels from reports (Wang et al., CVPR 2017): a class that a row names it calls present, each other
one of the fourteen absent. Nobody has reviewed that, so both are statements and never masks. Boxes, on some 900
films, lie in a frame of 1024 pixels; their table writes Infiltrate for Infiltration, and its header has three fields
more than its rows. Commas in headers are not quoted: [x,y] is two columns, as it is two values.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from overread.datasets.collections.collection import (
    Labels,
    LeftOut,
    Match,
    Said,
    Table,
    Wrong,
    match_films,
    person,
    shown,
    statements,
    unmatched,
)
from overread.datasets.files.boxes import placed, sides_of
from overread.datasets.files.files import nfc, parse_age
from overread.datasets.files.names import AS_THEY_ARE, FindingOf, classes_of, naming, plain
from overread.datasets.files.tables import need_table, one_table, read_names, read_rows
from overread.datasets.reading import Box, Entry, Film, Refusal, need_folder
from overread.domain.errors import InvalidMask
from overread.domain.words import Says

FRAME = (1024.0, 1024.0)
CLASSES = (
    *("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia"),
    *("Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax"),
)
COLUMNS = ("image index", "finding labels", "patient id")
ABOUT = ("patient age", "patient gender", "view position")
NOTHING = "no_finding"
ONLY_BOXED = "Infiltrate"
BOXED = (*CLASSES, ONLY_BOXED)
SIDES = ("bbox [x", "y", "w", "h]")
Films = Table[Said | LeftOut]
Drawn = dict[str, dict[Box, None]]  # by film the boxes in their frame, each once


def read_nih(
    path: Path | None,
    findings: list[str],
    *,
    labels: str = "",
    list: str = "",
    names: dict[str, str] = AS_THEY_ARE,
    missing: int = 1000,
) -> Iterator[Entry | Refusal]:
    """The films that the table ``labels`` names (by default the Data_Entry_2017*.csv that there is), of these those
    that ``list`` names (train_val_list.txt, test_list.txt) where one is given. ``names``: class to finding, "" for
    none."""
    folder = need_folder(path)
    table, finding_of = need_table(folder, "labels", labels, "Data_Entry_2017*.csv"), naming(findings, names)
    classes = classes_of(BOXED, names, partial(_words, table))
    films = _read_labels(table, {key: name for key, name in classes.items() if name != ONLY_BOXED}, finding_of)
    drawn: Drawn = {}
    if (boxes := one_table(folder, "", "", "BBox_List_2017.csv")) is not None:
        drawn = _read_boxes(boxes, classes, finding_of, films)
        yield from unmatched(boxes.name, drawn.keys() - films.words.keys(), f"have no row in {films.name}")
    if list:
        wanted = {_stem(name) for name in read_names(need_table(folder, "list", list))}
        yield from unmatched(list, wanted - films.words.keys(), f"have no row in {films.name}")
        for key in films.words.keys() - wanted:
            films.words[key] = LeftOut(f"films that are here are not in {list}")
    for one in match_films(folder, films, lambda file: nfc(file.stem), missing):
        yield one.entry(boxes=_Boxes([*drawn.get(one.key, ())])) if isinstance(one, Match) else one


def _stem(name: str) -> str:
    return nfc(Path(name).stem)


def _words(path: Path) -> set[str]:
    """What the table's rows call classes."""
    labels = {row["finding labels"] for _, row in read_rows(path, COLUMNS, ABOUT)}
    return {name for text in labels for name in text.split("|") if plain(name) != NOTHING}


def _read_labels(path: Path, classes: Mapping[str, str], finding_of: FindingOf) -> Films:
    films, labels_of = Films(path.name), _labels(classes, finding_of)
    told: dict[str, Labels | Wrong] = {}  # the same labels stand in many rows
    for number, row in read_rows(path, COLUMNS, ABOUT):
        key, text = _stem(row["image index"]), row["finding labels"]
        labels = told[text] if text in told else told.setdefault(text, labels_of(text))
        patient = _patient(key, row["patient id"])
        age, sex, view = (row.get(name, "") for name in ABOUT)
        if isinstance(labels, Wrong):
            films.put(key, number, labels)
        elif isinstance(patient, Wrong):
            films.put(key, number, patient)
        else:
            films.put(key, number, Said(person(patient, sex, parse_age(age), view), labels))
    return films


def _labels(classes: Mapping[str, str], finding_of: FindingOf) -> Callable[[str], Labels | Wrong]:
    """Tells what the labels of a row, between |, name and say."""

    def labels_of(text: str) -> Labels | Wrong:
        named = {plain(name): name.strip() for name in text.split("|")}
        if strange := [name for key, name in named.items() if key not in classes and key != NOTHING]:
            return Wrong(f"its label is {shown(strange[0])!r}, no class of ChestX-ray14; say in names what it is")
        here = tuple(one for key, one in classes.items() if key in named)
        if NOTHING in named and here:
            return Wrong(f"its labels are No Finding and {here[0]}")
        said: dict[str, Says | None] = {one: "present" if one in here else "absent" for one in classes.values()}
        return Labels(here, statements(said, finding_of))

    return labels_of


def _patient(film: str, text: str) -> str | Wrong:
    """Eight digits, as films are called after them: 00000001_000 is patient 1's."""
    if not (told := re.fullmatch(r"([0-9]{1,8})(\.0+)?", text)):
        return Wrong(f"its patient is {shown(text)!r}, no number")
    patient = told[1].zfill(8)
    named = re.fullmatch(r"([0-9]{8})_[0-9]{3}", film)
    if named and named[1] != patient:
        return Wrong(f"its patient is {patient}, and its name says {named[1]}")
    return patient


def _read_boxes(path: Path, classes: Mapping[str, str], finding_of: FindingOf, films: Films) -> Drawn:
    """The boxes of the project's findings; a film with a row that cannot be meant is refused by name."""
    drawn: Drawn = {}
    for number, row in read_rows(path, ("image index", "finding label", *SIDES)):
        key, name = _stem(row["image index"]), row["finding label"]
        told = drawn.setdefault(key, {})
        sides = sides_of(*(row[side] for side in SIDES))
        if sides is None or plain(name) not in classes:
            films.refuse(key, f"row {number} of {path.name} is no box of a class of ChestX-ray14")
        elif (finding := finding_of(name)) is not None:
            left, top, width, height = sides
            told[Box(finding, left, top, left + width, top + height)] = None
    return drawn


class _Boxes:
    """The boxes of one film, placed when asked."""

    def __init__(self, drawn: Sequence[Box]) -> None:
        self._drawn = drawn

    def __call__(self, film: Film) -> Sequence[Box]:
        height, width = film.pixels.shape
        if self._drawn and height != width:
            raise InvalidMask(f"its boxes are drawn on 1024×1024 px, and it is no copy of that with {width}×{height}")
        return [placed(box, FRAME, film) for box in self._drawn]
