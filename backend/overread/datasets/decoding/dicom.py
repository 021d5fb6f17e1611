"""A DICOM's header: whether it is a film, how its pixels are stored, whose it is. Runs in the limited child."""

import math
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from overread.datasets.decoding.jpeg import check_whole, jpeg_frame
from overread.datasets.decoding.lettering import MAY
from overread.datasets.decoding.raster import check_size
from overread.domain.errors import UnreadableImage

MAX_INFLATED = 128 << 20  # 50 million pixels of 16 bits, and a header
# Films and what was scanned or captured of them. DR is no word of the standard's, and machines write it.
MODALITIES = ("CR", "DX", "DR", "RG", "OT")
KINDS = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)
SAMPLES = {"MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1} | dict.fromkeys(
    ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"), 3
)
LEAST_MM, MOST_MM = 0.01, 10.0


@dataclass(frozen=True)
class Stored:
    """How pixels lie in memory: ``bits`` of ``allocated``, ``shift`` bits up; ``signed``, in two's complement."""

    photometric: str
    allocated: int
    bits: int
    shift: int
    signed: bool


def read_header(data: bytes, *, keywords: list[str] | None = None) -> Dataset:
    """The DICOM, or these keywords of it alone; raises UnreadableImage where it is none or inflates to too much."""
    if data[128:132] != b"DICM":
        raise UnreadableImage("it is not a DICOM file")
    file = BytesIO(data)
    file.seek(132)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[file.tell() :], MAX_INFLATED + 1)
        if len(inflated) > MAX_INFLATED:
            raise UnreadableImage(f"it inflates to more than {MAX_INFLATED >> 20} MiB")
    return pydicom.dcmread(BytesIO(data), stop_before_pixels=keywords is not None, specific_tags=keywords)


def tags(data: bytes, keywords: list[str]) -> dict[str, str]:
    """The values of these keywords, "" where the DICOM has none. Padded with spaces by the standard and with NULs by
    some machines: the same patient all the same."""
    about = read_header(data, keywords=list(keywords))
    return {keyword: text(about, keyword) for keyword in keywords}


def check_film(dataset: Dataset) -> Stored:
    """Raise UnreadableImage unless it is one upright frame of a projection film, of a size and form that is read."""
    if "PixelData" not in dataset:
        raise UnreadableImage("the DICOM has no pixels")
    modality = text(dataset, "Modality").upper()
    if modality and modality not in MODALITIES:
        raise UnreadableImage(f"its Modality is {_shown(modality)}, no film's; {', '.join(MODALITIES)} are read")
    kind = UID(text(dataset, "SOPClassUID") or text(dataset.file_meta, "MediaStorageSOPClassUID"))
    if kind and kind not in KINDS:
        raise UnreadableImage(f"it is no film of one frame but {_shown(kind.name)}")
    columns, rows = whole(dataset, "Columns"), whole(dataset, "Rows")
    check_size(columns, rows)
    if "NumberOfFrames" in dataset and whole(dataset, "NumberOfFrames", 1) > 1:
        raise UnreadableImage("the DICOM has several frames; a chest film has one")
    _check_orientation(dataset)
    stored = _stored(dataset)
    _check_length(dataset, stored, columns, rows)
    return stored


def text(dataset: Dataset, keyword: str) -> str:
    """What the header says under a keyword, "" where nothing."""
    try:
        return str(dataset.get(keyword, "") or "").strip(" \0")
    except Exception:  # whatever pydicom's converters raise
        raise UnreadableImage(f"its header has no usable {keyword}") from None


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The finite numbers under a keyword, [] where there is nothing; raises UnreadableImage for anything else."""
    try:
        found = dataset.get(keyword)
        given = [] if found is None or found == "" else [float(one) for one in _listed(found)]
    except Exception:  # whatever pydicom's converters raise
        given = [math.nan]
    if not all(map(math.isfinite, given)):
        raise UnreadableImage(f"its header has no usable {keyword}")
    return given


def number(dataset: Dataset, keyword: str, default: float | None = None) -> float:
    """The one number under a keyword; raises UnreadableImage for anything else."""
    given = numbers(dataset, keyword) or ([] if default is None else [default])
    if len(given) != 1:
        raise UnreadableImage(f"its header has no usable {keyword}")
    return given[0]


def whole(dataset: Dataset, keyword: str, default: int | None = None) -> int:
    """The one whole number under a keyword; raises UnreadableImage for anything else."""
    given = number(dataset, keyword, default)
    if given != int(given):
        raise UnreadableImage(f"its header has no usable {keyword}")
    return int(given)


def spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, list[str]]:
    """From row to row and from column to column in mm, at the patient or else at the detector; and what is amiss."""
    remarks: list[str] = []
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        try:
            given = numbers(dataset, keyword)
        except UnreadableImage:
            given = [math.nan]
        if len(given) == 2 and all(LEAST_MM <= one <= MOST_MM for one in given):
            return (given[0], given[1]), remarks
        if given:
            remarks.append(f"its {keyword} is unusable")
    return None, [*remarks, "what a pixel measures is unknown, and its areas are told in pixels"]


def burned_in(dataset: Dataset) -> list[str]:
    """Why the pixels may carry text, by the header: it says so, or it is of a capture and says nothing."""
    said = text(dataset, "BurnedInAnnotation").upper()
    captured = text(dataset, "SOPClassUID") == SecondaryCaptureImageStorage or text(dataset, "ConversionType")
    if said == "YES":
        return [f"{MAY}: its header says so"]
    return (
        [f"{MAY}: it was captured or scanned, and its header does not say that there is none"]
        if captured and not said
        else []
    )


def _stored(dataset: Dataset) -> Stored:
    photometric = text(dataset, "PhotometricInterpretation")
    if SAMPLES.get(photometric) != whole(dataset, "SamplesPerPixel", 1):
        raise UnreadableImage(f"its PhotometricInterpretation {_shown(photometric)} is not read; export it in grey")
    allocated = whole(dataset, "BitsAllocated")
    bits = whole(dataset, "BitsStored", allocated)
    high = whole(dataset, "HighBit", bits - 1)
    if allocated not in (8, 16) or not 1 <= bits <= high + 1 <= allocated:
        raise UnreadableImage(
            f"it stores {bits} of {allocated} bits up to bit {high}; up to 16 bits in 8 or 16 are read"
        )
    stored = Stored(photometric, allocated, bits, high + 1 - bits, whole(dataset, "PixelRepresentation") == 1)
    syntax = dataset.file_meta.TransferSyntaxUID
    if stored.shift and syntax.is_encapsulated and syntax != RLELossless:
        raise UnreadableImage(
            f"its HighBit {high} is not of {bits} bits stored, and its pixels are compressed; export it uncompressed"
        )
    if photometric not in ("MONOCHROME1", "MONOCHROME2") and (stored.signed or stored.shift):
        raise UnreadableImage("its colours are stored signed or shifted; export it in grey")
    return stored


def _check_orientation(dataset: Dataset) -> None:
    """Refuse what lies mirrored or turned: masks drawn by others lie on the stored pixels, so these are never moved."""
    given = dataset.get("PatientOrientation") or ""
    across, down = [*map(str, _listed(given)), "", ""][:2]
    if (across or down) and (across[:1] not in ("L", "A", "P") or down[:1] != "F"):
        raise UnreadableImage(
            f"its PatientOrientation is {_shown(across)}\\{_shown(down)}: it lies mirrored or turned; export it "
            "upright, the patient's left on the right"
        )


def _check_length(dataset: Dataset, stored: Stored, columns: int, rows: int) -> None:
    """Refuse pixels of another size than the header's, before a decoder allocates by theirs."""
    samples = SAMPLES[stored.photometric]
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        wanted = columns * rows * samples * stored.allocated // 8
        if stored.photometric == "YBR_FULL_422":
            wanted = wanted * 2 // 3
        there = len(dataset.PixelData)
        if not wanted <= there < 2 * wanted:
            raise UnreadableImage(f"it has {there:,} bytes of pixels, and its header promises {wanted:,}")
        return
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    size = _codestream_size(frame)
    if size is not None and size != (columns, rows, samples):
        raise UnreadableImage(
            f"its compressed pixels are {size[0]}×{size[1]}×{size[2]}, and its header promises "
            f"{columns}×{rows}×{samples}"
        )


def _codestream_size(frame: bytes) -> tuple[int, int, int] | None:
    """Columns, rows and samples of compressed pixels by their own header; None of those that have none. Raises
    UnreadableImage for a JPEG that is not whole."""
    if frame.startswith(b"\xff\xd8"):
        check_whole(frame)
        found = jpeg_frame(frame)
        return (found[3], found[2], found[4]) if found is not None else None
    place = frame.find(b"\xff\x4f\xff\x51", 0, 4096)  # JPEG 2000: start, then its size
    if place < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", frame, place + 8)
    (samples,) = struct.unpack_from(">H", frame, place + 40)
    return right - left, bottom - top, samples


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, pydicom.multival.MultiValue | list) else [found]


def _shown(word: str) -> str:
    """A header's word as a sentence can have it: short, and of letters that can be kept anywhere."""
    return ascii(word)[1:-1][:60] or "missing"
