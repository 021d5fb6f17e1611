"""Augmentation of a film and its packed masks. Geometry moves both, light changes the film alone.

Every random number comes from the caller's generator: the same state gives the same film, whichever process asks.
A policy is a list of operations that can be read; what they do to pixels is in ``operations``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

import overread_worker.ml.operations as pixels
from overread.domain.learning.recipe.parts import Augment
from overread_worker.ml.operations import Bytes, Drawn, Matrix

STUDY_TOP, PAPER_TOP = 9, 10  # the strongest magnitude of each policy
LEAST_CROP = 0.8
Apply = Callable[[Bytes, Bytes, int, Generator], tuple[Bytes, Bytes]]


@dataclass(frozen=True)
class Operation:
    """One entry of a policy: ``apply`` takes film, masks, fill value and generator; once drawn it happens with
    ``probability``."""

    name: str
    probability: float
    apply: Apply


def study(s: float) -> list[Operation]:
    """The study's ten (definitions: 0), at strength ``s`` from 0 to 1 (m / 9), which scales every range.

    Read as: sharpen counts twice because it is listed twice, brightness and contrast are one entry each; with elastic,
    affine, the two dropouts, blur and equalise that makes ten. ".5 each" is the probability of all that name no other.
    Where the study gives no range, albumentations' defaults are the range. Its elastic default hardly moves a pixel
    (the part that did, alpha_affine, is gone): here the standard deviation of a displacement is up to 2 % of the side,
    U-Net's 10 of 512 pixels. Equalise has no range. Dropped regions stay marked: the lesion is still there.
    """
    sharpen = _drawn(pixels.sharpen(alpha=(0.2 * s, 0.5 * s), lightness=(1 - 0.5 * s, 1.0)))
    return [
        Operation("elastic", 0.5, lambda film, masks, fill, rng: pixels.bend(film, masks, 0.02 * s, fill, rng)),
        Operation("affine", 0.5, lambda film, masks, fill, rng: pixels.move(
            film, masks, pixels.turned(rng.uniform(-20 * s, 20 * s), film.shape[0]), fill)),
        Operation("grid dropout", 0.3, _light(lambda film, fill, rng: pixels.drop_grid(film, 0.5 * s, fill, rng))),
        Operation("pixel dropout", 0.3, _light(lambda film, fill, rng: pixels.drop_pixels(film, 0.2 * s, fill, rng))),
        Operation("Gaussian blur", 0.5, _drawn(pixels.gaussian_blur(0.5 * s, 3.0 * s))),
        Operation("sharpen", 0.5, sharpen),
        Operation("sharpen again", 0.5, sharpen),
        Operation("equalise", 0.5, _drawn(pixels.equalise())),
        Operation("brightness", 0.5, _drawn(pixels.brighten(0.2 * s))),
        Operation("contrast", 0.5, _drawn(pixels.contrast(0.2 * s))),
    ]  # fmt: skip


def paper(s: float) -> list[Operation]:
    """RandAugment's fourteen (Cubuk et al., 2020, section 3) at strength ``s`` from 0 to 1 (M / 10), with AutoAugment's
    ranges (Cubuk et al., 2019, appendix); a direction is drawn by a coin.

    Solarize and posterize grow stronger with M, as all others do. Color blends a picture with its grey version; a film
    is its own, so color leaves it as it is, and stays in the list so that each other keeps its chance of 1 in 14.
    """
    return [
        Operation("identity", 1, _light(lambda film, *_: film)),
        Operation("autoContrast", 1, _light(lambda film, *_: pixels.stretched(film))),
        Operation("equalize", 1, _light(lambda film, *_: pixels.equalised(film))),
        Operation("rotate", 1, _geometry(lambda size, sign: pixels.turned(30 * s * sign, size))),
        Operation("solarize", 1, _light(lambda film, *_: pixels.solarised(film, 256 * (1 - s)))),
        Operation("color", 1, _light(lambda film, *_: film)),
        Operation("posterize", 1, _light(lambda film, *_: pixels.posterised(film, 8 - round(4 * s)))),
        Operation("contrast", 1, _light(lambda film, _, rng: pixels.contrasted(film, 1 + 0.9 * s * _sign(rng)))),
        Operation("brightness", 1, _light(lambda film, _, rng: pixels.scaled(film, 1 + 0.9 * s * _sign(rng)))),
        Operation("sharpness", 1, _light(lambda film, _, rng: pixels.sharpened(film, 1 + 0.9 * s * _sign(rng)))),
        Operation("shearX", 1, _geometry(lambda size, sign: pixels.sheared(0.3 * s * sign, 0, size))),
        Operation("shearY", 1, _geometry(lambda size, sign: pixels.sheared(0, 0.3 * s * sign, size))),
        Operation("translateX", 1, _geometry(lambda size, sign: pixels.shifted(150 / 331 * s * sign, 0, size))),
        Operation("translateY", 1, _geometry(lambda size, sign: pixels.shifted(0, 150 / 331 * s * sign, size))),
    ]  # fmt: skip


class Augmenter:
    """A recipe's policy. Films and masks are (S, S) uint8, S from 32 to 2048; inputs are never written to, and come
    back themselves where nothing happens. Policy none does nothing, seen weakly or strongly either."""

    def __init__(self, settings: Augment) -> None:
        self._policy, self._count = settings.policy, settings.operations
        self._strength = settings.magnitude / (STUDY_TOP if settings.policy == "study" else PAPER_TOP)
        self._operations: list[Operation] = []
        if settings.policy != "none" and settings.magnitude and settings.operations:
            self._operations = study(self._strength) if settings.policy == "study" else paper(self._strength)

    def __call__(self, film: Bytes, masks: Bytes, rng: Generator) -> tuple[Bytes, Bytes]:
        """The policy in full. Magnitude 0 leaves the study's default operations, and nothing of the paper's.

        One coin a film says what fills the places that geometry and dropout leave: its mean, or 0.
        """
        if self._policy == "study":
            film, masks = self.weak(film, masks, rng)
        if not self._operations:
            return film, masks
        fill = round(pixels.mean(film)) if rng.random() < 0.5 else 0
        for operation in self._drawn(rng):
            if rng.random() < operation.probability:
                film, masks = operation.apply(film, masks, fill, rng)
        return film, masks

    def _drawn(self, rng: Generator) -> list[Operation]:
        """n operations: the study's are different ones, so ten at most; the paper draws each anew, as its code does."""
        total = len(self._operations)
        if self._policy == "study":
            return [self._operations[k] for k in rng.permutation(total)[: self._count]]
        return [self._operations[k] for k in rng.integers(0, total, self._count)]

    def weak(self, film: Bytes, masks: Bytes, rng: Generator) -> tuple[Bytes, Bytes]:
        """The study's default operations: crop (80–100 %, p .5), back to size, horizontal flip (p .5)."""
        if self._policy == "none":
            return film, masks
        if rng.random() < 0.5:
            film, masks = pixels.crop(film, masks, LEAST_CROP, rng)
        if rng.random() < 0.5:
            film, masks = pixels.mirror(film, masks)
        return film, masks

    def strong(self, film: Bytes, rng: Generator) -> Bytes:
        """Light alone, for consistency training: every pixel stays where it is.

        Jitter of brightness, contrast (±.5) and gamma (2^±1) with p .8, blur (σ up to 2 px) with p .5, as UniMatch
        (Yang et al., 2023); equalise and posterise with p .2, in place of its greying. All scaled by the magnitude.
        """
        s = self._strength
        if self._policy == "none" or not s:
            return film
        if rng.random() < 0.2:
            film = pixels.equalised(film)
        if rng.random() < 0.8:
            gamma, contrast, brightness = 2 ** rng.uniform(-s, s), *(1 + rng.uniform(-0.5 * s, 0.5 * s, 2))
            film = pixels.jittered(film, gamma, contrast, brightness)
        if rng.random() < 0.2:
            film = pixels.posterised(film, 8 - round(4 * s))
        if rng.random() < 0.5:
            film = pixels.blurred(film, rng.uniform(0.1, max(2.0 * s, 0.2)))
        return film


def _drawn(change: Drawn) -> Apply:
    return lambda film, masks, _fill, rng: (change(film, rng), masks)


def _light(change: Callable[[Bytes, int, Generator], Bytes]) -> Apply:
    return lambda film, masks, fill, rng: (change(film, fill, rng), masks)


def _geometry(matrix: Callable[[int, int], Matrix]) -> Apply:
    """``matrix`` makes the map of old to new pixels from the film's side and a direction."""
    return lambda film, masks, fill, rng: pixels.move(film, masks, matrix(film.shape[0], _sign(rng)), fill)


def _sign(rng: Generator) -> int:
    return 1 if rng.random() < 0.5 else -1
