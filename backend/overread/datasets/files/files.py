"""Files of a source, as entries."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding.decode import MAX_BYTES, decode, decode_mask, is_black
from overread.datasets.reading import Film, Refusal
from overread.domain.errors import InvalidMask, UnreadableImage

# Endings of what comes beside films: tables and notes. No reader asks what they are.
BESIDE = {".csv", ".md", ".txt", ".json", ".jsonl", ".sha256"}
DISC = "DICOMDIR"  # lists what lies on a disc
# Endings of what is read as a mask or a film, and as a film.
MASKS = {".png", ".tif", ".tiff", ".bmp"}
FILMS = {*MASKS, ".jpg", ".jpeg", ".dcm", ".dicom"}
# What systems leave behind; its name may be a film's or a mask's all the same (._film.png).
LITTER = {"thumbs.db", "desktop.ini"}
# How many of them make a year: years, months, weeks, days.
A_YEAR = {"Y": 1, "M": 12, "W": 365.25 / 7, "D": 365.25}
NEARLY_ALL = 0.9  # of a film: no finding takes as much, but everything around a small one does


def nfc(name: str) -> str:
    """A name as it is compared: é is one letter, not e with an accent behind it, as some systems store it."""
    return unicodedata.normalize("NFC", name)


def stem_of(file: Path) -> str:
    """A name without its ending, as it is compared. The last number of a UID (1.2.840.1) is no ending."""
    return nfc(file.stem if file.suffix[1:2].isalpha() else file.name)


def is_dicom(file: Path) -> bool:
    """By its bytes, whatever it is called. What cannot be opened is refused where it is loaded."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(132)[128:] == b"DICM"
    except OSError:
        return False


@dataclass
class Below:
    """The files below a folder in order, tables and notes ``beside`` them, a refusal for all that is not read, and of
    that the folders that ``failed``: nobody knows what is in them."""

    files: list[Path] = field(default_factory=list)
    beside: list[Path] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failed: list[Path] = field(default_factory=list)


def files_below(folder: Path) -> Below:
    """The files of a source, its tables and notes apart; whatever is hidden is refused, and each folder that is not
    read. Links to folders are followed, wherever they lead; but each folder is read once, those that
    really lie here first: a link to where we have been, or to a folder around this one, would never end."""
    below = Below()
    seen = {_identity(parent) for parent in folder.resolve().parents}
    real, links = [folder], list[Path]()
    while real or links:
        place = real.pop() if real else links.pop(0)
        try:
            identity, inside = _identity(place), list(place.iterdir())
        except OSError as error:
            below.failed.append(place)
            below.refusals.append(Refusal(str(place.relative_to(folder)), f"it cannot be read ({error.strerror})"))
            continue
        if identity in seen:
            reason = "it leads to a folder that is read already, or to one around this source"
            below.refusals.append(Refusal(str(place.relative_to(folder)), reason))
            continue
        seen.add(identity)
        for one in inside:
            if one.name.startswith(".") or one.name.lower() in LITTER:
                below.refusals.append(Refusal(str(one.relative_to(folder)), "it is hidden, and not read"))
            elif os.path.isdir(one):  # of what may not be looked at it says no, and reading it says why
                (links if one.is_symlink() else real).append(one)
            else:
                (below.beside if one.suffix.lower() in BESIDE else below.files).append(one)
    below.files.sort()
    below.beside.sort()
    below.refusals.sort(key=lambda refusal: refusal.file_name)
    return below


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def file_sha256(path: Path) -> Callable[[], str]:
    """SHA-256 of the file's bytes, when asked."""
    return lambda: hashlib.sha256(read_bytes(path)).hexdigest()


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """The file's bytes, ``most`` of them at most; raises UnreadableImage for what is no file (a broken link, a pipe),
    too large or forbidden."""
    try:
        if not path.is_file():
            raise UnreadableImage("it is no regular file, or a link to nothing")
        if path.stat().st_size > most:
            raise UnreadableImage(f"the file has {path.stat().st_size >> 20} MiB; at most {most >> 20} are read")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"it cannot be read ({error.strerror})") from None


def is_film(file: Path) -> bool:
    """By its ending; what has another one or none, as on a disc or named by a UID, by its bytes."""
    return file.name.upper() != DISC and (file.suffix.lower() in FILMS or is_dicom(file))


def not_read(file: Path, folder: Path) -> Refusal:
    """The refusal of what is no film."""
    if file.name.upper() == DISC:
        return Refusal(str(file.relative_to(folder)), "it lists what is on a disc, and is no film; the films are read")
    what = file.suffix or "a file without an ending"
    return Refusal(str(file.relative_to(folder)), f"{what} is not read; PNG, JPEG, TIFF, BMP and DICOM are")


def load_file(path: Path) -> Callable[[], Film]:
    """The decoded film, when asked."""
    return lambda: decode(read_bytes(path))


def load_mask(path: Path, film: Film) -> NDArray[np.bool_]:
    """A mask file as booleans (height, width); raises InvalidMask when it is unreadable, of a format that blurs, not of
    its film's size, no clear mask, or around nearly all of the film."""
    try:
        mask = decode_mask(read_bytes(path))
    except UnreadableImage as error:
        raise InvalidMask(f"{path.name}: {error.detail}") from None
    if mask.shape != film.pixels.shape:
        (height, width), (h, w) = mask.shape, film.pixels.shape
        raise InvalidMask(f"{path.name} is {width}×{height} px, its image {w}×{h}. Export it at the image's size.")
    check_share(mask, path.name, "Export it with 255 inside of the lesion and 0 outside.")
    return mask


def may_show(mask: Path) -> bool:
    """Whether a mask file may mark something: it is no PNG that is black all over. Raises UnreadableImage."""
    return not is_black(read_bytes(mask))


def check_share(mask: NDArray[np.bool_], name: str, advice: str) -> None:
    """Raise InvalidMask for a mask that lies around nearly all of its film."""
    if mask.mean() >= NEARLY_ALL:
        raise InvalidMask(
            f"{name} marks {mask.mean():.0%} of its film, as a mask does whose black and white are exchanged. {advice}"
        )


def parse_age(text: str) -> float | None:
    """Years from 62, 62.5, 062Y, 018M, 003W, 010D; None where it says something else, or nothing."""
    told = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)([YMWD]?)", text.strip().upper())
    return float(told[1]) / A_YEAR[told[2] or "Y"] if told else None
