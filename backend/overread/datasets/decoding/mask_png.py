"""A mask → booleans, inside the child that decodes: only what says without doubt which pixels are the lesion.

Colour, transparency and a palette's numbers can each say it; where an image has several of them, they must agree.
Anything else (greys of resizing, the ripples of a JPEG, a map of several classes) would be a guess, and is refused.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from overread.domain.errors import InvalidMask

Plane = NDArray[np.integer]
GREY, HEADER = 0, slice(24, 26)  # PNG's colour type; where its header tells bits a sample and colour type
EXPORT = "Export it as 8-bit grey: 0 outside of the lesion, 255 inside, and nothing between (resize by nearest pixel)."


def read_mask(data: bytes) -> NDArray[np.bool_]:
    """The lesion (height, width) in the bytes of a PNG; raises InvalidMask where they do not say it without doubt."""
    try:
        image = Image.open(BytesIO(data), formats=("PNG",))
        image.load()
    except (OSError, SyntaxError):
        raise InvalidMask("the PNG is truncated or damaged") from None
    bits, kind = data[HEADER]
    if bits == 16:
        if kind != GREY or "transparency" in image.info:  # Pillow would cut its values to 8 bits, and 1 to 0
            raise InvalidMask(f"it is in colour with 16 bits. {EXPORT}")
        return inside(np.asarray(image))
    return inside_of(image)


def inside_of(image: Image.Image) -> NDArray[np.bool_]:
    """The lesion (height, width) in an image of 8 bits a channel at most; raises InvalidMask."""
    rgba = np.asarray(image.convert("RGBA")).astype(np.uint32)
    lesion = _visible(rgba[..., 0] << 16 | rgba[..., 1] << 8 | rgba[..., 2], rgba[..., 3])
    if image.mode == "P" and (lesion != (np.asarray(image) > 0)).any():
        raise InvalidMask(f"its palette calls one colour the background, and another one is black. {EXPORT}")
    return lesion


def is_black(data: bytes) -> bool:
    """Whether a PNG is surely black all over, in a fraction of the time that its lesion takes."""
    with Image.open(BytesIO(data), formats=("PNG",)) as image:
        return image.getbbox(alpha_only=False) is None


def _visible(colour: Plane, alpha: Plane) -> NDArray[np.bool_]:
    """What is neither black nor transparent, where only one of both varies or both say the same."""
    if alpha.all() and alpha.min() == alpha.max():
        return inside(colour)
    if colour.min() == colour.max():
        return inside(alpha)
    lesion = inside(alpha)
    if (lesion != inside(colour)).any():
        raise InvalidMask(f"its colours and its transparency say different things. {EXPORT}")
    return lesion


def inside(plane: Plane) -> NDArray[np.bool_]:
    """Where a plane of at most two values, one of which is 0, is not 0; raises InvalidMask for any other."""
    low, high = plane.min(), plane.max()
    if ((plane != low) & (plane != high)).any():
        raise InvalidMask(f"it has {len(np.unique(plane))} values, and a mask has two. {EXPORT}")
    if low and low != high:
        raise InvalidMask(f"neither of its two values is 0, the background. {EXPORT}")
    return plane > 0
