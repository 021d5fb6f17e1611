"""SIIM-ACR pneumothorax: a tree of DICOM files and train-rle.csv.

The RLE is the competition's own: pairs (gap, length), the gap counted from the end of the run before, pixels taken
column by column in a 1024 × 1024 frame; -1 is "no pneumothorax"; an image with several rows has the union of them.
The header is ``ImageId, EncodedPixels`` with a space that belongs to the name, and values may carry spaces too.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.datasets.decode import read_tags
from overread.datasets.files import file_sha256, files_below, load_file, nfc, parse_age, read_bytes, read_table
from overread.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage

FRAME = 1024
FINDING = "pneumothorax"
TAGS = ["PatientID", "PatientSex", "PatientAge", "ViewPosition"]


def read_siim(
    path: Path | None, findings: list[str], *, labels: str = "train-rle.csv", missing: int = 1000
) -> Iterator[Entry | Refusal]:
    """Every DICOM below the folder; then a refusal for each label whose file is missing (``missing`` at most)."""
    folder = need_folder(path)
    if FINDING not in findings:
        raise InvalidInput(f"SIIM labels {FINDING}, which is not among this project's findings.")
    rows = _labels(folder / labels) if (folder / labels).exists() else {}
    seen: set[str] = set()
    files, refusals = files_below(folder)
    yield from refusals
    for file in files:
        if file.suffix.lower() != ".dcm":
            yield Refusal(str(file.relative_to(folder)), "it is not read; files ending in .dcm are")
            continue
        seen.add(nfc(file.stem))
        try:
            patient, sex, age, view = read_tags(read_bytes(file), TAGS).values()
        except UnreadableImage as error:
            yield Refusal(str(file.relative_to(folder)), error.detail)
            continue
        yield Entry(
            str(file.relative_to(folder)),
            patient or None,
            file_sha256(file),
            load_file(file),
            _Masks(rows.get(nfc(file.stem))),
            view or None,
            sex or None,
            parse_age(age),
        )
    absent = sorted(set(rows) - seen)
    for image in absent[:missing]:
        yield Refusal(image, "it has a label, and its file is missing")
    if len(absent) > missing:
        yield Refusal(labels, f"{len(absent) - missing} more labels name missing files")


class _Masks:
    """The mask of one image, decoded when asked; without a row it is unknown."""

    def __init__(self, rows: list[str] | None) -> None:
        self._rows = rows

    def __call__(self, film: Film) -> Masks:
        if self._rows is None:
            return {}
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
    if words == ["-1"]:
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
    header, *lines = read_table(path) or [[]]
    if [name.strip() for name in header][:2] != ["ImageId", "EncodedPixels"]:
        raise InvalidInput(f"{path.name} needs the columns ImageId and EncodedPixels.")
    for row in lines:
        if len(row) >= 2:
            rows[row[0].strip()].append(row[1].strip())
    return rows
