"""TIFF and BMP as bytes, as their specifications have them: no library writes both orders of bytes, or lies."""

import struct
import zlib

import numpy as np

NONE, LZW, DEFLATE = 1, 5, 8
SHORT, LONG = 3, 4


def tiff(
    pixels: np.ndarray, order: str = "<", packed: int = NONE, rows: int = 0, white: bool = False,
    tags: dict[int, tuple[int, list[int]] | None] | None = None, further: int = 0, strips: list[bytes] | None = None,
) -> bytes:  # fmt: skip
    """A grey TIFF in strips of so many rows. ``tags``: a kind and values each, in place of those that are right or
    beside them; None leaves one out. ``further``: where another page is said to be."""
    height, width = pixels.shape[:2]
    deep = pixels.astype(pixels.dtype.newbyteorder("<" if order == "<" else ">"))
    rows = rows or height
    if strips is None:
        strips = [compressed(deep[first : first + rows].tobytes(), packed) for first in range(0, height, rows)]
    starts = [8 + sum(map(len, strips[:number])) for number in range(len(strips))]
    right: dict[int, tuple[int, list[int]] | None] = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8 * pixels.dtype.itemsize]), 259: (SHORT, [packed]),
        262: (SHORT, [0 if white else 1]), 273: (LONG, starts), 277: (SHORT, [1]), 278: (LONG, [rows]),
        279: (LONG, [len(strip) for strip in strips]),
    }  # fmt: skip
    told = {tag: value for tag, value in (right | (tags or {})).items() if value is not None}
    body, entries, place = b"".join(strips), b"", 8 + sum(map(len, strips))
    for tag, (kind, values) in sorted(told.items()):
        held = struct.pack(f"{order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)
        entries += struct.pack(f"{order}HHI", tag, kind, len(values))
        entries += held.ljust(4, b"\0") if len(held) <= 4 else struct.pack(f"{order}I", place)
        body, place = (body, place) if len(held) <= 4 else (body + held, place + len(held))
    page = struct.pack(f"{order}H", len(told)) + entries + struct.pack(f"{order}I", further)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", place) + body + page


def compressed(data: bytes, packed: int) -> bytes:
    """Bytes in one of TIFF's compressions."""
    return lzw(data) if packed == LZW else zlib.compress(data) if packed == DEFLATE else data


def lzw(data: bytes) -> bytes:
    """Codes of nine bits, the highest first; the table is cleared before it needs ten."""
    codes = []
    for first in range(0, len(data), 200):
        codes += [256, *data[first : first + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def bmp(
    numbers: np.ndarray, palette: list[tuple[int, int, int]] | None = None, bits: int = 8, top_down: bool = False,
    packed: int = 0, width: int | None = None, height: int | None = None,
) -> bytes:  # fmt: skip
    """A BMP of numbers (height, width) and their colours, or of red, green and blue (height, width, 3)."""
    rows = numbers if top_down else numbers[::-1]
    if bits == 24:
        rows = rows[..., ::-1].reshape(len(rows), -1)
    elif bits == 1:
        rows = np.packbits(rows, axis=1)
    body = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).astype(np.uint8).tobytes()
    colours = b"".join(bytes((blue, green, red, 0)) for red, green, blue in palette or ())
    high = len(numbers) if height is None else height
    wide = numbers.shape[1] if width is None else width
    start = 54 + len(colours)
    head = struct.pack("<IiiHHIIiiII", 40, wide, -high if top_down else high, 1, bits, packed, 0, 0, 0,
                       len(palette or ()), 0)  # fmt: skip
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body
