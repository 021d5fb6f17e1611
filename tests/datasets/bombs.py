"""Bytes that ask for much: what the bombs are made of."""

import re
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.datasets.films import dicom, edited, png, transcoded

MIB = 1 << 20
# Not smaller: gdcm's encoder of JPEG 2000 writes beyond what it has.
SMALL = np.arange(64 * 64).reshape(64, 64).astype(np.uint8)
DEEP = SMALL.astype(np.uint16)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def big_png(
    width: int, height: int, bits: int = 1, more: bytes = b"", body: bytes = b"", colour: int = 0, interlaced: int = 0
) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + head + palette + more + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def in_small(more: bytes) -> bytes:
    """A good PNG with a chunk after its header."""
    data = png(SMALL)
    return data[:33] + more + data[33:]


def zeros(mebibytes: int) -> bytes:
    """So many of them, deflated: a thousandth. One is packed, and stands there again and again."""
    packer = zlib.compressobj(9)
    start, one = packer.compress(b""), packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (mebibytes * MIB % 65521) << 16 | 1
    return start + one * mebibytes + b"\x03\0" + struct.pack(">I", checksum)


def deflated(mebibytes: int) -> bytes:
    """A DICOM whose deflated part inflates to zeros."""
    good = edited(dicom(SMALL), DeflatedExplicitVRLittleEndian)
    start = 132 + 12 + struct.unpack_from("<I", good, 140)[0]
    return good[:start] + zeros(mebibytes)[2:-4]


def framed(jpeg: bytes, rows: int, columns: int) -> bytes:
    """A JPEG whose frame says another size."""
    data = bytearray(jpeg)
    struct.pack_into(">HH", data, re.search(rb"\xff[\xc0-\xc3\xf7]\x00", jpeg).start() + 5, rows, columns)  # type: ignore[union-attr]
    return bytes(data)


def inside(frame: bytes, syntax: str, pixels: np.ndarray = SMALL, **tags: Any) -> bytes:
    return edited(dicom(pixels), syntax, PixelData=encapsulate([frame]), **tags)


def fragment(film: bytes) -> bytes:
    """The one compressed frame of a DICOM."""
    place = film.index(b"\xfe\xff\x00\xe0", film.index(b"\xfe\xff\x00\xe0") + 4)
    return film[place + 8 : place + 8 + struct.unpack_from("<I", film, place + 4)[0]]


def siz(*, width: int = 64, height: int = 64, samples: int = 1) -> bytes:
    """A JPEG 2000 whose header says another size, or more samples."""
    frame = bytearray(fragment(transcoded(dicom(SMALL), "JPEG2000Lossless")))
    place = frame.index(b"\xff\x51")
    struct.pack_into(">II", frame, place + 6, width, height)
    struct.pack_into(">H", frame, place + 38, samples)
    return bytes(frame)


def rle(segments: int, body: bytes) -> bytes:
    starts = [64 + len(body) * number for number in range(segments)]
    return struct.pack("<16I", segments, *starts, *[0] * (15 - segments)) + body * segments


def nested(depth: int, closed: bool) -> bytes:
    """A DICOM of sequences in sequences, of undefined length."""
    item = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" if closed else b""
    good = dicom(SMALL)
    place = good.index(b"\x10\x00\x20\x00")
    return good[:place] + item * depth + end * depth + good[place:]


def jpeg() -> bytes:
    return cv2.imencode(".jpg", SMALL)[1].tobytes()


def lut(entries: int) -> Dataset:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [entries, 0, 16], bytes(2)
    return table


def text(kind: bytes, mebibytes: int) -> bytes:
    before = b"note\0\0" if kind == b"zTXt" else b"note\0\1\0\0\0"
    return chunk(kind, before + zeros(mebibytes))


def half_a_gibibyte() -> bytes:
    return b"\x80\x00" * 4 * MIB
