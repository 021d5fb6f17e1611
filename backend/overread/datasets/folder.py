"""A folder of images, with masks named ``<stem>__<finding>.png`` beside them or in ``masks/``, or with none."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from overread.datasets.files import file_sha256, load_file, load_mask
from overread.datasets.layout import TAKEN, Layout, read_layout
from overread.datasets.patients_table import read_people
from overread.datasets.people import Person, person_of, row_person
from overread.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage

SUFFIXES = {".png", ".jpg", ".jpeg", ".dcm", ".dicom"}
PATIENTS = "patients.csv"


def read_folder(
    path: Path | None,
    findings: list[str],
    *,
    masks: str = "masks",
    patients: str = PATIENTS,
    empty_means: str = "",
) -> Iterator[Entry | Refusal]:
    """Images below the folder, and masks as ``layout`` finds them. ``patients``: a table, as ``patients_table`` reads
    it; where it says nothing a DICOM's header does, then CheXpert's or MIMIC's tree. Any other film is of nobody known:
    names tell too little. ``empty_means``: what an image without a mask of a finding says, "no_lesion" (the default
    once there are masks) or "unknown" (when there are none). A finding of which a mask was refused is unknown wherever
    it has no mask."""
    folder = need_folder(path)
    if empty_means not in ("", "no_lesion", "unknown"):
        raise InvalidInput("empty_means is no_lesion or unknown.")
    if patients != PATIENTS and not (folder / patients).is_file():
        raise InvalidInput(f"There is no table {patients} in {folder}.")
    layout = read_layout(folder, masks, findings)
    names = {str(film.relative_to(folder)): film for film in layout.films if film.suffix.lower() in SUFFIXES}
    people, nameless = read_people(folder / patients, list(names))
    yield from layout.refusals
    yield from nameless
    yield from (_not_read(film, folder) for film in layout.films if film.suffix.lower() not in SUFFIXES)
    default = empty_means or ("no_lesion" if layout.masks else "unknown")
    absent = [finding for finding in findings if default == "no_lesion" and finding not in layout.open]
    refused = {refusal.file_name for refusal in nameless}
    for name, film in names.items():
        if film in layout.unclear:
            yield Refusal(name, f"masks may be its or another {film.stem}'s: keep each film's masks in its own folder")
        elif name not in refused:
            yield _entry(name, film, people.get(name, Person()), layout, findings, absent)


def _not_read(file: Path, folder: Path) -> Refusal:
    what = file.suffix or "a file without an ending"
    return Refusal(str(file.relative_to(folder)), f"{what} is not read; PNG, JPEG and DICOM are")


def _entry(
    name: str, film: Path, row: Person, layout: Layout, findings: list[str], absent: list[str]
) -> Entry | Refusal:
    """The film with what is known of it: ``absent`` are the findings that it does not have where it has no mask."""
    try:
        person = row_person(row, person_of(film))
    except UnreadableImage as error:
        return Refusal(name, error.detail)
    masks = layout.masks.get(film, {})
    remarks = [person.remark] if person.remark else []
    remarks += [TAKEN.format(findings[0])] if film in layout.taken else []
    if left := [finding for finding in findings if finding in layout.open and finding not in masks and layout.masks]:
        remarks.append(f"unknown, not absent, since masks were refused: {', '.join(left)}")
    return Entry(
        name,
        file_sha256=file_sha256(film),
        load=load_file(film),
        masks=_Masks(masks, findings, absent),
        **asdict(replace(person, remark="; ".join(remarks) or None)),
    )


class _Masks:
    """The masks of one image, read when asked."""

    def __init__(self, files: dict[str, Path], findings: list[str], absent: list[str]) -> None:
        self._files, self._findings, self._absent = files, findings, absent

    def __call__(self, film: Film) -> Masks:
        for finding in self._files:
            if finding not in self._findings:
                raise InvalidMask(f"mask for unknown finding {finding!r}; this project has {', '.join(self._findings)}")
        empty = film.pixels != film.pixels
        return dict.fromkeys(self._absent, empty) | {
            finding: load_mask(file, film) for finding, file in self._files.items()
        }
