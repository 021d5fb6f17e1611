"""A label map's PNG → the value or the colour of each pixel, inside the child that decodes."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from overread.datasets.decoding.raster import PNG, check_png
from overread.domain.errors import InvalidMask

# What Pillow multiplies the values of greys of few bits by.
STRETCHED = {1: 255, 2: 85, 4: 17}


def values(data: bytes) -> NDArray[np.uint16]:
    """The number in each pixel (height, width), of a palette its index; raises InvalidMask for colours."""
    image = _opened(data)
    bits, kind = data[24:26]
    if kind not in (0, 3):
        raise InvalidMask("it is in colour: say which class each colour is with a labelmap.txt")
    numbers = np.asarray(image.convert("L") if image.mode == "1" else image)
    return (numbers // (STRETCHED.get(bits, 1) if kind == 0 else 1)).astype(np.uint16)


def colours(data: bytes) -> NDArray[np.uint32]:
    """The colour of each pixel (height, width) as 0xRRGGBB; raises InvalidMask."""
    image = _opened(data)
    if data[24] == 16:
        raise InvalidMask("it has 16 bits, and colours of classes have 8")
    rgb = np.asarray(image.convert("RGB")).astype(np.uint32)
    return np.asarray(rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], np.uint32)


def _opened(data: bytes) -> Image.Image:
    if not data.startswith(PNG):
        raise InvalidMask("it is no PNG, and label maps are read as PNG alone")
    check_png(data)
    try:
        image = Image.open(BytesIO(data), formats=("PNG",))
        image.load()
    except (OSError, SyntaxError):
        raise InvalidMask("the PNG is truncated or damaged") from None
    return image
