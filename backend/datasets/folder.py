"""A folder of images, with masks named ``<stem>__<finding>.png`` beside them or in ``masks/``, or with none."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.datasets.files import file_sha256, load_file, load_mask
from backend.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from backend.domain.errors import InvalidInput, InvalidMask

SUFFIXES = {".png", ".jpg", ".jpeg", ".dcm", ".dicom"}
IGNORED = {".csv", ".md", ".txt", ".json"}


def read_folder(
    path: Path | None,
    findings: list[str],
    *,
    masks: str = "masks",
    patients: str = "patients.csv",
    empty_means: str = "",
) -> Iterator[Entry | Refusal]:
    """Images below the folder. ``patients``: a CSV with file, patient_id[, sex, age, view]; without it the patient is
    the stem up to its first underscore. ``empty_means``: what an image without a mask of a finding says, "no_lesion"
    (the default once there are masks) or "unknown" (the default when there are none)."""
    folder = need_folder(path)
    if empty_means not in ("", "no_lesion", "unknown"):
        raise InvalidInput("empty_means is no_lesion or unknown.")
    images, drawn = _sort(folder, masks)
    people = _people(folder / patients)
    default = empty_means or ("no_lesion" if drawn else "unknown")
    yield from _orphans(drawn, images)
    for file in images:
        name = str(file.relative_to(folder))
        if file.suffix.lower() in IGNORED:
            continue
        if file.suffix.lower() not in SUFFIXES:
            yield Refusal(name, f"{file.suffix or 'a file without an ending'} is not read; PNG, JPEG and DICOM are")
            continue
        person = people.get(file.name, {})
        yield Entry(
            name,
            person.get("patient_id") or file.stem.partition("_")[0],
            file_sha256(file),
            load_file(file),
            _Masks(drawn.get(file.stem, {}), findings, default),
            person.get("view") or None,
            person.get("sex") or None,
            float(person["age"]) if person.get("age") else None,
        )


def _sort(folder: Path, masks: str) -> tuple[list[Path], dict[str, dict[str, Path]]]:
    """The images, and the mask files by image stem and finding."""
    images: list[Path] = []
    drawn: dict[str, dict[str, Path]] = {}
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        stem, mark, finding = file.stem.partition("__")
        if mark and (file.parent.name == masks or file.with_name(stem + file.suffix).exists()):
            drawn.setdefault(stem, {})[finding] = file
        else:
            images.append(file)
    return images, drawn


class _Masks:
    """The masks of one image, read when asked."""

    def __init__(self, files: dict[str, Path], findings: list[str], default: str) -> None:
        self._files, self._findings, self._default = files, findings, default

    def __call__(self, film: Film) -> Masks:
        for finding in self._files:
            if finding not in self._findings:
                raise InvalidMask(f"mask for unknown finding {finding!r}; this project has {', '.join(self._findings)}")
        masks = {finding: load_mask(file, film) for finding, file in self._files.items()}
        if self._default == "no_lesion":
            empty = film.pixels != film.pixels
            masks = {finding: masks.get(finding, empty) for finding in self._findings}
        return masks


def _people(path: Path) -> dict[str, dict[str, Any]]:
    """Rows of the patients' CSV by the file's base name."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"file", "patient_id"} <= rows[0].keys():
        raise InvalidInput(f"{path.name} needs the columns file and patient_id.")
    return {Path(row["file"]).name: row for row in rows}


def _orphans(drawn: dict[str, dict[str, Path]], images: list[Path]) -> Iterator[Refusal]:
    stems = {file.stem for file in images}
    for stem, files in drawn.items():
        if stem not in stems:
            for file in files.values():
                yield Refusal(file.name, f"labels the image {stem}, which is missing")
