"""Folders that are called like a finding (``nodule/x.png`` beside ``images/x.png``): of masks, of films that are sorted
by what they show, or of what might be either."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding.decode import decode_map, decode_mask
from overread.datasets.files.files import MASKS, load_file, read_bytes, stem_of
from overread.datasets.files.names import FindingOf, naming
from overread.domain.errors import InvalidMask, UnreadableImage

Stems = dict[tuple[Path | None, Path], set[str]]


def masks_by_folder(
    files: Iterable[Path], folder: Path, findings: list[str]
) -> tuple[dict[Path, str], dict[Path, str]]:
    """The finding of each file that is a mask by the folder it lies in, and of each that may be one or a film.
    ``files`` are those that nothing else says to be masks.

    PNGs, TIFFs or BMPs that lie in a folder called like a finding, some of them called like films beside it or below
    that and clear masks, are masks. Else, where any is called like a film elsewhere, or has two values as a mask has,
    nobody can tell what they are. The others are films."""
    finding_of = naming(findings, {})
    lying: dict[Path | None, list[Path]] = defaultdict(list)
    stems: Stems = defaultdict(set)  # of the files of each such folder, or of none, by what they lie below
    for file in files:
        place = next((place for place in file.parents if folder in place.parents and finding_of(place.name)), None)
        lying[place].append(file)
        for around in file.parents:
            stems[place, around].add(stem_of(file))
    masks: dict[Path, str] = {}
    doubtful: dict[Path, str] = {}
    for place, own in lying.items():
        if place is None:
            continue
        finding = finding_of(place.name) or ""
        films: list[Path | None] = [None, *(outer for outer in place.parents if outer in lying)]
        beside = [file for file in own if any(stem_of(file) in stems[film, place.parent] for film in films)]
        if all(_may_be_mask(file, place) for file in own) and any(map(_is_clear_mask, beside)):
            masks |= dict.fromkeys(own, finding)
        elif _are_called_like(own, [stems[film, folder] for film in films], finding_of) or any(
            map(_has_two_values, own)
        ):
            doubtful |= dict.fromkeys(own, finding)
    return masks, doubtful


def _may_be_mask(file: Path, place: Path) -> bool:
    # Further down (nodule/train/x.png) it is not said which folder of films is meant.
    return file.parent == place and file.suffix.lower() in MASKS


def _are_called_like(files: Iterable[Path], films: list[set[str]], finding_of: FindingOf) -> bool:
    """Whether any file has a film's stem, or that and a finding behind it (``x_nodule``)."""

    def is_film(stem: str) -> bool:
        return any(stem in some for some in films)

    for stem in map(stem_of, files):
        marks = re.finditer(r"[-_. ]+", stem)
        if is_film(stem) or any(is_film(stem[: at.start()]) and finding_of(stem[at.end() :]) for at in marks):
            return True
    return False


def _is_clear_mask(file: Path) -> bool:
    try:
        decode_mask(read_bytes(file))
    except (InvalidMask, UnreadableImage):
        return False
    return True


def _has_two_values(file: Path) -> bool:
    """Whether a file is a mask to look at, if perhaps not one that is read."""
    for values_of in _values(file):
        try:
            values = values_of()
        except UnreadableImage:
            continue
        return not ((values != values.min()) & (values != values.max())).any()
    return False


def _values(file: Path) -> Sequence[Callable[[], NDArray[np.integer]]]:
    """How the values of its pixels may be read, one after the other; of a JPEG they are those of no mask."""
    ending = file.suffix.lower()
    if ending == ".png":
        return [lambda: decode_map(read_bytes(file), colours=False), lambda: decode_map(read_bytes(file), colours=True)]
    return [lambda: load_file(file)().pixels] if ending in MASKS else []
