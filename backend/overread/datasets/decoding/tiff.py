"""A TIFF of one grey page → its pixels. Runs in the limited child.

What it asks for is compared with what is read before a byte is decoded: one page in strips, 8 or 16 bits, uncompressed,
LZW or deflate. Each strip is there, and inflates to its own rows and no further. Pillow, and libtiff behind it, decode
those that are compressed, and see no tag but those that were compared.
"""

import struct
from io import BytesIO
from typing import Any, Literal

import numpy as np
from PIL import TiffImagePlugin

from overread.datasets.decoding.raster import Greys, check_size, refuse_turned
from overread.domain.errors import UnreadableImage

TIFFS = (b"II*\0", b"MM\0*")
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL, ORIENTATION = 256, 257, 258, 259, 262, 266, 274
STRIPS, SAMPLES, ROWS, LENGTHS = 273, 277, 278, 279  # where each strip begins; its rows; its bytes
PREDICTOR, FORMAT = 317, 339
KEPT = (WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, SAMPLES, ROWS, LENGTHS, PREDICTOR)
WHITE_IS_ZERO, BLACK_IS_ZERO = 0, 1
UNCOMPRESSED, *COMPRESSED = 1, 5, 8, 32946  # LZW, deflate and its older number
MOST_STRIPS = 65_536  # each is an object of Pillow's
START = 8  # bytes before anything else
SHORT, LONG = 3, 4
WHOLE = {SHORT: "H", LONG: "I"}  # kinds of whole numbers
BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # of a value, by kind
Tags = dict[int, tuple[int, ...]]


def tiff(data: bytes) -> Greys:
    """The greys (height, width), uint8 or uint16; raises UnreadableImage."""
    tags = _page(data)
    refuse_turned(_one(tags, ORIENTATION, 1))
    width, height = _one(tags, WIDTH), _one(tags, HEIGHT)
    check_size(width, height)
    bits, white = _one(tags, BITS, 1), _one(tags, PHOTOMETRIC) == WHITE_IS_ZERO
    grey = white or _one(tags, PHOTOMETRIC) == BLACK_IS_ZERO
    if not grey or bits not in (8, 16) or any(_one(tags, tag, 1) != 1 for tag in (SAMPLES, FORMAT, FILL)):
        raise UnreadableImage("the TIFF is not grey of 8 or 16 bits without a sign; save it so")
    _check_strips(tags, width * bits // 8, height, len(data))
    kind = np.dtype(np.uint8 if bits == 8 else np.uint16)
    greys = (_stored if _one(tags, COMPRESSION, 1) == UNCOMPRESSED else _unpacked)(data, tags, (height, width), kind)
    return np.invert(greys, out=greys) if white else greys


def _stored(data: bytes, tags: Tags, shape: tuple[int, int], kind: np.dtype[Any]) -> Greys:
    """Uncompressed pixels, strip by strip."""
    greys = np.empty(shape, kind)
    rows = _one(tags, ROWS, shape[0])
    for number, start in enumerate(tags[STRIPS]):
        strip = greys[number * rows : (number + 1) * rows]
        strip[:] = np.frombuffer(data, kind.newbyteorder(_order(data)), strip.size, start).reshape(strip.shape)
    return greys


def _unpacked(data: bytes, tags: Tags, shape: tuple[int, int], kind: np.dtype[Any]) -> Greys:
    """Pixels as Pillow decompresses them."""
    try:
        with TiffImagePlugin.TiffImageFile(BytesIO(_plain(data, tags))) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError):
        raise UnreadableImage("the TIFF is truncated or damaged") from None
    if pixels.shape != shape or pixels.dtype.itemsize != kind.itemsize:
        raise UnreadableImage("the TIFF is damaged: its pixels are of another size or kind than its header says")
    return pixels.astype(kind)  # in this machine's order of bytes


def _page(data: bytes) -> Tags:
    """The whole numbers under each tag of the one page. Raises UnreadableImage for several pages, and for a header that
    promises more than there is, or says something twice."""
    order = _order(data)
    tags: Tags = {}
    promised = 0
    try:
        (place,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, place)
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, times = struct.unpack_from(f"{order}HHI", data, entry)
            size = times * BYTES.get(kind, 0)
            promised += size
            if tag in tags or promised > len(data):
                raise UnreadableImage("the TIFF is damaged: its header promises too much, or says something twice")
            at = entry + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, entry + 8)[0]
            readable = kind in WHOLE and times <= MOST_STRIPS
            tags[tag] = struct.unpack_from(f"{order}{times}{WHOLE[kind]}", data, at) if readable else ()
        (further,) = struct.unpack_from(f"{order}I", data, place + 2 + 12 * count)
    except struct.error:
        raise UnreadableImage("the TIFF is truncated") from None
    if further:
        raise UnreadableImage("the TIFF has several pages, and a chest film has one; save that one alone")
    return tags


def _one(tags: Tags, tag: int, default: int = -1) -> int:
    """The one whole number of a tag; -1 where it has another number of them."""
    found = tags.get(tag, (default,))
    return found[0] if len(found) == 1 else -1


def _check_strips(tags: Tags, row: int, height: int, size: int) -> None:
    """Raise UnreadableImage unless the strips are all there, ``row`` bytes a row, in a compression that is read, and
    none lies in another, or outside of the file's ``size``."""
    rows = min(_one(tags, ROWS, height), height)
    compression, starts, lengths = _one(tags, COMPRESSION, 1), tags.get(STRIPS, ()), tags.get(LENGTHS, ())
    if compression not in (UNCOMPRESSED, *COMPRESSED) or STRIPS not in tags:
        raise UnreadableImage("the TIFF lies in tiles, or is compressed, and not by LZW or deflate; save it plain")
    if rows < 1 or not len(starts) == len(lengths) == -(-height // rows):
        raise UnreadableImage(f"the TIFF is damaged, or lies in more than {MOST_STRIPS:,} strips")
    wanted = (min(rows, height - first) * row for first in range(0, height, rows))
    if compression == UNCOMPRESSED and any(there < least for there, least in zip(lengths, wanted, strict=True)):
        raise UnreadableImage("the TIFF is damaged: its strips are shorter than its rows")
    free = START
    for start, length in sorted(zip(starts, lengths, strict=True)):
        if start < free or start + length > size:
            raise UnreadableImage("the TIFF is truncated or damaged: its strips lie in one another, or outside of it")
        free = start + length


def _plain(data: bytes, tags: Tags) -> bytes:
    """The same pixels under a page of those tags alone that were looked at, and with white as the highest number."""
    order = _order(data)
    kept = {tag: tags[tag] for tag in KEPT if tag in tags} | {PHOTOMETRIC: (BLACK_IS_ZERO,)}
    entries, arrays = [], b""
    for tag, values in kept.items():
        kind = LONG if max(values) > 0xFFFF else SHORT
        held = struct.pack(f"{order}{len(values)}{WHOLE[kind]}", *values)
        if len(held) > 4:
            held, arrays = struct.pack(f"{order}I", len(data) + len(arrays)), arrays + held
        entries.append(struct.pack(f"{order}HHI4s", tag, kind, len(values), held))
    page = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    place = struct.pack(f"{order}I", len(data) + len(arrays))
    return b"".join((data[:4], place, memoryview(data)[START:], arrays, page))


def _order(data: bytes) -> Literal["<", ">"]:
    return "<" if data.startswith(b"II") else ">"
