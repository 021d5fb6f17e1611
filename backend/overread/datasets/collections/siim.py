"""SIIM-ACR pneumothorax: a tree of DICOM files and a table of labels, train-rle.csv or as other copies call it.

The RLE is the competition's own: pairs (gap, length), the gap counted from the end of the run before, pixels taken
column by column in a 1024 × 1024 frame; -1 is "no pneumothorax"; an image with several rows has the union of them.
The header is ``ImageId, EncodedPixels`` with a space that belongs to the name, and values may carry spaces too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding.decode import read_tags
from overread.datasets.files.files import file_sha256, files_below, load_file, nfc, read_bytes
from overread.datasets.files.tables import read_rows
from overread.datasets.people.people import header_person
from overread.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage

FRAME = 1024
FINDING = "pneumothorax"
TABLES = ("train-rle.csv", "stage_2_train.csv", "train-rle-sample.csv")
NO_TABLE = "none"
EMPTY = "-1"
UID = "SOPInstanceUID"
TWICE = f"several files are called so, and their {UID} does not tell that this one was labelled: keep the one that was"


def read_siim(
    path: Path | None, findings: list[str], *, labels: str = "", missing: int = 1000
) -> Iterator[Entry | Refusal]:
    """Every DICOM below the folder; then a refusal for each label whose file is missing (``missing`` at most).
    ``labels``: the table's name; by default the one there is of those that are known, and "none" for films without."""
    folder = need_folder(path)
    if FINDING not in findings:
        raise InvalidInput(f"SIIM labels {FINDING}, which is not among this project's findings.")
    table = _table(folder, labels)
    rows = _labels(table) if table is not None else {}
    below = files_below(folder)
    yield from below.refusals
    films = [file for file in below.files if file.suffix.lower() == ".dcm"]
    doubtful = _doubtful(films, rows)
    for file in below.files:
        name = str(file.relative_to(folder))
        if file.suffix.lower() != ".dcm":
            yield Refusal(name, "it is not read; files ending in .dcm are")
        elif file in doubtful:
            yield Refusal(name, TWICE)
        else:
            yield _entry(name, file, rows.get(nfc(file.stem)))
    absent = sorted(set(rows) - {nfc(film.stem) for film in films})
    for image in absent[:missing]:
        yield Refusal(image, "it has a label, and its file is missing")
    if table is not None and len(absent) > missing:
        yield Refusal(table.name, f"{len(absent) - missing} more labels name missing files")


def _entry(name: str, file: Path, label: list[str] | None) -> Entry | Refusal:
    try:
        person = header_person(read_bytes(file))
    except UnreadableImage as error:
        return Refusal(name, error.detail)
    load, sha256 = load_file(file), file_sha256(file)
    drawn = (FINDING,) if label is not None and EMPTY not in label else ()
    return Entry(name, file_sha256=sha256, load=load, masks=_Masks(label), marked=lambda: drawn, **asdict(person))


def _doubtful(films: Sequence[Path], labels: Collection[str]) -> set[Path]:
    """Of films that are called by one label those that may not be its film: a label names a film by the UID in its
    header, which only copies of it share."""
    called: dict[str, list[Path]] = defaultdict(list)
    for film in films:
        if nfc(film.stem) in labels:
            called[nfc(film.stem)].append(film)
    doubtful: set[Path] = set()
    for label, namesakes in called.items():
        if len(namesakes) > 1:
            own = [file for file in namesakes if _uid(file) == label]
            doubtful.update(set(namesakes) - set(own) if len({file_sha256(file)() for file in own}) == 1 else namesakes)
    return doubtful


def _uid(file: Path) -> str | None:
    """The film's own UID; None where it cannot be read, which is told where the film is."""
    try:
        return read_tags(read_bytes(file), [UID])[UID]
    except UnreadableImage:
        return None


def _table(folder: Path, labels: str) -> Path | None:
    """The table of labels, None where there shall be none; InvalidInput where it is missing or one of several."""
    if labels == NO_TABLE:
        return None
    known = [labels] if labels else TABLES
    found = [folder / name for name in known if (folder / name).is_file()]
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise InvalidInput(f'{folder} has {names}. Say whose labels count: {{"labels": "{found[0].name}"}}.')
    if not found:
        raise InvalidInput(
            f"{folder} has no table of labels called {' or '.join(known)}. Put it there, say what it is called with "
            f'the option labels, or {{"labels": "{NO_TABLE}"}} where films shall come in without labels.'
        )
    return found[0]


class _Masks:
    """The mask of one image, decoded when asked; without a row it is unknown."""

    def __init__(self, rows: list[str] | None) -> None:
        self._rows = rows

    def __call__(self, film: Film) -> Masks:
        if self._rows is None:
            return {}
        if len({row == EMPTY for row in self._rows}) > 1:
            raise InvalidMask(f"one of its rows says {EMPTY}, no {FINDING}, and another draws one")
        mask = np.zeros((FRAME, FRAME), bool)
        for row in self._rows:
            mask |= decode_runs(row)
        height, width = film.pixels.shape
        if (height, width) != (FRAME, FRAME):
            resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            mask = resized.astype(bool)
        return {FINDING: mask}


def decode_runs(text: str) -> NDArray[np.bool_]:
    """One RLE of the competition as a mask (1024, 1024); raises InvalidMask for anything else."""
    words = text.split()
    if words == [EMPTY]:
        return np.zeros((FRAME, FRAME), bool)
    if not words or len(words) % 2 or not all(word.isdecimal() and len(word) < 8 for word in words):
        raise InvalidMask("its RLE is not pairs of gap and length")
    pairs = np.array(words, np.int64).reshape(-1, 2)
    ends = np.cumsum(pairs.sum(axis=1))
    if ends[-1] > FRAME * FRAME:
        raise InvalidMask(f"its RLE runs past the {FRAME}×{FRAME} frame")
    flat = np.zeros(FRAME * FRAME, bool)
    for end, length in zip(ends, pairs[:, 1], strict=True):
        flat[end - length : end] = True
    return np.ascontiguousarray(flat.reshape(FRAME, FRAME).T)


def _labels(path: Path) -> dict[str, list[str]]:
    """RLE rows by image id."""
    rows: dict[str, list[str]] = defaultdict(list)
    for _, row in read_rows(path, ("imageid", "encodedpixels")):
        rows[row["imageid"]].append(row["encodedpixels"])
    return rows
