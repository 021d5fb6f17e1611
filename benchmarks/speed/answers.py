"""Networks that never learned and answer as good ones would: a film costs their passes, and gets maps like a good
network's. What an unlearned one draws, thousands of specks on every film, would cost labelling what no pool costs."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.speed.scoring import soft_map
from overread.datasets.phantoms.phantom import Phantom, make_film
from overread_worker.ml.predict import Members

KEPT = 16  # different answers: a film gets one of them, whichever batch it comes in
DRAWN = 0.5  # share of films × findings with a lesion, of which a network marks seven in ten


class Answering(Members):
    """``Members`` whose passes are all made, and whose maps are then drawn ones; presences stay the networks' own."""

    @torch.inference_mode()
    def each(self, films: NDArray[np.uint8]) -> Iterator[tuple[Tensor, Tensor]]:
        size, which = films.shape[-1], films.sum(axis=(1, 2)) % KEPT
        for number, (maps, presence) in enumerate(super().each(films)):
            drawn = torch.from_numpy(answers(number, tuple(self.findings), size)[which]).to(maps.device)
            yield maps.copy_(drawn).div_(255), presence


@cache
def answers(number: int, findings: tuple[str, ...], size: int) -> NDArray[np.uint8]:
    """Maps uint8 (KEPT, F, size, size) of a network by its number: lesions are all networks' alike, what each makes of
    them is its own."""
    rng, own = np.random.default_rng(0), np.random.default_rng((1, number))
    maps = np.empty((KEPT, len(findings), size, size), np.uint8)
    for film, finding in np.ndindex(KEPT, len(findings)):
        mask = np.zeros((size, size), bool)
        if rng.random() < DRAWN:
            mask = next(
                masks[findings[finding]]
                for index in range(film * 1000, film * 1000 + 1000)
                if (masks := make_film(Phantom(size=size, seed=0), index)[1])[findings[finding]].any()
            )
        maps[film, finding] = soft_map(mask, own)
    return maps
