"""Maps and presences of several networks on the same films."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.domain.errors import InvalidInput
from worker.ml.checkpoint import load_network


def to_tensor(films: NDArray[np.uint8]) -> Tensor:
    """Films (N, S, S) uint8 as the network's input (N, 1, S, S), centred."""
    return torch.from_numpy(films.astype(np.float32)).unsqueeze(1) / 64 - 2


class Members:
    """The networks of an ensemble, on the device that is there. Films enter at each network's own size."""

    def __init__(self, checkpoints: list[Path], findings: list[str]) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._networks: list[tuple[nn.Module, int]] = []
        for path in checkpoints:
            network, recipe, own = load_network(path)
            if own != findings:
                raise InvalidInput(f"{recipe.name} knows {', '.join(own)}; this project has {', '.join(findings)}.")
            self._networks.append((network.to(self._device, memory_format=torch.channels_last), recipe.size))  # type: ignore[call-overload]

    def __len__(self) -> int:
        return len(self._networks)

    @torch.inference_mode()
    def predict(self, films: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Films (N, S, S) uint8 → maps (K, N, F, S, S) and presences (K, N, F), float32 in [0, 1]."""
        size = films.shape[-1]
        x = to_tensor(films).to(self._device)
        maps, presences = [], []
        for network, own in self._networks:
            masks, presence = network(_resize(x, own))
            maps.append(_resize(masks.float(), size).sigmoid().cpu().numpy())
            presences.append(presence.float().sigmoid().cpu().numpy())
        return np.stack(maps), np.stack(presences)


def _resize(x: Tensor, size: int) -> Tensor:
    if x.shape[-1] == size:
        return x
    return nn.functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
