"""Films and masks as training reads them: resized once into memory-mapped arrays, never the whole pool in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overread.disk import make_private
from overread.domain.imaging.films import unpack_film
from overread.domain.imaging.masks import decode

CACHED = ("films.npy", "masks.npy")


@dataclass(frozen=True)
class TrainingItem:
    """One film. ``counts``: COCO counts by finding, None for "no lesion"; a finding not in it is unknown.
    ``machine``: the findings whose target a machine made; a film is human truth when there is none. ``source``: whose
    films it is scored with, where that matters."""

    image: Path
    height: int
    width: int
    patient: str
    counts: Mapping[str, bytes | None]
    weights: Mapping[str, float]
    machine: frozenset[str] = frozenset()
    source: str = ""


@dataclass(frozen=True)
class Cache:
    """N films at size S for F findings: films and packed masks (N, S, S) uint8, bit i of a mask byte is finding i;
    weights (N, F) float32, 0 where the finding is unknown; present and machine (N, F) bool: the finding is on the
    film, its target was made by a machine."""

    films: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    weights: NDArray[np.float32]
    present: NDArray[np.bool_]
    machine: NDArray[np.bool_]
    patients: list[str]

    @property
    def findings(self) -> int:
        """How many it knows of."""
        return self.weights.shape[1]

    @property
    def human(self) -> NDArray[np.bool_]:
        """Films (N,) that people alone labelled."""
        return np.asarray(~self.machine.any(axis=1))

    @property
    def known(self) -> NDArray[np.int64]:
        """Findings (N,) with a label on each film, whoever made it."""
        return np.asarray((self.weights > 0).sum(axis=1))

    @property
    def told(self) -> NDArray[np.int64]:
        """Findings (N,) that people told of on each film."""
        return np.asarray(((self.weights > 0) & ~self.machine).sum(axis=1))


def read_film(path: Path, size: int) -> NDArray[np.uint8]:
    """A stored film at size × size, uint8, windowed to its 0.5th–99.5th percentile."""
    pixels = unpack_film(path.read_bytes())
    return windowed(cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]


def windowed(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Grey pixels (height, width) as uint8, their 0.5th percentile as 0 and their 99.5th as 255.

    Percentiles from counts of levels, and a table of levels: to the bit what NumPy's percentiles of the pixels would
    give, in a fifth of the time.
    """
    up_to = np.cumsum(np.bincount(pixels.ravel()))
    place = np.array((0.005, 0.995)) * (pixels.size - 1)
    below = np.floor(place)
    left, right = np.searchsorted(up_to, (below, below + 1), side="right")
    share, step = place - below, right - left
    low, high = np.where(share < 0.5, left + step * share, right - step * (1 - share))
    levels = np.arange(len(up_to), dtype=np.float32)
    return np.clip((levels - low) * (255 / max(high - low, 1)), 0, 255).astype(np.uint8)[pixels]


def centred(films: Tensor) -> Tensor:
    """Films (N, S, S) uint8 as a network's input (N, 1, S, S) float32."""
    return (films.float().unsqueeze(1) / 64 - 2).contiguous(memory_format=torch.channels_last)


def pack_masks(item: TrainingItem, findings: Sequence[str], size: int) -> NDArray[np.uint8]:
    """The item's masks at size × size as one byte a pixel."""
    packed = np.zeros((size, size), np.uint8)
    for bit, finding in enumerate(findings):
        counts = item.counts.get(finding)
        if counts is not None:
            mask = decode(counts, item.height, item.width).astype(np.float32)
            cover = cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA)
            # A lesion smaller than a pixel of the small frame must not vanish, or its film would be taken for a normal
            # one: a cover of a quarter marks a pixel, and where none has that much, the most there is.
            packed |= ((cover >= min(0.25, cover.max())) & (cover > 0)).astype(np.uint8) << bit
    return packed


def unpack(packed: NDArray[np.uint8], findings: int) -> NDArray[np.bool_]:
    """Packed masks (…, H, W) as booleans (…, F, H, W)."""
    bits = np.arange(findings, dtype=np.uint8)[:, None, None]
    return (packed[..., None, :, :] >> bits & 1).astype(bool)


def build_cache(
    items: Iterable[TrainingItem], count: int, findings: Sequence[str], size: int, folder: Path, *, write: bool = True
) -> Cache:
    """The arrays for ``count`` items in ``folder``, one film in memory at a time; without ``write``, those that another
    process has written there."""
    shape = (count, size, size)
    if write:
        for name in CACHED:
            (make_private(folder) / name).touch(mode=0o600)
    films, masks = (
        np.lib.format.open_memmap(folder / name, "w+" if write else "r", np.uint8, shape)
        if count
        else np.zeros(shape, np.uint8)
        for name in CACHED
    )
    weights = np.zeros((count, len(findings)), np.float32)
    present, machine = np.zeros((count, len(findings)), bool), np.zeros((count, len(findings)), bool)
    patients: list[str] = []
    for row, item in enumerate(items):
        if write:
            films[row] = read_film(item.image, size)
            masks[row] = pack_masks(item, findings, size)
        weights[row] = [item.weights.get(finding, 0.0) for finding in findings]
        present[row] = [item.counts.get(finding) is not None for finding in findings]
        machine[row] = [finding in item.machine for finding in findings]
        patients.append(item.patient)
    return Cache(films, masks, weights, present, machine, patients)
