"""PNG and JPEG as grey pixels. Runs in the limited child: the bytes are anybody's."""

import struct
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array  # type: ignore[attr-defined]
from pydicom.uid import JPEGLossless

from overread.datasets.decoding.jpeg import check_whole, jpeg_frame, jpeg_segments, unwarned
from overread.datasets.reading import MAX_PIXELS, Film
from overread.domain.errors import UnreadableImage

IN_COLOUR = "it is in colour, and its luminance is read"
ORIENTATION = 0x0112
PNG = b"\x89PNG\r\n\x1a\n"

Greys = NDArray[np.uint8] | NDArray[np.uint16]


def check_size(width: int, height: int) -> None:
    """Refuse by the header, before a byte is allocated."""
    if not width or not height:
        raise UnreadableImage("the image has no pixels")
    if width * height > MAX_PIXELS:
        most = MAX_PIXELS // 1_000_000
        raise UnreadableImage(f"the image is {width}×{height}; at most {most} million pixels are read")


def luminance(colours: Greys) -> Greys:
    """The greys (h, w) of red, green and blue (h, w, 3), uint8 or uint16."""
    return cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def check_png(data: bytes) -> None:
    """Refuse a PNG by its header, or for a second one: which of them counts, decoders do not agree on."""
    if len(data) < 33:
        raise UnreadableImage("the PNG is truncated")
    check_size(*struct.unpack(">II", data[16:24]))
    if [kind for kind, _ in png_chunks(data)].count(b"IHDR") > 1:
        raise UnreadableImage("the PNG is damaged: it has two headers")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the body of each chunk of a PNG."""
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def png(data: bytes) -> Film:
    """A PNG of 8 or 16 bits."""
    check_png(data)
    for kind, body in png_chunks(data):
        if kind == b"eXIf":
            check_upright(body)
    return raster(data)


def jpeg(data: bytes) -> Film:
    """A whole JPEG; OpenCV reads those of 8 bits, gdcm the lossless ones of more."""
    check_whole(data)
    for place, marker in jpeg_segments(data):
        if marker == 0xE1 and data[place : place + 6] == b"Exif\0\0":
            check_upright(data[place + 6 :])
    frame = jpeg_frame(data)
    if frame is None:
        return raster(data)
    marker, bits, rows, columns, channels = frame
    check_size(columns, rows)
    if bits > 8 and channels == 1:
        return Film(unwarned(lambda: deep_jpeg(data, bits, rows, columns, lossless=marker == 0xC3)))
    return unwarned(lambda: raster(data))


def raster(data: bytes) -> Film:
    """Colour becomes grey by its luminance, alpha is left out."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise UnreadableImage("the image is truncated or damaged")
    check_size(pixels.shape[1], pixels.shape[0])
    if pixels.dtype not in (np.uint8, np.uint16):
        raise UnreadableImage(f"pixels of type {pixels.dtype} are not read; save 8 or 16 bits")
    if pixels.ndim == 2:
        return Film(pixels)  # type: ignore[arg-type]
    if (pixels[..., :3] == pixels[..., :1]).all():
        return Film(pixels[..., 0])  # type: ignore[arg-type]
    return Film(luminance(np.ascontiguousarray(pixels[..., 2::-1])), remarks=(IN_COLOUR,))  # type: ignore[arg-type]


def deep_jpeg(data: bytes, bits: int, rows: int, columns: int, *, lossless: bool) -> NDArray[np.uint16]:
    """A grey JPEG of 9 to 16 bits, put into a DICOM's clothes for the decoder that knows it."""
    if not lossless:
        raise UnreadableImage(f"it is a lossy JPEG of {bits} bits; save 8 bits, or without loss")
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = JPEGLossless
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, bits, bits - 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = encapsulate([data])
    dataset["PixelData"].VR = "OB"
    return np.asarray(pixel_array(dataset), np.uint16)


def check_upright(exif: bytes) -> None:
    """``refuse_turned`` by EXIF."""
    refuse_turned(orientation(exif))


def refuse_turned(turned: int) -> None:
    """Refuse what a viewer would turn: of masks drawn on it nobody could say which way they lie."""
    if turned != 1:
        raise UnreadableImage(
            f"it says that it is shown turned or mirrored (orientation {turned}); save it upright, and draw "
            "masks on that"
        )


def orientation(exif: bytes) -> int:
    """How EXIF has an image turned: 2 to 8; 1 is upright, and so is what says nothing."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (place,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, place)
        for entry in range(count):
            tag, _kind, _times, value = struct.unpack_from(f"{order}HHIH", exif, place + 2 + 12 * entry)
            if tag == ORIENTATION and 2 <= value <= 8:
                return int(value)
    except struct.error:  # it is cut off before it says anything
        pass
    return 1
