"""Augmentation of a film and its packed masks. Geometry moves both, light changes the film alone."""

import warnings

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("error")  # albumentations only warns of an argument it does not know
    import albumentations as A
    import cv2

Bytes = NDArray[np.uint8]


def build_augmentation(strength: float) -> A.Compose:
    """Flip, shift, rotate, scale, brightness and contrast, blur; ``strength`` 1 is the default, 0 changes nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        move = A.Affine(
            rotate=(-10 * strength, 10 * strength),
            translate_percent=(-0.05 * strength, 0.05 * strength),
            interpolation=cv2.INTER_LINEAR,
            mask_interpolation=cv2.INTER_NEAREST,
            border_mode=cv2.BORDER_CONSTANT,
            p=0.5,
        )
        light = A.RandomBrightnessContrast(min(0.2 * strength, 1), min(0.2 * strength, 1), p=0.5)
        blur = A.GaussianBlur(blur_limit=(3, 5), p=0.1 * min(strength, 1))
        return A.Compose([A.HorizontalFlip(p=0.5), move, light, blur] if strength else [])


def crop(film: Bytes, masks: Bytes, least: float, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """A square of ``least``…1 of the side, back at full size; it keeps some of a mask that is not empty."""
    size = film.shape[0]
    side = round(size * rng.uniform(least, 1))
    top, left = rng.integers(0, size - side + 1, 2)
    marked = np.flatnonzero(masks)
    if len(marked):
        y, x = divmod(int(rng.choice(marked)), size)
        top = np.clip(top, max(0, y - side + 1), min(y, size - side))
        left = np.clip(left, max(0, x - side + 1), min(x, size - side))
    window = np.s_[top : top + side, left : left + side]
    big = cv2.resize(film[window], (size, size), interpolation=cv2.INTER_LINEAR)
    return big.astype(np.uint8), cv2.resize(masks[window], (size, size), interpolation=cv2.INTER_NEAREST).astype(
        np.uint8
    )


class Augmenter:
    """Augments by (seed, epoch, image): the same three give the same film, whichever process asks."""

    def __init__(self, strength: float, seed: int) -> None:
        self._strength, self._seed = strength, seed
        self._compose = build_augmentation(strength)

    def __call__(self, film: Bytes, masks: Bytes, epoch: int, index: int) -> tuple[Bytes, Bytes]:
        if not self._strength:
            return film, masks
        rng = np.random.default_rng((self._seed, epoch, index))
        if rng.random() < 0.5:
            film, masks = crop(film, masks, 0.8, rng)
        self._compose.set_random_seed(int(rng.integers(2**31)))
        out = self._compose(image=film, mask=masks)
        return out["image"], out["mask"]
