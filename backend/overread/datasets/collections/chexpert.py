"""CheXpert: films in its tree, patient/study/view, and train.csv and valid.csv, whatever folder their paths begin with.

Its labels, most of them a program's from reports, are statements. Masks are CheXlocalize's, where its JSON is named.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from overread.datasets.collections.chexlocalize import SIZE, Segmentation, read_segmentations
from overread.datasets.collections.collection import (
    Labels,
    LeftOut,
    Match,
    Said,
    Table,
    Wrong,
    in_tree,
    match_films,
    person,
    shown,
    unmatched,
)
from overread.datasets.collections.report_labels import CLASSES, classes_in, labels_in
from overread.datasets.files.files import parse_age
from overread.datasets.files.names import AS_THEY_ARE, naming
from overread.datasets.files.tables import need_table, one_table, read_rows
from overread.datasets.reading import Entry, Refusal, need_folder, no_masks
from overread.domain.errors import InvalidInput

NAMES = ("train.csv", "valid.csv")
TREE = re.compile(r"(patient[0-9]{5,6})/study[0-9]+/[^/]+")
ABOUT = ("sex", "age", "frontal/lateral", "ap/pa")
KINDS = ("Frontal", "Lateral")
LATERAL = 'lateral films are not read; {"lateral": true} reads them'


def read_chexpert(
    path: Path | None,
    findings: list[str],
    *,
    labels: str = "",
    lateral: bool = False,
    segmentations: str = "",
    names: dict[str, str] = AS_THEY_ARE,
    missing: int = 1000,
) -> Iterator[Entry | Refusal]:
    """The films that the tables name (``labels``: another one than train.csv and valid.csv), frontal ones alone unless
    ``lateral``. ``segmentations``: CheXlocalize's JSON. ``names``: class to finding, "" for none."""
    folder = need_folder(path)
    tables = [need_table(folder, "labels", labels)] if labels else _tables(folder)
    films = Table[Said | LeftOut](" and ".join(table.name for table in tables))
    drawn = read_segmentations(folder / segmentations) if segmentations else {}
    finding_of = naming(findings, names)
    classes = classes_in(tables, ("path",), names, {name for shapes in drawn.values() for name in shapes} - {SIZE})
    for table in tables:
        _read_labels(table, labels_in(table.name, classes, finding_of), lateral, films)
    seen = set[str]()
    for one in match_films(folder, films, lambda file: in_tree(file.absolute().as_posix()), missing):
        if isinstance(one, Match):
            seen.add(one.key)
            yield one.entry(Segmentation(drawn[one.key], finding_of) if one.key in drawn else no_masks)
        else:
            yield one
    yield from unmatched(segmentations, drawn.keys() - seen, "did not come in")


def _tables(folder: Path) -> list[Path]:
    found = [one_table(folder, "labels", "", name) for name in NAMES]
    return [table for table in found if table is not None] or [need_table(folder, "labels", "", *NAMES)]


def _read_labels(
    path: Path, labels_of: Callable[[Mapping[str, str]], Labels | Wrong], lateral: bool, films: Table[Said | LeftOut]
) -> None:
    for number, row in read_rows(path, ("path",), (*ABOUT, *map(str.casefold, CLASSES))):
        key, labels = in_tree(row["path"]), labels_of(row)
        sex, age, kind, view = (row.get(name, "") for name in ABOUT)
        if not (patient := TREE.fullmatch(key)):
            raise InvalidInput(
                f"Row {number} of {path.name} has the path {shown(row['path'])!r}, no patient/study/view."
            )
        kind = kind or ("Lateral" if "lateral" in key else "Frontal")
        if kind not in KINDS:
            films.put(key, number, Wrong(f"it is {shown(kind)!r}; Frontal and Lateral are read"))
        elif isinstance(labels, Wrong):
            films.put(key, number, labels)
        elif kind == "Lateral" and not lateral:
            films.put(key, number, LeftOut(LATERAL))
        else:
            films.put(key, number, Said(person(patient[1], sex, parse_age(age), view or kind), labels))
