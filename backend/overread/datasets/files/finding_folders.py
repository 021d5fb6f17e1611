"""Folders of masks that are called like a finding (``nodule/x.png`` beside ``images/x.png``), told from folders that
sort films by what they show: there each film lies once."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from overread.datasets.decoding.decode import decode_mask
from overread.datasets.files.files import nfc, read_bytes
from overread.datasets.files.names import naming
from overread.domain.errors import InvalidMask, UnreadableImage


def masks_by_folder(files: Iterable[Path], folder: Path, findings: list[str]) -> dict[Path, str]:
    """The finding of each file that is a mask by the folder it lies in: one called like a finding, of PNGs that are
    called like films beside it or below that, for the most part, and the first of which is a clear mask. ``files`` are
    those that nothing else says to be masks."""
    finding_of = naming(findings, {})
    lying: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        lying[file.parent].append(file)
    called = {place: finding for place in lying if place != folder and (finding := finding_of(place.name))}
    films: dict[Path, set[str]] = defaultdict(set)
    for file in (file for place, own in lying.items() if place not in called for file in own):
        for home in file.parents:
            films[home].add(nfc(file.stem))
    masks: dict[Path, str] = {}
    for place, finding in called.items():
        paired = [file for file in lying[place] if nfc(file.stem) in films[place.parent]]
        if 2 * len(paired) > len(lying[place]) and _are_masks(lying[place], paired[0]):
            masks |= dict.fromkeys(lying[place], finding)
    return masks


def _are_masks(files: Iterable[Path], first: Path) -> bool:
    if any(file.suffix.lower() != ".png" for file in files):
        return False
    try:
        decode_mask(read_bytes(first))
    except (InvalidMask, UnreadableImage):
        return False
    return True
