"""Small files that ask for much: each is refused by name or decoded, below 1 GiB, and the next film comes in.

Memory is asked of the kernel: the most that the child ever held.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from overread.datasets.decode import Decoder
from overread.domain.errors import UnreadableImage
from tests.datasets.films import dicom, edited, png, transcoded

MIB = 1 << 20
# Not smaller: gdcm's encoder of JPEG 2000 writes beyond what it has.
SMALL = np.arange(64 * 64).reshape(64, 64).astype(np.uint8)
DEEP = SMALL.astype(np.uint16)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def big_png(width: int, height: int, bits: int = 1, more: bytes = b"", body: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", body) + chunk(b"IEND", b"")


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


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "deflated zeros": (lambda: deflated(512), "inflates to more than 128 MiB"),
    "deflated zeros, 4 GiB": (lambda: deflated(4096), "inflates to more than 128 MiB"),
    "PNG of 60,000² bits": (lambda: big_png(60_000, 60_000), "60000×60000"),
    "PNG of 2³¹ by 1": (lambda: big_png(2**31 - 1, 1), "at most 50 million"),
    "PNG of 2³¹ by 2³¹, 16 bits": (lambda: big_png(2**31 - 1, 2**31 - 1, 16), "at most 50 million"),
    "PNG that inflates to more than its size": (lambda: big_png(64, 64, 8, b"", zeros(512)), ""),
    "PNG with a zTXt of zeros": (lambda: in_small(text(b"zTXt", 512)), ""),
    "PNG with an iTXt of zeros": (lambda: in_small(text(b"iTXt", 512)), ""),
    "PNG with an iCCP of zeros": (lambda: in_small(chunk(b"iCCP", b"p\0\0" + zeros(512))), ""),
    "PNG with a hundred zTXt": (lambda: in_small(text(b"zTXt", 7) * 100), ""),
    "PNG with a chunk of 2³¹": (lambda: in_small(struct.pack(">I4s", 2**31 - 1, b"eXIf")), ""),
    "JPEG of 65,500²": (lambda: framed(jpeg(), 65_500, 65_500), "65500×65500"),
    "JPEG of 7,000², a few bytes": (lambda: framed(jpeg(), 7_000, 7_000), ""),
    "DICOM of 65,535²": (lambda: dicom(SMALL, Rows=65_535, Columns=65_535), "65535×65535"),
    "DICOM of 7,000², a few bytes": (lambda: dicom(SMALL, Rows=7_000, Columns=7_000), "promises 49,000,000"),
    "DICOM of two thousand million frames": (lambda: dicom(SMALL, NumberOfFrames=2**31 - 1), "several frames"),
    "DICOM JPEG of 65,500²": (
        lambda: inside(framed(jpeg(), 65_500, 65_500), JPEGBaseline8Bit),
        "65500×65500×1, and its header promises 64×64",
    ),
    "DICOM lossless JPEG of 65,500²": (
        lambda: inside(
            framed(fragment(transcoded(dicom(DEEP), "JPEGLosslessProcess14_1")), 65_500, 65_500), JPEGLosslessSV1, DEEP
        ),
        "65500×65500×1",
    ),
    "DICOM JPEG-LS of 65,500²": (
        lambda: inside(framed(fragment(transcoded(dicom(SMALL), "JPEGLSLossless")), 65_500, 65_500), JPEGLSLossless),
        "65500×65500×1",
    ),
    "DICOM JPEG 2000 of 2³¹": (lambda: inside(siz(width=2**31, height=2**31), JPEG2000Lossless), "2147483648"),
    "DICOM JPEG 2000 of 16,384 samples": (lambda: inside(siz(samples=16_384), JPEG2000Lossless), "64×64×16384"),
    "DICOM JPEG 2000 of 7,000², a few bytes": (
        lambda: inside(siz(width=7_000, height=7_000), JPEG2000Lossless, Rows=7_000, Columns=7_000),
        "",
    ),
    "DICOM RLE of a segment of 512 MiB": (lambda: inside(rle(1, half_a_gibibyte()), RLELossless), ""),
    "DICOM RLE of 15 segments": (lambda: inside(rle(15, b"\x81\x00" * 1000), RLELossless), "damaged"),
    "DICOM RLE of 7,000², a few bytes": (
        lambda: inside(rle(1, b"\x81\x00"), RLELossless, Rows=7_000, Columns=7_000),
        "damaged",
    ),
    "DICOM of 10,000 sequences deep": (lambda: nested(10_000, closed=False), ""),
    "DICOM of 100,000 sequences deep": (lambda: nested(100_000, closed=True), ""),
    "DICOM with a table of 65,536 and two bytes": (lambda: dicom(DEEP, ModalityLUTSequence=[lut(0)]), ""),
    "DICOM with 300,000 elements": (
        lambda: dicom(SMALL) + b"".join(struct.pack("<HH2sH", 0x7FE1, n & 0xFFFF, b"LO", 0) for n in range(300_000)),
        "",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_harmless(decoder: Decoder, name: str) -> None:
    make, reason = BOMBS[name]
    good = png(SMALL)
    decoder.decode(good)
    child = decoder._child
    assert child is not None
    try:
        told = f"{decoder.decode(make()).pixels.size} pixels"
    except UnreadableImage as refused:
        told = refused.detail
    assert reason in told
    assert "Error" not in told
    if decoder._child is child:
        status = Path(f"/proc/{child.pid}/status").read_text()
        assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) < MIB  # type: ignore[index]  # of KiB: 1 GiB
    assert np.array_equal(decoder.decode(good).pixels, SMALL)


def test_a_film_as_large_as_may_be_comes_in(decoder: Decoder) -> None:
    pixels = np.arange(50_000_000, dtype=np.uint32).reshape(5_000, 10_000).astype(np.uint16)
    film = decoder.decode(dicom(pixels, "MONOCHROME1"))
    assert np.array_equal(film.pixels, 65535 - pixels)


def test_the_child_has_no_network_where_the_kernel_lets_it_go() -> None:
    decoder = Decoder()
    decoder.decode(png(SMALL))
    child = decoder._child
    assert child is not None
    apart = Path(f"/proc/{child.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    assert re.search(r"Max file size\s+0\s+0", limits)
    assert re.search(r"Max cpu time\s+1\d?\s", limits)
    if apart:
        devices = Path(f"/proc/{child.pid}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in devices] == ["lo"]
    decoder.close()
