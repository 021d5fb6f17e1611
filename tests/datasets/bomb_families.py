"""Bombs by families: one thought each, in all the sizes and kinds that it comes in. Each has a name, the bytes, and
what its refusal says ("" where it may come in, or be refused in any words)."""

import struct
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from tests.datasets.bombs import DEEP, MIB, SMALL, big_png, chunk, framed, in_small, inside, jpeg, rle, siz, text, zeros
from tests.datasets.films import dicom, transcoded

Bomb = tuple[str, Callable[[], bytes], str]
TOO_LARGE = "at most 50 million"
SIZES = ((60_000, 60_000), (2**31 - 1, 1), (1, 2**31 - 1), (7_072, 7_072), (65_535, 65_535))
PNGS = ((1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 3), (8, 4), (16, 6))  # bits a sample and kind of colour


def png_headers() -> Iterator[Bomb]:
    for (width, height), (bits, colour) in product(SIZES, PNGS):
        yield (
            f"PNG of {width}×{height}, {bits} bits of colour {colour}",
            lambda w=width, h=height, b=bits, c=colour: big_png(w, h, b, colour=c),  # type: ignore[misc]
            TOO_LARGE,
        )


def png_promises() -> Iterator[Bomb]:
    """As large as may be, of some bytes: it is allocated before anybody sees that nothing follows."""
    for (bits, colour), interlaced in product(PNGS, (0, 1)):
        yield (
            f"PNG of 7,000², {bits} bits of colour {colour}, interlaced {interlaced}, a few bytes",
            lambda b=bits, c=colour, i=interlaced: big_png(7_000, 7_000, b, b"", zeros(1), c, i),  # type: ignore[misc]
            "",
        )


def png_chunks() -> Iterator[Bomb]:
    for kind, (mebibytes, times) in product((b"zTXt", b"iTXt"), ((1, 1), (512, 1), (4, 10), (1, 40))):
        name = f"PNG with {times} {kind.decode()} of {mebibytes} MiB"
        yield name, lambda k=kind, m=mebibytes, t=times: in_small(text(k, m) * t), ""  # type: ignore[misc]
    for side, mebibytes in product((8, 64, 1_000), (16, 128)):
        name = f"PNG of {side}² that inflates to {mebibytes} MiB"
        yield name, lambda s=side, m=mebibytes: big_png(s, s, 8, b"", zeros(m)), ""  # type: ignore[misc]
    for kind in (b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"sPLT", b"hIST"):
        yield f"PNG with a {kind.decode()} of 8 MiB", lambda k=kind: in_small(chunk(k, bytes(8 * MIB))), ""  # type: ignore[misc]
        huge = struct.pack(">I4s", 2**32 - 1, kind)
        yield f"PNG with a {kind.decode()} of 4 GiB that is not there", lambda h=huge: in_small(h), ""  # type: ignore[misc]


def jpegs() -> Iterator[Bomb]:
    for marker, (rows, columns) in product(
        (0xC0, 0xC1, 0xC2, 0xC3, 0xC9), ((65_500, 65_500), (65_535, 800), (800, 65_535))
    ):
        yield (
            f"JPEG of {columns}×{rows}, kind {marker:X}",
            lambda m=marker, r=rows, c=columns: framed(jpeg(), r, c).replace(b"\xff\xc0", bytes([0xFF, m])),  # type: ignore[misc]
            TOO_LARGE,
        )
    scan = jpeg().index(b"\xff\xda")
    for times in (50, 1_000, 20_000):
        yield f"JPEG of {times} scans", lambda t=times: jpeg()[:-2] + jpeg()[scan:-2] * t + b"\xff\xd9", ""  # type: ignore[misc]
        comment = b"\xff\xfe\xff\xff" + bytes(65_533)
        more = comment * (times // 10)
        yield f"JPEG of {times // 10} comments", lambda m=more: jpeg()[:2] + m + jpeg()[2:], ""  # type: ignore[misc]
    for samples in (2, 5, 255):
        data = bytearray(jpeg())
        data[data.index(b"\xff\xc0") + 9] = samples
        yield f"JPEG of {samples} samples", lambda d=bytes(data): d, ""  # type: ignore[misc]
    for factor in (0x00, 0x4F, 0xFF):
        data = bytearray(framed(jpeg(), 7_000, 7_000))
        data[data.index(b"\xff\xc0") + 11] = factor
        yield f"JPEG of 7,000² that is sampled {factor:#x}", lambda d=bytes(data): d, ""  # type: ignore[misc]


# What a header may say, and no film does. The second word is what the refusal has to have.
TAGS: dict[str, tuple[tuple[Any, str], ...]] = {
    "Rows": ((0, "no pixels"), (65_535, "promises"), (1, "promises")),
    "Columns": ((0, "no pixels"), (65_535, "promises")),
    "NumberOfFrames": ((10**9, "several frames"), (2**31 - 1, "several frames"), (-1, ""), (0, "")),
    "BitsAllocated": (
        (0, "bits"),
        (1, "bits"),
        (3, "bits"),
        (12, "bits"),
        (32, "bits"),
        (64, "bits"),
        (65_535, "bits"),
    ),
    "BitsStored": ((0, "bits"), (9, "bits"), (65_535, "bits")),
    "HighBit": ((0, "bits"), (15, "bits"), (65_535, "bits")),
    "SamplesPerPixel": ((0, "Photometric"), (2, "Photometric"), (4, "Photometric"), (65_535, "Photometric")),
    "PixelRepresentation": ((2, ""), (65_535, "")),
    "PixelPaddingValue": ((0, ""), (65_535, "")),
    "RescaleSlope": ((0, "RescaleSlope"), ("1e308", ""), ("-1e308", ""), ("1e-320", ""), (1e-9, "")),
    "RescaleIntercept": (("1e308", ""), ("-1e308", ""), (1e-9, "")),
    "PixelSpacing": (([1e-9, 1e9], "pixels"), ([0.2] * 4_000, "pixels")),
}


def dicom_tags() -> Iterator[Bomb]:
    for keyword, values in TAGS.items():
        for value, reason in values:
            name = f"DICOM whose {keyword} is {str(value)[:12]}, {len(str(value))} letters"
            yield name, lambda k=keyword, v=value: dicom(SMALL, **{k: v}), reason  # type: ignore[misc]


def dicom_tables() -> Iterator[Bomb]:
    for entries, first, bits in product((0, 1, 65_535), (0, 65_535), (0, 8, 16, 255)):
        palette: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
        for colour in ("Red", "Green", "Blue"):
            palette[f"{colour}PaletteColorLookupTableDescriptor"] = [entries, first, bits]
            palette[f"{colour}PaletteColorLookupTableData"] = bytes(2)
        yield f"DICOM palette of {entries} from {first}, {bits} bits", lambda p=palette: dicom(SMALL, **p), ""  # type: ignore[misc]
    for entries, bits, given in product((0, 1, 65_535), (8, 16, 255), (2, 60_000)):
        table = Dataset()
        table.LUTDescriptor, table.LUTData = [entries, 0, bits], bytes(given)
        yield (
            f"DICOM table of {entries}, {bits} bits, {given} bytes",
            lambda t=table: dicom(DEEP, ModalityLUTSequence=[t]),  # type: ignore[misc]
            "",
        )


def dicom_elements() -> Iterator[Bomb]:
    """Elements that promise more than there is, before the pixels and instead of them."""
    for vr, place in product((b"OB", b"OW", b"UN", b"SQ", b"UT", b"OD"), (b"\x10\x00\x20\x00", b"\xe0\x7f\x10\x00")):
        for length in (2**32 - 1, 2**32 - 2, 2**31):
            element = b"\x09\x00\x01\x10" + vr + struct.pack("<HI", 0, length)
            yield f"DICOM with {vr.decode()} of {length} at {place.hex()}", lambda e=element, p=place: before(p, e), ""  # type: ignore[misc]
    items = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" * 100_000
    yield (
        "DICOM of a hundred thousand items",
        lambda: before(b"\x10\x00\x20\x00", items + b"\xfe\xff\xdd\xe0\0\0\0\0"),
        "",
    )
    for fragments in (0, 2, 100_000):
        frame = b"\xfe\xff\x00\xe0\0\0\0\0" * fragments
        yield f"DICOM of {fragments} empty fragments", lambda f=frame: fragmented(f), ""  # type: ignore[misc]


def before(place: bytes, element: bytes) -> bytes:
    """A DICOM with something before one of its elements."""
    good = dicom(SMALL)
    return good[: good.index(place)] + element + good[good.index(place) :]


def fragmented(items: bytes) -> bytes:
    """A DICOM whose compressed pixels are these items."""
    good = inside(b"\xff\xd8\xff\xd9", JPEGBaseline8Bit)
    start = good.index(b"\xfe\xff\x00\xe0")
    return good[:start] + b"\xfe\xff\x00\xe0\0\0\0\0" + items + b"\xfe\xff\xdd\xe0\0\0\0\0"


def dicom_codecs() -> Iterator[Bomb]:
    lossless = framed(_frame("JPEGLosslessProcess14_1", DEEP), 7_000, 7_000)
    near = framed(_frame("JPEGLSLossless", SMALL), 7_000, 7_000)
    large: dict[str, Any] = {"Rows": 7_000, "Columns": 7_000}
    yield "DICOM lossless JPEG of 7,000², a few bytes", lambda: inside(lossless, JPEGLosslessSV1, DEEP, **large), ""
    yield "DICOM JPEG-LS of 7,000², a few bytes", lambda: inside(near, JPEGLSLossless, **large), ""
    yield (
        "DICOM JPEG of 7,000², a few bytes",
        lambda: inside(framed(jpeg(), 7_000, 7_000), JPEGBaseline8Bit, **large),
        "",
    )
    for at, side, kind in product((22, 30), (1, 2, 16), ("64", "7,000")):
        frame = bytearray(siz(width=7_000, height=7_000) if kind == "7,000" else siz())
        place = frame.index(b"\xff\x51")
        struct.pack_into(">II", frame, place + at, side, side)  # the size of a tile, or where the first one lies
        more = large if kind == "7,000" else {}
        name = f"DICOM JPEG 2000 of {kind}², {side} at {at}"
        yield name, lambda f=bytes(frame), m=more: inside(f, JPEG2000Lossless, **m), ""  # type: ignore[misc]
    for segments, body in product((0, 1, 15), (b"", b"\x81\x00", b"\x7f" * 200, b"\x00" * MIB)):
        name = f"DICOM RLE of {segments} segments of {len(body)} × {body[:1].hex()}"
        yield name, lambda s=segments, b=body: inside(rle(s, b), RLELossless), ""  # type: ignore[misc]
    for word in (16, 2**31, 2**32 - 1):
        header = struct.pack("<16I", word, *[word] * 15) + bytes(100)
        yield f"DICOM RLE whose header says {word}", lambda h=header: inside(h, RLELossless), "damaged"  # type: ignore[misc]


def _frame(syntax: str, pixels: np.ndarray) -> bytes:
    film = transcoded(dicom(pixels), syntax)
    return film[film.index(b"\xff\xd8\xff") :]


def families() -> Iterator[Bomb]:
    """All of them."""
    for family in (
        png_headers,
        png_promises,
        png_chunks,
        jpegs,
        dicom_tags,
        dicom_tables,
        dicom_elements,
        dicom_codecs,
    ):
        yield from family()
