"""Maps and presences of several networks on the same films, on the device that is there."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread_worker.ml.checkpoint import load_network, temperature_of
from overread_worker.ml.dataset import centred


def to_tensor(films: NDArray[np.uint8], device: torch.device | None = None) -> Tensor:
    """Films (N, S, S) uint8 as the network's input (N, 1, S, S) float32, centred; bytes travel, not floats."""
    return centred(torch.from_numpy(films).to(device))


class Members:
    """The networks of an ensemble, with the findings that they know and the recipe that combines them. Films enter at
    each network's own size.

    ``recipe.labelling`` says whether logits are divided by each teacher's temperature and whether the mirrored film is
    asked as well. ``temperatures`` are taken in place of those that the checkpoints keep: a teacher's earlier
    checkpoints (ST++) were calibrated by nobody, and answer at their teacher's. Raises InvalidInput for a network that
    knows other findings.
    """

    def __init__(
        self,
        checkpoints: Sequence[Path],
        findings: Sequence[str],
        recipe: Recipe,
        temperatures: Sequence[float] | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.findings, self.recipe = list(findings), recipe
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.temperatures = list(temperatures or [1.0] * len(checkpoints))
        if recipe.labelling.temperature and temperatures is None:
            self.temperatures = [temperature_of(path) for path in checkpoints]
        self._flip, self._dtype = recipe.labelling.flip, half_precision(self.device, recipe)
        self._networks: list[tuple[nn.Module, int]] = []
        for path in checkpoints:
            network, own_recipe, own = load_network(path)
            if own != self.findings:
                raise InvalidInput(f"{own_recipe.name} knows {', '.join(own)}; this project has {', '.join(findings)}.")
            there = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            self._networks.append((there, own_recipe.size))

    def __len__(self) -> int:
        return len(self._networks)

    @torch.inference_mode()
    def predict(self, films: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """Films (N, S, S) uint8 → maps (K, N, F, S, S) and presences (K, N, F), float32 in [0, 1], on the device."""
        maps, presences = zip(*self.each(films), strict=True)
        return torch.stack(maps), torch.stack(presences)

    @torch.inference_mode()
    def each(self, films: NDArray[np.uint8]) -> Iterator[tuple[Tensor, Tensor]]:
        """The same, one member after the other: maps (N, F, S, S) and presences (N, F)."""
        x = to_tensor(films, self.device)
        for (network, own), temperature in zip(self._networks, self.temperatures, strict=True):
            small = _resize(x, own)
            maps, presence = self._ask(network, small, x.shape[-1], temperature)
            if self._flip:
                mirrored, again = self._ask(network, small.flip(-1), x.shape[-1], temperature)
                maps, presence = (maps + mirrored.flip(-1)) / 2, (presence + again) / 2
            # A network gives a pixel's findings side by side; whatever is asked of a map is asked of its pixels.
            yield maps.contiguous(), presence

    def _ask(self, network: nn.Module, x: Tensor, size: int, temperature: float) -> tuple[Tensor, Tensor]:
        with self._autocast():
            masks, presence = network(x)
        return _resize(masks.float(), size).div(temperature).sigmoid_(), presence.float().div(temperature).sigmoid()

    def _autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, self._dtype) if self._dtype else nullcontext()


def half_precision(device: torch.device, recipe: Recipe) -> torch.dtype | None:
    """The 16-bit arithmetic to label in, or None for 32 bits.

    A GPU always has one that is faster. A CPU that lacks the instructions only emulates it, more slowly; and where it
    has them the recipe must have trained in it. What the machine can do decides, never a clock:
    same machine, same maps.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    able: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return torch.bfloat16 if recipe.precision == "bf16-mixed" and able.get("avx512_bf16") else None


def _resize(x: Tensor, size: int) -> Tensor:
    if x.shape[-1] == size:
        return x
    return nn.functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
