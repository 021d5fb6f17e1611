"""A BMP's pixels as an image of Pillow's. Runs in the limited child.

They are read here: Pillow takes one of 8 bits that tells two greys for one of 1 bit.
"""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from overread.datasets.decoding.raster import IN_COLOUR, check_size, luminance
from overread.datasets.reading import Film
from overread.domain.errors import UnreadableImage

BMP = b"BM"
HEADER = 14  # bytes of the file's own, before that of the image
UNCOMPRESSED = 0


def bmp(data: bytes) -> Image.Image:
    """Of 1 or 8 bits as "P", its numbers and their colours; of 24 as "RGB". Raises UnreadableImage."""
    try:
        start, head, width, signed, _, bits, packed = struct.unpack_from("<IIiiHHI", data, 10)
        (colours,) = struct.unpack_from("<I", data, 46)
    except struct.error:
        raise UnreadableImage("the BMP is truncated") from None
    if head < 40 or packed != UNCOMPRESSED or bits not in (1, 8, 24):
        raise UnreadableImage("the BMP is compressed, or not of 1, 8 or 24 bits; save it as 8 bits, uncompressed")
    height = abs(signed)
    check_size(max(width, 0), height)
    stride = (width * bits + 31) // 32 * 4
    if start < HEADER + head or start + stride * height > len(data):
        raise UnreadableImage("the BMP is truncated")
    rows = np.frombuffer(data, np.uint8, stride * height, start).reshape(height, stride)
    rows = rows[::-1] if signed > 0 else rows  # from the bottom up
    if bits == 24:
        return Image.fromarray(np.ascontiguousarray(rows[:, : 3 * width].reshape(height, width, 3)[..., ::-1]))
    numbers = np.unpackbits(rows, axis=1) if bits == 1 else rows
    return _palette(np.ascontiguousarray(numbers[:, :width]), data, HEADER + head, colours or 1 << bits, start)


def bmp_film(data: bytes) -> Film:
    """Colour becomes grey by its luminance; raises UnreadableImage."""
    colours = np.asarray(bmp(data).convert("RGB"))
    if (colours == colours[..., :1]).all():
        return Film(np.ascontiguousarray(colours[..., 0]))
    return Film(luminance(colours), remarks=(IN_COLOUR,))


def _palette(numbers: NDArray[np.uint8], data: bytes, place: int, colours: int, end: int) -> Image.Image:
    """The image of these numbers (height, width) in the colours that stand at ``place``, four bytes each."""
    if numbers.max() >= colours or place + 4 * colours > end:
        raise UnreadableImage("the BMP is damaged: it has pixels of a colour that it does not tell")
    table = np.frombuffer(data, np.uint8, 4 * min(colours, 256), place).reshape(-1, 4)
    image = Image.fromarray(numbers, "P")
    image.putpalette(table[:, 2::-1].tobytes())
    return image
