"""Small files that ask for much: each is refused by name or decoded, below 1 GiB, and the next film comes in.

Memory is asked of the kernel: the most that the child ever held.
"""

import re
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from overread.datasets.decoding.decode import Decoder
from overread.domain.errors import UnreadableImage
from tests.datasets.bitmaps import DEFLATE, LONG, LZW, NONE, bmp, tiff
from tests.datasets.bomb_families import families
from tests.datasets.bombs import (
    DEEP,
    MIB,
    SMALL,
    big_png,
    chunk,
    deflated,
    fragment,
    framed,
    half_a_gibibyte,
    in_small,
    inside,
    jpeg,
    lut,
    nested,
    rle,
    siz,
    text,
    zeros,
)
from tests.datasets.films import dicom, png, transcoded


def seven_thousand(strip: bytes, packed: int) -> bytes:
    size = {tag: (LONG, [7_000]) for tag in (256, 257, 278)}
    return tiff(SMALL, packed=packed, strips=[strip], tags={**size})


def strips(count: int) -> bytes:
    """A row each, and all of them the same one."""
    lies = {257: (LONG, [count]), 273: (LONG, [8] * count), 279: (LONG, [64] * count)}
    return tiff(SMALL, rows=1, strips=[bytes(64)], tags={**lies})


def counted(data: bytes, tag: int, count: int) -> bytes:
    """A TIFF of which a tag says that it has so many values."""
    place = data.index(struct.pack("<HH", tag, LONG))
    return data[: place + 4] + struct.pack("<I", count) + data[place + 8 :]


def many_tags(count: int) -> bytes:
    return tiff(SMALL, tags={tag: (LONG, [7]) for tag in range(1000, count)})


def colours(count: int) -> bytes:
    data = bytearray(bmp(SMALL))
    struct.pack_into("<I", data, 46, count)
    return bytes(data)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


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
    "TIFF of 60,000²": (lambda: tiff(SMALL, tags={256: (LONG, [60_000]), 257: (LONG, [60_000])}), "60000×60000"),
    "TIFF of 2³¹ by 2³¹": (lambda: tiff(SMALL, tags={256: (LONG, [2**31]), 257: (LONG, [2**31])}), "at most 50"),
    "TIFF of 7,000², a few bytes": (lambda: seven_thousand(tiff(SMALL)[8:72], NONE), "shorter than its rows"),
    "TIFF of 7,000², deflated, a few bytes": (lambda: seven_thousand(b"x\x9c\x03\0\0\0\0\1", DEFLATE), "damaged"),
    "TIFF of 7,000², LZW, a few bytes": (lambda: seven_thousand(b"\x80\0\x80", LZW), "damaged"),
    "TIFF that inflates to 512 MiB": (lambda: tiff(SMALL, packed=DEFLATE, strips=[zeros(512)]), "pixels"),
    "TIFF of 65,537 strips": (lambda: strips(65_537), "strips"),
    "TIFF of 60,000 strips": (lambda: strips(60_000), "lie in one another"),
    "TIFF with 2³¹ strips": (lambda: counted(tiff(SMALL), 273, 2**31), "promises too much"),
    "TIFF with 65,535 tags": (lambda: many_tags(65_535), ""),
    "TIFF whose page is its own next": (lambda: tiff(SMALL, further=8), "several pages"),
    "BMP of 2³¹ by 2³¹": (lambda: bmp(SMALL, width=2**31 - 1, height=2**31 - 1), "at most 50"),
    "BMP of 7,000², a few bytes": (lambda: bmp(SMALL, width=7_000, height=7_000), "truncated"),
    "BMP with 2³² colours": (lambda: colours(2**32 - 1), "does not tell"),
    "DICOM of 10,000 sequences deep": (lambda: nested(10_000, closed=False), ""),
    "DICOM of 100,000 sequences deep": (lambda: nested(100_000, closed=True), ""),
    "DICOM with a table of 65,536 and two bytes": (lambda: dicom(DEEP, ModalityLUTSequence=[lut(0)]), ""),
    "DICOM with 300,000 elements": (
        lambda: dicom(SMALL) + b"".join(struct.pack("<HH2sH", 0x7FE1, n & 0xFFFF, b"LO", 0) for n in range(300_000)),
        "",
    ),
}


ALL = BOMBS | {name: (make, reason) for name, make, reason in families()}


def test_there_are_hundreds_and_each_has_its_own_name() -> None:
    assert len(ALL) == len(BOMBS) + len(list(families())) > 250


@pytest.mark.parametrize("name", ALL)
def test_a_bomb_is_refused_or_harmless(decoder: Decoder, name: str) -> None:
    make, reason = ALL[name]
    good = png(SMALL)
    decoder.decode(good)
    child = decoder._child
    assert child is not None
    try:
        told = f"{decoder.decode(make()).pixels.size} pixels"
    except UnreadableImage as refused:
        told = refused.detail
    assert re.search(reason, told)
    assert "Error" not in told
    if decoder._child is child:
        status = Path(f"/proc/{child.pid}/status").read_text()
        assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) < MIB  # type: ignore[index]  # of KiB: 1 GiB
    assert np.array_equal(decoder.decode(good).pixels, SMALL)


def test_a_film_as_large_as_may_be_comes_in(decoder: Decoder) -> None:
    pixels = np.arange(50_000_000, dtype=np.uint32).reshape(5_000, 10_000).astype(np.uint16)
    for make in (partial(dicom, photometric="MONOCHROME1"), partial(tiff, order=">", white=True),
                 partial(tiff, order=">", packed=DEFLATE, rows=16, white=True)):  # fmt: skip
        assert np.array_equal(decoder.decode(make(pixels)).pixels, 65535 - pixels)


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
