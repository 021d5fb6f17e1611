"""What augmentation does to pixels: films (S, S) uint8 in, new films of the same shape out, inputs never written to.

The one module that imports albumentations. Most operations are its own; ours stand where it has none, or one that is
another operation (``docs/decisions/0021-albumentations.md`` says which). Geometry takes the packed masks along, by the
nearest pixel, so that a mask stays on what it marks.
"""

import random
import warnings
from collections.abc import Callable

import albumentations as A
import albumentations.augmentations.geometric.functional as geometry
import albumentations.augmentations.pixel.functional as light
import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating]
Matrix = NDArray[np.float64]  # (3, 3), of old (x, y, 1) to new
Drawn = Callable[[Bytes, Generator], Bytes]  # an operation of albumentations that draws its own numbers

BEND_NODES = 8  # the coarse grid of an elastic deformation, over the whole film
GRID_UNITS = 10  # units of a grid dropout along a side
LEAST_AREA = 0.2  # of a view, as MoCo crops; SimCLR's .08 of a film often shows no organ
SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13  # what the paper's sharpness blends with
LEVELS = np.arange(256, dtype=np.float32)


# Geometry: albumentations' mirror and affine maps; our crops and bending.


def mirror(film: Bytes, masks: Bytes) -> tuple[Bytes, Bytes]:
    """Left to right."""
    return geometry.hflip(film), geometry.hflip(masks)


def turned(degrees: float, size: int) -> Matrix:
    """A rotation about the film's middle."""
    return _affine(size, degrees=degrees)


def sheared(x: float, y: float, size: int) -> Matrix:
    """A shear by ``x`` pixels to the right for each pixel down, and ``y`` down for each to the right."""
    return _affine(size, shear=(x, y))


def shifted(right: float, down: float, size: int) -> Matrix:
    """A shift by shares of the side, to whole pixels so that nothing is blurred."""
    return _affine(size, shift=(round(right * size), round(down * size)))


def _affine(
    size: int, degrees: float = 0.0, shear: tuple[float, float] = (0, 0), shift: tuple[float, float] = (0, 0)
) -> Matrix:
    angles = np.degrees(np.arctan(shear))
    return geometry.create_affine_transformation_matrix(
        translate={"x": shift[0], "y": shift[1]},
        shear={"x": angles[0], "y": angles[1]},
        scale={"x": 1, "y": 1},
        rotate=degrees,
        shift=geometry.center((size, size)),
    )


def move(film: Bytes, masks: Bytes, matrix: Matrix, fill: int) -> tuple[Bytes, Bytes]:
    """Film and masks under an affine map; what comes from outside is ``fill``, unmarked."""
    return (
        geometry.warp_affine(film, matrix, cv2.INTER_LINEAR, fill, cv2.BORDER_CONSTANT, film.shape),
        geometry.warp_affine(masks, matrix, cv2.INTER_NEAREST, 0, cv2.BORDER_CONSTANT, film.shape),
    )


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


def resized_crop(film: Bytes, rng: Generator) -> Bytes:
    """A window of .2 to 1 of the film's area, its sides in a proportion of ¾ to 4⁄3, back at full size."""
    size = len(film)
    side, ratio = size * rng.uniform(LEAST_AREA, 1) ** 0.5, np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))) ** 0.5
    height, width = (min(size, max(1, round(one))) for one in (side * ratio, side / ratio))
    top, left = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
    window = film[top : top + height, left : left + width]
    return np.asarray(cv2.resize(window, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


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


# Dropped regions: ours.


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


# Light: albumentations' with a strength that is given, then those that draw it, then ours.


def equalised(film: Bytes) -> Bytes:
    """Every level about equally often."""
    return light.equalize(film)


def solarised(film: Bytes, threshold: float) -> Bytes:
    """Pixels from ``threshold`` (0…256) on are inverted."""
    return light.solarize(film, threshold / 255)


def posterised(film: Bytes, bits: int) -> Bytes:
    """Only the highest ``bits`` of 8 are kept."""
    return light.posterize(film, bits)


def gaussian_blur(least: float, most: float) -> Drawn:
    """By a standard deviation of ``least`` to ``most`` pixels."""
    return _drawn(A.GaussianBlur, blur_limit=0, sigma_limit=(least, most))


def sharpen(alpha: tuple[float, float], lightness: tuple[float, float]) -> Drawn:
    """The sharpened film shows through by a share in ``alpha``."""
    return _drawn(A.Sharpen, alpha=alpha, lightness=lightness)


def equalise() -> Drawn:
    """``equalised`` as a transform: it draws nothing, and takes its turn at the generator as the others do."""
    return _drawn(A.Equalize)


def brighten(limit: float) -> Drawn:
    """Brighter or darker by up to ``limit`` of the full range."""
    return _drawn(A.RandomBrightnessContrast, brightness_limit=limit, contrast_limit=0)


def contrast(limit: float) -> Drawn:
    """More or less contrast by up to ``limit``."""
    return _drawn(A.RandomBrightnessContrast, brightness_limit=0, contrast_limit=limit)


def _drawn(kind: type[A.ImageOnlyTransform], **settings: object) -> Drawn:
    """A transform that draws from our generator. Without a Compose around it, whose seeding alone costs 0.07 ms a film.

    Raises for an argument that albumentations does not know, of which it only warns.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transform = kind(p=1, **settings)

    def apply(film: Bytes, rng: Generator) -> Bytes:
        transform.set_random_state(rng, random.Random(int(rng.integers(2**63))))  # noqa: S311
        return transform(image=film)["image"]

    return apply


def mean(film: Bytes) -> float:
    """Its mean level."""
    return cv2.mean(film)[0]


def through(film: Bytes, table: Floats) -> Bytes:
    """Each pixel by its entry (256,) of a table, rounded and clipped to 0…255."""
    return cv2.LUT(film, np.clip(np.rint(table), 0, 255).astype(np.uint8))  # type: ignore[return-value]


def scaled(film: Bytes, factor: float) -> Bytes:
    """Away from black by ``factor``: 0 is black, 1 is the film."""
    return through(film, factor * LEVELS)


def contrasted(film: Bytes, factor: float) -> Bytes:
    """Away from the film's mean by ``factor``: 0 is flat, 1 is the film."""
    middle = mean(film)
    return through(film, middle + factor * (LEVELS - middle))


def jittered(film: Bytes, gamma: float, factor: float, brightness: float) -> Bytes:
    """Gamma, contrast about the mean by ``factor`` and brightness, in one table: rounded once, not three times."""
    middle = mean(film)
    bent = 255 * (LEVELS / 255) ** gamma
    return through(film, ((bent - middle) * factor + middle) * brightness)


def stretched(film: Bytes) -> Bytes:
    """Autocontrast: the darkest pixel to 0, the brightest to 255; a film of one value stays as it is."""
    low, high, *_ = cv2.minMaxLoc(film)
    return through(film, (LEVELS - low) * (255 / (high - low))) if high > low else film


def sharpened(film: Bytes, factor: float) -> Bytes:
    """Away from the smoothed film by ``factor``: 0 is smooth, 1 is the film."""
    return cv2.addWeighted(film, factor, cv2.filter2D(film, -1, SMOOTH), 1 - factor, 0)  # type: ignore[return-value]


def blurred(film: Bytes, sigma: float) -> Bytes:
    """By a Gaussian of that standard deviation, in pixels."""
    return cv2.GaussianBlur(film, (0, 0), sigma)  # type: ignore[return-value]
