"""A DICOM's stored pixels as greys: every stored value has one grey, found in a table. Runs in the limited child."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array  # type: ignore[attr-defined]

from overread.datasets.decoding.dicom import SAMPLES, Stored, burned_in, check_film, number, read_header, spacing, whole
from overread.datasets.decoding.jpeg import unwarned
from overread.datasets.decoding.raster import IN_COLOUR, Greys, luminance
from overread.datasets.reading import Film
from overread.domain.errors import UnreadableImage

MOST = 65535
ROWS = 64  # that are looked up at a time: each index takes eight bytes meanwhile


def dicom(data: bytes) -> Film:
    """A film of one frame: modality's transform applied, MONOCHROME1 inverted, padding black; windows are for a
    display's, and none is applied."""
    dataset = read_header(data)
    stored = check_film(dataset)
    grey, coloured = (_colour if SAMPLES[stored.photometric] == 3 else _grey)(dataset, stored)
    size, remarks = spacing(dataset)
    return Film(grey, size, (*remarks, *([IN_COLOUR] if coloured else []), *burned_in(dataset)))


def _colour(dataset: Dataset, stored: Stored) -> tuple[Greys, bool]:
    if stored.bits != stored.allocated:
        raise UnreadableImage(f"it stores {stored.bits} of {stored.allocated} bits of a colour; export it in grey")
    colours = _decoded(dataset, raw=False)
    return luminance(colours), bool((colours != colours[..., :1]).any())


def _grey(dataset: Dataset, stored: Stored) -> tuple[Greys, bool]:
    codes: NDArray[Any] = _decoded(dataset, raw=True).astype(np.uint8 if stored.allocated == 8 else np.uint16)
    codes >>= stored.shift
    codes &= (1 << stored.bits) - 1  # what lies above is an overlay, or nothing that anybody promised
    steps = 1 << stored.bits
    there: NDArray[np.bool_] = cv2.calcHist([codes], [0], None, [steps], [0, steps]).ravel() > 0
    if stored.photometric == "PALETTE COLOR":
        table, coloured = _palette(dataset, there)
    else:
        table, coloured = _monochrome(dataset, stored, there), False
    greys = np.empty(codes.shape, table.dtype)
    for top in range(0, len(codes), ROWS):
        np.take(table, codes[top : top + ROWS], out=greys[top : top + ROWS], mode="clip")
    return greys, coloured


def _decoded(dataset: Dataset, *, raw: bool) -> NDArray[Any]:
    """The first frame as its decoder has it; ``raw``: with all bits that are allocated and no colours turned."""
    try:
        pixels: NDArray[Any] = unwarned(lambda: pixel_array(dataset, index=0, raw=raw, correct_unused_bits=not raw))
    except (MemoryError, UnreadableImage):
        raise
    except Exception:  # decoders raise a dozen types
        name = dataset.file_meta.TransferSyntaxUID.name
        raise UnreadableImage(
            f"its pixels ({ascii(name)[1:-1][:80]}) are damaged, or in a form that is not read; export it as Explicit "
            "VR Little Endian"
        ) from None
    return pixels


def _palette(dataset: Dataset, there: NDArray[np.bool_]) -> tuple[Greys, bool]:
    """The grey of each index, and whether any that is there has a colour."""
    colours = apply_color_lut(np.arange(len(there), dtype=np.uint16)[None], dataset)[..., :3]
    coloured = (colours != colours[..., :1])[0, there].any()
    return luminance(np.ascontiguousarray(colours))[0], bool(coloured)


def _monochrome(dataset: Dataset, stored: Stored, there: NDArray[np.bool_]) -> Greys:
    """The grey of each stored value (2^bits,), uint8 where it is of 8 bits and fits, else uint16. Whole values stay
    what they are; padding is as black as the film's blackest, and takes no part in inversion or range."""
    steps = np.arange(len(there), dtype=np.int32)
    if stored.signed:
        steps[len(steps) // 2 :] -= len(steps)
    film = there & ~_padding(dataset, stored, steps)
    if not film.any():
        raise UnreadableImage("all its pixels are padding")
    values = _modality(dataset, steps, film)
    least, most = values[film].min(), values[film].max()
    if stored.photometric == "MONOCHROME1":
        values = least + most - values
    values = np.where(film, values - min(least, 0), max(least, 0))
    small = stored.allocated == 8 and values.max() <= 255
    return np.asarray(values, np.uint8) if small else np.asarray(values, np.uint16)


def _modality(dataset: Dataset, steps: NDArray[np.int32], film: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Stored values (n,) through the modality's table or rescale. Where that leaves whole numbers up to 16 bits they
    are the greys; any other rescale only changes the unit, and rounding would let greys fall together: they stay in
    stored steps, turned over where the slope is negative."""
    if dataset.get("ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(steps, dataset), np.float64)
    slope, intercept = number(dataset, "RescaleSlope", 1), number(dataset, "RescaleIntercept", 0)
    if slope == 0:
        raise UnreadableImage("its RescaleSlope is 0, and every pixel the same")
    values = np.asarray(slope * steps + intercept, np.float64)
    shown = values[film]
    if (shown == np.rint(shown)).all() and shown.max() - min(shown.min(), 0) <= MOST:
        return values
    return np.asarray(math.copysign(1.0, slope) * steps, np.float64)


def _padding(dataset: Dataset, stored: Stored, steps: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which stored values (n,) the header calls padding: one, or all from it to the range's limit."""
    if "PixelPaddingValue" not in dataset:
        return np.zeros(len(steps), bool)
    first = whole(dataset, "PixelPaddingValue")
    ends = [first, whole(dataset, "PixelPaddingRangeLimit", first)]
    around = 1 << stored.allocated
    lowest = -around // 2 if stored.signed else 0
    ends = [(end - lowest) % around + lowest for end in ends]  # some write a signed one as if it were not
    return np.asarray((steps >= min(ends)) & (steps <= max(ends)))
