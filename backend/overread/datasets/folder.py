"""A folder of images, with masks named ``<stem>__<finding>.png`` beside them or in ``masks/``, or with none."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from overread.datasets.files.files import file_sha256, is_film, load_file, load_mask, may_show, nfc, not_read, stem_of
from overread.datasets.files.layout import TAKEN, Layout, read_layout
from overread.datasets.people.owners import PATIENTS, Owners, read_owners
from overread.datasets.reading import Beside, Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage


def read_folder(
    path: Path | None,
    findings: list[str],
    *,
    masks: str = "masks",
    patients: str = PATIENTS,
    patient_pattern: str = "",
    empty_means: str = "",
) -> Iterator[Entry | Refusal | Beside]:
    """Images below the folder, DICOMs whatever they are called, with masks beside them or in folders of masks, as
    ``layout`` tells them apart. ``patients`` and ``patient_pattern``: whose films they are, as ``owners`` reads it.
    ``empty_means``: what an image without a mask of a finding says, "no_lesion" (the default once there are masks of
    the project's findings) or "unknown" (when there are none). A finding of which a mask was refused is unknown
    wherever it has no mask."""
    folder = need_folder(path)
    if empty_means not in ("", "no_lesion", "unknown"):
        raise InvalidInput("empty_means is no_lesion or unknown.")
    layout = read_layout(folder, masks, findings)
    films = [film for film in layout.films if is_film(film)]
    names = {str(film.relative_to(folder)): film for film in films}
    owners = read_owners(folder, names, patients, patient_pattern)
    yield from layout.refusals
    yield from owners.refusals
    yield from _beside(layout, folder, folder / patients)
    yield from (not_read(file, folder) for file in sorted({*layout.films} - {*films}))
    labelled = any(finding in findings for masks_of_film in layout.masks.values() for finding in masks_of_film)
    default = empty_means or ("no_lesion" if labelled else "unknown")
    absent = [finding for finding in findings if default == "no_lesion" and finding not in layout.open]
    for name, film in names.items():
        if film in layout.unclear:
            yield Refusal(
                name, f"masks may be its or another {stem_of(film)}'s: keep each film's masks in its own folder"
            )
        elif name not in owners.refused:
            yield _entry(name, film, owners, layout, findings, absent)


def _beside(layout: Layout, folder: Path, patients: Path) -> Iterator[Beside]:
    """What may be labels in another format: tables but the patients', JSON, and texts that are called like films."""
    stems = {nfc(film.stem) for film in layout.films}
    for ending in (".csv", ".json", ".jsonl", ".txt"):
        ending_so = [file for file in layout.beside if file.suffix.lower() == ending and file != patients]
        if labels := [file for file in ending_so if ending != ".txt" or nfc(file.stem) in stems]:
            yield Beside(len(labels), str(labels[0].relative_to(folder)))


def _entry(
    name: str, film: Path, owners: Owners, layout: Layout, findings: list[str], absent: list[str]
) -> Entry | Refusal:
    """The film with what is known of it: ``absent`` are the findings that it does not have where it has no mask."""
    try:
        person = owners.person(name, film)
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
        assumed=tuple(finding for finding in absent if finding not in masks),
        marked=lambda: [finding for finding in findings if finding in masks and may_show(masks[finding])],
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
