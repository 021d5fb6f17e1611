"""What augmentation does to pixels: films (S, S) uint8 in, new films of the same shape out, nothing drawn twice.

Geometry takes the packed masks along, by the nearest pixel, so that a mask stays on what it marks. Straight to OpenCV
where albumentations spends ten times as long on a small film (elastic, affine, dropouts: 0.3–0.9 ms at 96 px).
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

BEND_NODES = 8  # the coarse grid of an elastic deformation, over the whole film
GRID_UNITS = 10  # units of a grid dropout along a side
SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13  # what the paper's sharpness blends with
LEVELS = np.arange(256, dtype=np.float32)


def crop(film: Bytes, masks: Bytes, least: float, rng: Generator) -> tuple[Bytes, Bytes]:
    """A square of ``least``…1 of the side, back at full size; it keeps some of a mask that is not empty."""
    size = film.shape[0]
    side = max(1, round(size * rng.uniform(least, 1)))
    top, left = (int(corner) for corner in rng.integers(0, size - side + 1, 2))
    rows = np.flatnonzero(masks.any(axis=1))
    if len(rows):
        y = int(rng.choice(rows))
        x = int(rng.choice(np.flatnonzero(masks[y])))
        top, left = (min(max(corner, at - side + 1, 0), at, size - side) for corner, at in ((top, y), (left, x)))
    window = np.s_[top : top + side, left : left + side]
    # NEAREST_EXACT shares LINEAR's pixel centres; NEAREST would shift the mask by up to half a pixel.
    return (
        cv2.resize(film[window], (size, size), interpolation=cv2.INTER_LINEAR),  # type: ignore[return-value]
        cv2.resize(masks[window], (size, size), interpolation=cv2.INTER_NEAREST_EXACT),
    )


def mirror(film: Bytes, masks: Bytes) -> tuple[Bytes, Bytes]:
    """Left to right."""
    return cv2.flip(film, 1), cv2.flip(masks, 1)  # type: ignore[return-value]


def about_centre(linear: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The affine map (2, 3) that does ``linear`` (2, 2; x, y) about the middle of a film."""
    middle = np.full(2, (size - 1) / 2)
    return np.column_stack([linear, middle - linear @ middle])


def turned(degrees: float, size: int) -> NDArray[np.float64]:
    """A rotation about the film's middle."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return about_centre(np.array([[c, s], [-s, c]]), size)


def sheared(x: float, y: float, size: int) -> NDArray[np.float64]:
    """A shear by ``x`` pixels to the right for each pixel down, and ``y`` down for each to the right."""
    return about_centre(np.array([[1, x], [y, 1]]), size)


def shifted(right: float, down: float, size: int) -> NDArray[np.float64]:
    """A shift by shares of the side, to whole pixels so that nothing is blurred."""
    return np.array([[1.0, 0.0, round(right * size)], [0.0, 1.0, round(down * size)]])


def move(film: Bytes, masks: Bytes, matrix: NDArray[np.float64], fill: int) -> tuple[Bytes, Bytes]:
    """Film and masks under an affine map (2, 3) of old (x, y) to new; what comes from outside is ``fill``, unmarked."""
    shape = film.shape[::-1]
    return (
        cv2.warpAffine(film, matrix, shape, flags=cv2.INTER_LINEAR, borderValue=fill),  # type: ignore[return-value]
        cv2.warpAffine(masks, matrix, shape, flags=cv2.INTER_NEAREST, borderValue=0),
    )


def bend(film: Bytes, masks: Bytes, spread: float, fill: int, rng: Generator) -> tuple[Bytes, Bytes]:
    """Elastic deformation: normal displacements on a coarse grid, ``spread`` of the side as their standard deviation,
    cubic in between (Ronneberger et al., U-Net, 2015, section 3.1)."""
    size = film.shape[0]
    nodes = rng.standard_normal((BEND_NODES, BEND_NODES, 2), np.float32) * np.float32(spread * size)
    x, y = cv2.split(cv2.resize(nodes, (size, size), interpolation=cv2.INTER_CUBIC))
    at = np.arange(size, dtype=np.float32)
    x += at
    y += at[:, None]
    return (
        cv2.remap(film, x, y, cv2.INTER_LINEAR, borderValue=fill),  # type: ignore[return-value]
        cv2.remap(masks, x, y, cv2.INTER_NEAREST, borderValue=0),
    )


def drop_grid(film: Bytes, ratio: float, fill: int, rng: Generator) -> Bytes:
    """Square holes of ``ratio`` of a unit's side, one a unit, the grid shifted at random (GridMask, Chen, 2020)."""
    size = film.shape[0]
    unit = max(2, size // GRID_UNITS)
    hole = round(unit * ratio)
    rows, columns = ((np.arange(size) + shift) % unit < hole for shift in rng.integers(0, unit, 2))
    out = film.copy()
    np.copyto(out, np.uint8(fill), where=rows[:, None] & columns)
    return out


def drop_pixels(film: Bytes, share: float, fill: int, rng: Generator) -> Bytes:
    """Each pixel is dropped with probability ``share``, to 1/256: a random byte is a tenth of a random float."""
    drop = np.frombuffer(rng.bytes(film.size), np.uint8).reshape(film.shape) < round(share * 256)
    out = film.copy()
    np.copyto(out, np.uint8(fill), where=drop)
    return out


def through(film: Bytes, table: Floats) -> Bytes:
    """Each pixel by its entry (256,) of a table, rounded and clipped to 0…255."""
    return cv2.LUT(film, np.clip(np.rint(table), 0, 255).astype(np.uint8))  # type: ignore[return-value]


def scaled(film: Bytes, factor: float) -> Bytes:
    """Away from black by ``factor``: 0 is black, 1 is the film."""
    return through(film, factor * LEVELS)


def contrasted(film: Bytes, factor: float) -> Bytes:
    """Away from the film's mean by ``factor``: 0 is flat, 1 is the film."""
    mean = cv2.mean(film)[0]
    return through(film, mean + factor * (LEVELS - mean))


def sharpened(film: Bytes, factor: float) -> Bytes:
    """Away from the smoothed film by ``factor``: 0 is smooth, 1 is the film."""
    return cv2.addWeighted(film, factor, cv2.filter2D(film, -1, SMOOTH), 1 - factor, 0)  # type: ignore[return-value]


def stretched(film: Bytes) -> Bytes:
    """Autocontrast: the darkest pixel to 0, the brightest to 255; a film of one value stays as it is."""
    low, high, *_ = cv2.minMaxLoc(film)
    return through(film, (LEVELS - low) * (255 / (high - low))) if high > low else film


def solarised(film: Bytes, threshold: float) -> Bytes:
    """Pixels from ``threshold`` (0…256) on are inverted."""
    return through(film, np.where(threshold <= LEVELS, 255 - LEVELS, LEVELS))


def posterised(film: Bytes, bits: int) -> Bytes:
    """Only the highest ``bits`` of 8 are kept."""
    return film & np.uint8(256 - (1 << (8 - bits)))
