"""How far a reader can be trusted (definitions: section 7): planted wrong masks, anchoring, and what they correct."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from overread.domain.errors import InvalidInput
from overread.domain.masks import dice

Pixels = NDArray[np.bool_]
Wrong = Literal["removed", "false", "shifted", "dilated", "eroded", "mirrored"]
WRONGS: tuple[Wrong, ...] = ("removed", "false", "shifted", "dilated", "eroded", "mirrored")
WRONG_DICE = 0.4  # a planted mask has at most this Dice with the right one: who redraws it is below .5, called wrong
TRIES = 200
GROWN = 4.0  # a dilated mask's area, of the right one's; an eroded one's the other way round
Light = Literal["red", "amber", "green", "grey"]
PUBLISHED_MISS, PRIOR = 0.33, 3
FOUND, ANCHORED = 0.8, 0.3  # shares: of plants found, of masks taken over
ENOUGH = 5  # plants before a light can be green, and before they correct an error
AGREE = 0.7  # Dice below which two masks are not of one opinion
LESION = 0.002  # share of the film that a false lesion on an empty film covers at least


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` with the exact 95 % interval (Clopper & Pearson, 1934); ``value`` None when n is 0."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


def share(hits: int, n: int, alpha: float = 0.05) -> Share:
    """The share with its two-sided interval; [0, 1] without a trial."""
    low = float(special.betaincinv(hits, n - hits + 1, alpha / 2)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, n - hits, 1 - alpha / 2)) if hits < n else 1.0
    return Share(hits, n, hits / n if n else None, low, high)


def lower_limit(found: Share, doubt: float) -> float:
    """The exact one-sided lower limit of the share at confidence 1 − doubt; 0 without a hit."""
    return float(special.betaincinv(found.hits, found.n - found.hits + 1, doubt)) if found.hits else 0.0


def plant(mask: Pixels, kind: Wrong, rng: np.random.Generator) -> Pixels:
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
    if np.array_equal(made, mask) or dice(made, mask) > WRONG_DICE:
        raise InvalidInput(f"This mask cannot be {kind} so that it is clearly wrong; take another kind or film.")
    return made


def follow(member: Pixels, kind: Wrong, right: Pixels, wrong: Pixels, share: float = 1.0) -> Pixels:
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


def anchoring(blind_differs: NDArray[np.bool_], took_over: NDArray[np.bool_]) -> Share:
    """A = |{m0 ≠ a, m1 = a}| / |{m0 ≠ a}|: of the blind reads that differed from the mask shown later, those that were
    then changed into it."""
    return share(int((blind_differs & took_over).sum()), int(blind_differs.sum()))


def beats_chance(detected: Share, false_alarms: Share) -> bool:
    """Whether wrong masks were called wrong more often than right ones, as counted and as drawn towards ½."""
    if not (detected.n and false_alarms.n):
        return False
    counted = detected.hits / detected.n > false_alarms.hits / false_alarms.n
    return counted and _drawn_in(detected) > _drawn_in(false_alarms)


def corrected_error(
    error: float, reads: float, detected: Share, false_alarms: Share
) -> tuple[float, float, float] | None:
    """Error, low, high (95 %) after Rogan & Gladen (1978): ê = (e + ŵ − 1)/(ŝ + ŵ − 1), cut to [0, 1].

    ``error`` e is the share that readers call wrong, worth as many independent ``reads`` (of a stratified draw: see
    ``pool_estimates.worth``). ŝ is the share of planted masks called wrong, 1 − ŵ that of right masks. The interval is
    the delta method's over counts drawn towards ½ (Lang & Reiczigel, 2014, without their shift: z²/2 to each side of
    the reads, one trial to each of ŝ and ŵ). None without planted or right masks, or when readers do no better than
    chance: then the reads tell nothing.
    """
    if not reads or not beats_chance(detected, false_alarms):
        return None
    z = float(special.ndtri(0.975))
    s, w = detected.hits / detected.n, 1 - false_alarms.hits / false_alarms.n
    found, kept = _drawn_in(detected), 1 - _drawn_in(false_alarms)
    value = min(1.0, max(0.0, (error + w - 1) / (s + w - 1)))
    trials = reads + z**2
    e = (error * reads + z**2 / 2) / trials
    centre = (e + kept - 1) / (found + kept - 1)
    variance = e * (1 - e) / trials
    variance += centre**2 * found * (1 - found) / (detected.n + 2)
    variance += (1 - centre) ** 2 * kept * (1 - kept) / (false_alarms.n + 2)
    half = z * math.sqrt(variance) / (found + kept - 1)
    return value, min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half))


def _drawn_in(counts: Share) -> float:
    return (counts.hits + 1) / (counts.n + 2)


def _removed(mask: Pixels, rng: np.random.Generator) -> Pixels:
    """Without components at random, one after the other, until little enough is left."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    made = mask.copy()
    for label in rng.permutation(count) + 1:
        made &= labels != label
        if dice(made, mask) <= WRONG_DICE:
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
        if dice(made, mask) <= WRONG_DICE and made.any():
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
        if dice(made, mask) <= WRONG_DICE:
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


def differ(first_unsure: bool, second_unsure: bool, dice: float | None) -> bool:
    """Whether two readers of one unit need a judge: one cannot tell and the other can, or their masks are below AGREE
    (``dice`` None: neither drew any)."""
    if first_unsure or second_unsure:
        return first_unsure != second_unsure
    return dice is not None and dice < AGREE


def median_interval(values: Sequence[float], alpha: float = 0.05) -> tuple[float | None, float | None, float | None]:
    """Median with its exact, distribution-free interval from order statistics (Thompson, 1936): low and high are the
    closest ranks j and n + 1 − j with P(Bin(n, ½) < j) ≤ α/2, None where n is too small to have one."""
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return None, None, None
    j = max((k for k in range(1, n // 2 + 1) if special.bdtr(k - 1, n, 0.5) <= alpha / 2), default=0)
    low, high = (ordered[j - 1], ordered[n - j]) if j else (None, None)
    return float(np.median(ordered)), low, high


def shrunk_miss_rate(planted: Share) -> float:
    """The share of planted errors that a reader misses, drawn towards what is published while few were met: 33 % of
    wrong masks shown by an AI were let through (six radiologists, 90 films; PMC10235827), weighing as PRIOR plants."""
    return (planted.n - planted.hits + PRIOR * PUBLISHED_MISS) / (planted.n + PRIOR)


def trust_light(detected: Share, anchored: Share) -> Light:
    """Red: surely misses more than a fifth of the planted errors, or surely takes over three in ten masks that the
    blind read had otherwise. Green: five plants or more, four fifths of them found, and not so anchored. Grey: too few
    to say. Amber: between."""
    if detected.high < FOUND or anchored.low > ANCHORED:
        return "red"
    if detected.n < ENOUGH:
        return "grey"
    found = detected.value is not None and detected.value >= FOUND
    return "green" if found and (anchored.value or 0.0) <= ANCHORED else "amber"
