"""Planted errors (definitions: section 7): wrong masks made from right ones, and how single networks follow them."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import dice
from overread.domain.words import PlantKind

Pixels = NDArray[np.bool_]
WRONG_DICE = 0.4  # a planted mask has at most this Dice with the right one: who redraws it is below .5, called wrong
TRIES = 200
GROWN = 4.0  # a dilated mask's area, of the right one's; an eroded one's the other way round
LESION = 0.002  # share of the film that a false lesion on an empty film covers at least


def plant(mask: Pixels, kind: PlantKind, rng: np.random.Generator) -> Pixels:
    """A wrong mask made from a right one (height, width), their Dice at most WRONG_DICE.

    On an empty mask only "false" can be planted. Raises InvalidInput when this kind cannot be made that wrong here (a
    lesion on the midline mirrors onto itself, one that fills the film has no room): take another kind or film.
    """
    if not mask.any() and kind != "false":
        raise InvalidInput(f"An empty mask cannot be {kind}; plant a false lesion.")
    makers = {"removed": _removed, "false": _false, "shifted": _shifted}
    if kind in makers:
        made = makers[kind](mask, rng)
    elif kind == "mirrored":
        made = mask[:, ::-1].copy()
    else:
        made = _resized(mask, GROWN if kind == "dilated" else 1 / GROWN)
    if not _clearly_wrong(made, mask):
        raise InvalidInput(f"This mask cannot be {kind} so that it is clearly wrong; take another kind or film.")
    return made


def follow(member: Pixels, kind: PlantKind, right: Pixels, wrong: Pixels, share: float = 1.0) -> Pixels:
    """What a member's mask shows beside an error planted on its ensemble's: the same wrong done to it.

    All are (height, width). ``right`` → ``wrong`` is the ensemble's, of this kind: the member stands to the planted
    mask about as it stood to the right one, so that members do not give it away. Of a false lesion, which no member
    drew, it marks ``share`` of the area.
    """
    if kind == "false":
        return member | _scaled(wrong & ~right, share)
    if kind == "removed":
        if not wrong.any():
            return np.zeros_like(member)
        gone = right & ~wrong
        return member & (ndimage.distance_transform_edt(~gone) > ndimage.distance_transform_edt(~wrong))
    if kind == "mirrored":
        return member[:, ::-1].copy()
    if kind == "shifted":
        down, across = (int(np.nonzero(wrong)[axis].min() - np.nonzero(right)[axis].min()) for axis in (0, 1))
        return _moved(member, down, across)
    if not member.any():
        return member.copy()
    # As far beyond the planted border as it was beyond the right one, in proportion to the lesion's new width.
    widened = math.sqrt(GROWN) if kind == "dilated" else 1 / math.sqrt(GROWN)
    return np.asarray(_depth(wrong) + widened * (_depth(member) - _depth(right)) > 0)


def _clearly_wrong(made: Pixels, mask: Pixels) -> bool:
    alike = dice(made, mask)
    return alike is not None and alike <= WRONG_DICE


def _removed(mask: Pixels, rng: np.random.Generator) -> Pixels:
    """Without components at random, one after the other, until little enough is left."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    made = mask.copy()
    for label in rng.permutation(count) + 1:
        made &= labels != label
        if _clearly_wrong(made, mask):
            break
    return made


def _false(mask: Pixels, rng: np.random.Generator) -> Pixels:
    """With an ellipse beside the lesion, three times its area or more."""
    height, width = mask.shape
    rows, columns = np.ogrid[:height, :width]
    area = max(3.15 * float(mask.sum()), LESION * mask.size)
    for _ in range(TRIES):
        stretch = rng.uniform(0.7, 1.4)
        a, b = math.sqrt(area / math.pi) * stretch, math.sqrt(area / math.pi) / stretch
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        made = mask | (((rows - y) / a) ** 2 + ((columns - x) / b) ** 2 <= 1)
        if _clearly_wrong(made, mask) and made.any():
            return made
    return mask


def _shifted(mask: Pixels, rng: np.random.Generator) -> Pixels:
    """Moved the shorter the better, in a random direction, never over the film's edge."""
    rows, columns = np.nonzero(mask)
    for reach in np.linspace(1, max(mask.shape), TRIES):
        angle = rng.uniform(0, 2 * math.pi)
        down, right = round(reach * math.sin(angle)), round(reach * math.cos(angle))
        y, x = rows + down, columns + right
        if y.min() < 0 or x.min() < 0 or y.max() >= mask.shape[0] or x.max() >= mask.shape[1]:
            continue
        made = np.zeros_like(mask)
        made[y, x] = True
        if _clearly_wrong(made, mask):
            return made
    return mask


def _moved(mask: Pixels, down: int, across: int) -> Pixels:
    """Moved by so many pixels; what goes over the film's edge is lost."""
    rows, columns = np.nonzero(mask)
    rows, columns = rows + down, columns + across
    inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
    made = np.zeros_like(mask)
    made[rows[inside], columns[inside]] = True
    return made


def _scaled(mask: Pixels, factor: float) -> Pixels:
    """``_resized``, for a factor of nothing or of everything too; at most GROWN."""
    if factor <= 0 or not mask.any():
        return np.zeros_like(mask)
    return mask if factor == 1 else _resized(mask, min(factor, GROWN))


def _depth(mask: Pixels) -> NDArray[np.float64]:
    """How deep a pixel lies inside, negative outside; never 0."""
    return np.asarray(ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask))


def _resized(mask: Pixels, factor: float) -> Pixels:
    """Grown or shrunk evenly from its edge to ``factor`` of its area, as far as whole rims of pixels allow."""
    signed = _depth(mask)
    count = math.ceil(factor * mask.sum()) if factor > 1 else math.floor(factor * mask.sum())
    if not 0 < count < mask.size:
        return mask
    limit = np.partition(signed.ravel(), mask.size - count)[mask.size - count]
    return np.asarray(signed >= limit if factor > 1 else signed > limit)
