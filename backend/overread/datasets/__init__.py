"""Readers: one file a public format. Each yields entries and refusals; nothing here knows the database."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from overread.datasets.collections.chestxdet import read_chestxdet
from overread.datasets.collections.chexpert import read_chexpert
from overread.datasets.collections.mimic import read_mimic
from overread.datasets.collections.nih import read_nih
from overread.datasets.collections.siim import read_siim
from overread.datasets.collections.vinbigdata import read_vinbigdata
from overread.datasets.files.files import FILMS, files_below
from overread.datasets.folder import read_folder
from overread.datasets.people.owners import check_pattern
from overread.datasets.phantoms.phantom import phantom_of, read_phantom
from overread.datasets.reading import Reader, need_folder
from overread.datasets.tools.coco import read_coco
from overread.datasets.tools.cvat import read_cvat
from overread.datasets.tools.dicom_seg import read_dicom_seg
from overread.datasets.tools.label_studio import read_label_studio
from overread.datasets.tools.nnunet import read_nnunet
from overread.datasets.tools.voc import read_voc
from overread.domain.errors import InvalidInput

READERS: dict[str, Reader] = {
    "phantom": read_phantom,
    "folder": read_folder,
    "chestxdet": read_chestxdet,
    "siim": read_siim,
    "coco": read_coco,
    "cvat": read_cvat,
    "label-studio": read_label_studio,
    "nnunet": read_nnunet,
    "voc": read_voc,
    "dicom-seg": read_dicom_seg,
    "nih": read_nih,
    "chexpert": read_chexpert,
    "mimic": read_mimic,
    "vinbigdata": read_vinbigdata,
}


def check_options(reader: str, options: Mapping[str, Any]) -> None:
    """Raise InvalidInput for a reader that there is not, for an option that it does not have, or for a wrong value."""
    if reader not in READERS:
        raise InvalidInput(f"There is no reader {reader!r}; there are {', '.join(READERS)}.")
    if reader == "phantom":
        phantom_of(options)
        return
    parameters = inspect.signature(READERS[reader]).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    for key, value in options.items():
        if key not in defaults:
            raise InvalidInput(f"The {reader} reader has no option {key!r}; it has {', '.join(defaults)}.")
        if type(value) is not type(defaults[key]):
            raise InvalidInput(f"{key} cannot be {value!r}; by default it is {defaults[key]!r}.")
        if key == "patient_pattern":
            check_pattern(value)
            continue
        if isinstance(value, dict) and not all(isinstance(one, str) for one in value.values()):
            raise InvalidInput(f'{key} maps texts to texts, such as {{"Effusion": "pleural_effusion"}}.')
        # Each other text is the name of something in the source's folder, and opens nothing outside it.
        if isinstance(value, str) and ("\0" in value or Path(value).is_absolute() or ".." in Path(value).parts):
            raise InvalidInput(f"{key} must name something below the source's folder.")


def check_path(reader: str, path: str | None) -> None:
    """Raise InvalidInput when a reader of files has no folder to read, before a source of that name exists."""
    if reader != "phantom":
        need_folder(Path(path) if path is not None else None)


def count_films(reader: str, path: str | None, options: Mapping[str, Any]) -> int:
    """About how many films a source has, from a look at its folders alone: tells how long an import will take."""
    if reader == "phantom":
        return phantom_of(options).count
    folder = need_folder(Path(path) if path is not None else None)
    names = (str(file.relative_to(folder)).casefold() for file in files_below(folder).files)
    return sum(name.endswith(tuple(FILMS)) and "mask" not in name for name in names)
