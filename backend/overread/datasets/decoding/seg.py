"""A DICOM SEG: which segments it has, of which films, and their pixels. Runs in the limited child.

Only what is all or nothing is read: BINARY, LABELMAP, and FRACTIONAL that holds nothing between 0 and its maximum. A
segment without a frame of a film that the SEG refers to was looked for there, and not found: that is how an empty one
is written.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array  # type: ignore[attr-defined]
from pydicom.uid import UID, RLELossless, SegmentationStorage

from overread.datasets.decoding.dicom import read_header, text, whole
from overread.datasets.decoding.raster import check_size
from overread.datasets.reading import MAX_PIXELS
from overread.domain.errors import UnreadableImage

KINDS = (SegmentationStorage, UID("1.2.840.10008.5.1.4.1.1.66.7"))  # the second is the Label Map's
MOST_FRAMES = 4096
# Of all frames together, in bytes as they lie in memory: eight segments of a film of 25 million pixels.
MOST_BYTES = 4 * MAX_PIXELS
BACKGROUND = 0  # a LABELMAP may describe it as a segment
ALL = 0  # the segment of a LABELMAP's frame, which holds all of them


@dataclass(frozen=True)
class Segments:
    """Labels by segment number, the segments that a machine drew alone, the SOP instances that it refers to, and of
    each frame its segment and instance."""

    labels: dict[int, str]
    automatic: list[int]
    instances: list[str]
    frames: list[tuple[int, str]]


def describe(data: bytes) -> dict[str, Any]:
    """``labels`` by segment number (as text), ``automatic`` and ``instances``, in what JSON can hold; raises
    UnreadableImage."""
    found = _segments(read_header(data))
    labels = {str(number): label for number, label in found.labels.items()}
    return {"labels": labels, "automatic": found.automatic, "instances": found.instances}


def drawn(data: bytes, instance: str) -> list[str]:
    """The labels of the segments that have a frame of one film; raises UnreadableImage."""
    found = _segments(read_header(data))
    shown = {segment for segment, of in found.frames if of == instance}
    return [label for number, label in found.labels.items() if number in shown or ALL in shown]


def planes(data: bytes, instance: str) -> NDArray[np.bool_]:
    """The pixels (segments, height, width) on one film, in the order of ``labels``; raises UnreadableImage."""
    dataset = read_header(data)
    found = _segments(dataset)
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    out = np.zeros((len(found.labels), rows, columns), bool)
    stored = _frames(dataset, len(found.frames), rows, columns)
    for (segment, of), frame in zip(found.frames, stored, strict=True):
        if of != instance:
            continue
        for place, number in enumerate(found.labels):
            if segment in (ALL, number):
                out[place] |= frame == number if segment == ALL else frame
    return out


def _segments(dataset: Dataset) -> Segments:
    if text(dataset, "SOPClassUID") not in KINDS:
        raise UnreadableImage("it is no DICOM SEG")
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    check_size(columns, rows)
    frames = whole(dataset, "NumberOfFrames", 1)
    if not 0 <= frames <= MOST_FRAMES or rows * columns * frames > MOST_BYTES:
        raise UnreadableImage(f"its {frames:,} frames of {columns}×{rows} are more than is read")
    described = _items(dataset, "SegmentSequence")
    labels = dict(map(_label, described))
    if len(labels) != len(described):
        raise UnreadableImage("two of its segments have one number")
    labels.pop(BACKGROUND, None)
    series = _items(dataset, "ReferencedSeriesSequence")
    referred = [one for each in series for one in _items(each, "ReferencedInstanceSequence")]
    instances = list(dict.fromkeys(text(one, "ReferencedSOPInstanceUID") for one in referred))
    shared = (_items(dataset, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    groups = _items(dataset, "PerFrameFunctionalGroupsSequence")
    if len(groups) != frames:
        raise UnreadableImage(f"it has {frames} frames, and says of {len(groups)} what they show")
    whole_map = text(dataset, "SegmentationType") == "LABELMAP"
    told = [_frame(group, shared, instances, whole_map) for group in groups]
    if strange := {segment for segment, _ in told} - labels.keys() - {ALL}:
        raise UnreadableImage(f"a frame shows the segment {min(strange)}, which it does not describe")
    instances = list(dict.fromkeys([*instances, *(instance for _, instance in told)]))
    if not labels or not instances:
        raise UnreadableImage("it describes no segment" if instances else "it does not say which film it labels")
    drawn = [one for one in described if text(one, "SegmentAlgorithmType").upper() == "AUTOMATIC"]
    return Segments(labels, [whole(one, "SegmentNumber") for one in drawn], instances, told)


def _label(segment: Dataset) -> tuple[int, str]:
    """A segment's number and label; what its code means where it has none."""
    number = whole(segment, "SegmentNumber")
    types = _items(segment, "SegmentedPropertyTypeCodeSequence")
    label = text(segment, "SegmentLabel") or (text(types[0], "CodeMeaning") if types else "")
    if not 0 <= number < 1 << 16 or not label:
        raise UnreadableImage("a segment has no number, or no label and no code that says what it is")
    return number, label


def _frame(group: Dataset, shared: Dataset, instances: list[str], whole_map: bool) -> tuple[int, str]:
    """Which segment a frame shows, and of which film."""
    identified = _items(group, "SegmentIdentificationSequence") or _items(shared, "SegmentIdentificationSequence")
    if not whole_map and not identified:
        raise UnreadableImage("a frame does not say which segment it shows")
    segment = ALL if whole_map else whole(identified[0], "ReferencedSegmentNumber")
    if not whole_map and segment == ALL:
        raise UnreadableImage("a frame shows the segment 0, which there is not")
    derived = _items(group, "DerivationImageSequence") or _items(shared, "DerivationImageSequence")
    sources = [source for one in derived for source in _items(one, "SourceImageSequence")]
    if any(text(source, "SpatialLocationsPreserved") not in ("", "YES") for source in sources):
        raise UnreadableImage("its pixels do not lie as its film's do (SpatialLocationsPreserved)")
    named = {text(source, "ReferencedSOPInstanceUID") for source in sources} or set(instances)
    if len(named) != 1 or "" in named:
        raise UnreadableImage("a frame does not say which one film it labels")
    return segment, named.pop()


def _frames(dataset: Dataset, count: int, rows: int, columns: int) -> NDArray[Any]:
    """Its frames (count, height, width): bool, or of a LABELMAP the numbers of segments."""
    kind = text(dataset, "SegmentationType")
    if not count:
        return np.zeros((0, rows, columns), bool)
    _check_stored(dataset, kind, count * rows * columns)
    stored = np.asarray(pixel_array(dataset)).reshape(count, rows, columns)
    if kind == "LABELMAP":
        return stored
    most = 1 if kind == "BINARY" else whole(dataset, "MaximumFractionalValue")
    if most < 1 or ((stored != 0) & (stored != most)).any():
        raise UnreadableImage("it is FRACTIONAL with values between nothing and all: export it as BINARY")
    return np.asarray(stored == most)


def _check_stored(dataset: Dataset, kind: str, pixels: int) -> None:
    """Refuse what is stored in another way than its kind is, or is not as long as its header promises."""
    bits = whole(dataset, "BitsAllocated")
    if (kind, bits) not in {("BINARY", 1), ("FRACTIONAL", 8), ("LABELMAP", 8), ("LABELMAP", 16)}:
        raise UnreadableImage(f"it is a SEG of kind {ascii(kind)[1:-1][:40] or 'missing'} with {bits} bits a pixel")
    if whole(dataset, "SamplesPerPixel", 1) != 1 or pixels * -(-bits // 8) > MOST_BYTES:
        raise UnreadableImage("its frames are in colour, or more than is read")
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated and (syntax != RLELossless or bits == 1):
        raise UnreadableImage("its frames are compressed: export it as Explicit VR Little Endian")
    if not syntax.is_encapsulated:
        wanted, there = -(-pixels * bits // 8), len(dataset.get("PixelData") or b"")
        if not wanted <= there < wanted + 2:
            raise UnreadableImage(f"it has {there:,} bytes of pixels, and its header promises {wanted:,}")


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """A sequence's items, [] where there is none; raises UnreadableImage for what is no sequence."""
    found = dataset.get(keyword)
    if found is not None and not all(isinstance(one, Dataset) for one in found):
        raise UnreadableImage(f"its header has no usable {keyword}")
    return list(found or [])
