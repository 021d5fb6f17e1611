"""MIMIC-CXR-JPG: files/p10/p10000032/s50414267/<dicom id>.jpg, and its tables mimic-cxr-2.0.0-chexpert or -negbio,
-metadata and -split, as .csv or .csv.gz, of any version 2.

A program, CheXpert's labeller or NegBio, took the labels from reports, of a whole study: they are statements of each
film of it. Subjects and studies are those of the metadata: a film that lies elsewhere in the tree is not read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

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
)
from overread.datasets.collections.report_labels import CLASSES, classes_in, labels_in
from overread.datasets.files.names import AS_THEY_ARE, naming
from overread.datasets.files.tables import find_tables, need_table, one_table, read_rows
from overread.datasets.people.people import Person
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.domain.errors import InvalidInput

FRONTAL = ("PA", "AP")
CHEXPERT, NEGBIO = "chexpert", "negbio"
LATERAL = 'films are not said to be frontal (PA, AP), and not read; {"lateral": true} reads them'
SPLITS = ("train", "validate", "test")
Studies = Table[Labels]


def read_mimic(
    path: Path | None,
    findings: list[str],
    *,
    labels: str = "",
    split: str = "",
    lateral: bool = False,
    names: dict[str, str] = AS_THEY_ARE,
    missing: int = 1000,
) -> Iterator[Entry | Refusal]:
    """The films of the metadata, frontal ones alone unless ``lateral``. ``labels``: the table of labels, by default
    CheXpert's, or NegBio's where that is not there. ``split``: train, validate or test, for films of that one alone.
    ``names``: class to finding, "" for none."""
    folder = need_folder(path)
    if split not in ("", *SPLITS):
        raise InvalidInput(f"split is {', '.join(SPLITS)}, or nothing for all of them.")
    known = (*_called(CHEXPERT), *_called(NEGBIO))
    table = one_table(folder, "labels", labels, *_called(CHEXPERT)) or need_table(folder, "labels", "", *known)
    for other in find_tables(folder, *_called(NEGBIO)) if CHEXPERT in table.name and not labels else ():
        name = str(other.relative_to(folder))
        yield Refusal(name, f'it is not read, {table.name} is; {{"labels": "{name}"}} reads it')
    studies = _read_labels(table, findings, names)
    splits = _read_splits(need_table(folder, "", "", *_called("split"))) if split else None
    films = _read_films(need_table(folder, "", "", *_called("metadata")), studies, splits, split, lateral)
    told = None if CHEXPERT in table.name else f"its labels are those of {table.name}"
    for one in match_films(folder, films, lambda file: in_tree(file.absolute().as_posix()), missing):
        yield one.entry(whose=_told(one.said.person, told)) if isinstance(one, Match) else one


def _told(whose: Person, told: str | None) -> Person:
    return replace(whose, remark=whose.remark or told)


def _called(kind: str) -> tuple[str, str]:
    return f"mimic-cxr-2.*-{kind}.csv", f"mimic-cxr-2.*-{kind}.csv.gz"


def _study(row: Mapping[str, str]) -> str:
    """A study by its subject, as its folders are called; "" unless both are numbers."""
    subject, study = (re.sub(r"\.0+$", "", row[name]) for name in ("subject_id", "study_id"))
    return f"p{subject}/s{study}" if re.fullmatch(r"[0-9]{8}/[0-9]{8}", f"{subject}/{study}") else ""


def _read_labels(path: Path, findings: list[str], names: Mapping[str, str]) -> Studies:
    classes = classes_in([path], ("subject_id", "study_id"), names, set())
    studies, labels_of = Studies(path.name), labels_in(path.name, classes, naming(findings, names))
    for number, row in read_rows(path, ("subject_id", "study_id"), [*map(str.casefold, CLASSES)]):
        studies.put(_study(row), number, labels_of(row))
    return studies


def _read_splits(path: Path) -> Table[str]:
    splits = Table[str](path.name)
    for number, row in read_rows(path, ("dicom_id", "split")):
        told = row["split"]
        splits.put(row["dicom_id"], number, told if told in SPLITS else Wrong(f"its split is {shown(told)!r}"))
    return splits


def _read_films(
    path: Path, studies: Studies, splits: Table[str] | None, split: str, lateral: bool
) -> Table[Said | LeftOut]:
    films = Table[Said | LeftOut](path.name)
    for number, row in read_rows(path, ("dicom_id", "subject_id", "study_id", "viewposition")):
        study, view = _study(row), row["viewposition"]
        said = splits.words.get(row["dicom_id"], Wrong(f"{splits.name} does not name it")) if splits else split
        labels = studies.words.get(study)
        word: Said | LeftOut | Wrong
        if view not in FRONTAL and not lateral:
            word = LeftOut(LATERAL)
        elif isinstance(said, Wrong):
            word = said
        elif said != split:
            word = LeftOut(f"films are not of the split {split}")
        elif isinstance(labels, Wrong):
            word = labels
        else:
            whose = person(study.partition("/")[0], view=view)
            unlabelled = replace(whose, remark=f"{studies.name} has no labels of its study")
            word = Said(whose, labels) if labels is not None else Said(unlabelled, Labels())
        films.put(study and row["dicom_id"] and f"{study}/{row['dicom_id']}", number, word)
    return films
