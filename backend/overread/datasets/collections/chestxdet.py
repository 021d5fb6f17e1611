"""ChestX-Det: annotations.json (a list of records with polygons in a 1024-pixel frame) beside the NIH images.

A record that names a film says all of its findings: one without a polygon is "no lesion". The exception is what Nodule
means on a film with "Diffuse Nodule", whose one polygon goes around a whole lung: it neither outlines a nodule nor says
that there is none, so it is unknown, unless a user says what the class means. Classes that mean none of the project's
findings are left out.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from overread.datasets.collections.polygons import fill
from overread.datasets.files.files import Below, file_sha256, files_below, load_file, nfc
from overread.datasets.files.json_files import read_json
from overread.datasets.files.names import AS_THEY_ARE, FindingOf, naming
from overread.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask

FRAME = 1024
MOST_BYTES = 32 << 20  # of the annotations, which are read whole: each value takes some fifty
CLASSES = {
    "Atelectasis",
    "Calcification",
    "Cardiomegaly",
    "Consolidation",
    "Diffuse Nodule",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Fracture",
    "Mass",
    "Nodule",
    "Pleural Thickening",
    "Pneumothorax",
}
BLURRED = {"Diffuse Nodule": "Nodule"}


def read_chestxdet(
    path: Path | None,
    findings: list[str],
    *,
    annotations: str = "annotations.json",
    images: str = "images",
    names: dict[str, str] = AS_THEY_ARE,
) -> Iterator[Entry | Refusal]:
    """Films that the annotations name; a refusal for each named film that is missing, and for each film not named.
    ``names``: which finding a class means, where it is not the one that is called so."""
    folder = need_folder(path)
    finding_of = naming(findings, names)
    records = read_json(folder / annotations, MOST_BYTES)
    if not isinstance(records, list):
        raise InvalidInput(f"{annotations} is not a list of records.")
    below = files_below(folder / images) if (folder / images).is_dir() else Below()
    named = {nfc(film.name): film for film in reversed(below.files) if film.parent == folder / images}
    yield from below.refusals
    seen: set[Path] = set()
    for number, record in enumerate(records):
        name = _name(record)
        if name is None:
            yield Refusal(f"{annotations}[{number}]", "this record names no file")
            continue
        file = _find(named, name)
        if file is None:
            yield Refusal(name, "the annotations name this film, and it is missing")
            continue
        if file in seen:
            yield Refusal(f"{annotations}[{number}]", f"a second record of {file.name}")
            continue
        seen.add(file)
        patient = str(record.get("patient_id") or file.stem.partition("_")[0])
        masks = _Masks(record, finding_of)
        film = Entry(file.name, patient, file_sha256(file), load_file(file), masks)
        yield replace(film, classes=masks.classes, marked=masks.marked)
    for file in below.files:
        if file not in seen:
            yield Refusal(str(file.relative_to(folder / images)), "the annotations do not name it")


def _find(films: dict[str, Path], name: str) -> Path | None:
    """The film of this name, or of the same stem: copies of the set come as JPEG too."""
    whole = nfc(Path(name).name)
    names = [whole, *(f"{Path(whole).stem}{suffix}" for suffix in (".png", ".jpg", ".jpeg"))]
    return next((films[one] for one in names if one in films), None)


class _Masks:
    """The masks of one record, drawn when asked."""

    def __init__(self, record: dict[str, Any], finding_of: FindingOf) -> None:
        self._record, self._finding_of = record, finding_of

    @property
    def classes(self) -> tuple[str, ...]:
        syms = self._record.get("syms")
        return tuple(str(sym) for sym in syms) if isinstance(syms, list) else ()

    def marked(self) -> set[str]:
        return {finding for finding in map(self._finding_of, self.classes) if finding is not None}

    def __call__(self, film: Film) -> Masks:
        syms, polygons = self._record.get("syms"), self._record.get("polygons")
        if not isinstance(syms, list) or not isinstance(polygons, list) or len(syms) != len(polygons):
            raise InvalidMask("its record needs as many polygons as syms")
        # Of a class by another name nobody could say that it is not there.
        if strange := set(self.classes) - CLASSES:
            raise InvalidMask(f"its record names {sorted(strange)[0]!r}, which is no class of ChestX-Det")
        meant = {name: finding for name in CLASSES if (finding := self._finding_of(name))}
        masks = {finding: np.zeros(film.pixels.shape, bool) for finding in meant.values()}
        for name, polygon in zip(self.classes, polygons, strict=True):
            if name in meant:
                masks[meant[name]] |= fill(polygon, (FRAME, FRAME), film.pixels.shape)
        blurred = {meant.get(BLURRED[name]) for name in self.classes if name in BLURRED and name not in meant}
        return {finding: mask for finding, mask in masks.items() if finding not in blurred}


def _name(record: Any) -> str | None:
    """The film's name: NIH's where the record carries it, else the set's own."""
    if not isinstance(record, dict):
        return None
    for key in ("nih_file_name", "file_name"):
        if isinstance(record.get(key), str):
            return str(record[key])
    return None
