"""Networks: a mask and a presence for every finding, from one film."""

from typing import cast

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from backend.domain.errors import MissingDependency
from backend.domain.recipe import Recipe


class Block(nn.Sequential):
    """Two 3×3 convolutions, each normalised over groups of channels: no batch statistics, so any batch size is fine."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, 3, padding=1, bias=False),
            nn.GroupNorm(4, outside),
            nn.SiLU(),
            nn.Conv2d(outside, outside, 3, padding=1, bias=False),
            nn.GroupNorm(4, outside),
            nn.SiLU(),
        )


class SmallUnet(nn.Module):
    """A U-Net for two cores: a stride-2 stem, four stages, a mask head at half size and a presence head."""

    def __init__(self, findings: int, width: int, dropout: float) -> None:
        super().__init__()
        w = [width, width * 2, width * 4, width * 4]
        self.stem = nn.Conv2d(1, w[0], 5, stride=2, padding=2)
        self.down = nn.ModuleList([Block(w[0], w[0]), Block(w[0], w[1]), Block(w[1], w[2]), Block(w[2], w[3])])
        self.up = nn.ModuleList([Block(w[3] + w[2], w[2]), Block(w[2] + w[1], w[1]), Block(w[1] + w[0], w[0])])
        self.mask = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(w[0], findings, 1))
        self.presence = nn.Sequential(nn.Dropout(dropout), nn.Linear(w[3] * 2, findings))

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor]:
        """Films (N, 1, H, W) → mask logits (N, F, H, W), presence logits (N, F)."""
        x = self.stem(films)
        skips: list[Tensor] = []
        for depth, block in enumerate(self.down):
            x = block(nn.functional.max_pool2d(x, 2) if depth else x)
            skips.append(x)
        presence = self.presence(torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1))
        for block, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = block(torch.cat([_resize(x, skip.shape[2:]), skip], dim=1))
        return _resize(self.mask(x), films.shape[2:]), presence


def build(recipe: Recipe, findings: int, *, pretrained: bool = True) -> nn.Module:
    """The recipe's network; its ``forward`` gives mask logits (N, F, H, W) and presence logits (N, F).

    Raises MissingDependency when ImageNet weights are asked for and the hub cannot be reached. With ``pretrained``
    false nothing is fetched: a checkpoint is about to be loaded.
    """
    if recipe.network == "small-unet":
        return SmallUnet(findings, recipe.width, recipe.dropout)
    weights = recipe.encoder_weights if recipe.encoder_weights != "none" and pretrained else None
    try:
        return cast(
            nn.Module,
            smp.Unet(
                recipe.network,
                encoder_weights=weights,
                in_channels=1,
                classes=findings,
                aux_params={"classes": findings, "pooling": "avg", "dropout": recipe.dropout},
            ),
        )
    except KeyError:
        raise MissingDependency(f"{recipe.network!r} is no encoder of segmentation-models-pytorch.") from None
    except OSError as error:
        raise MissingDependency(
            f"{recipe.name} starts from ImageNet weights, and the hub cannot be reached ({type(error).__name__}). "
            'Connect this worker, put the weights into its hub cache, or set encoder_weights = "none".'
        ) from error


def count_parameters(network: nn.Module) -> int:
    """Learnable numbers in the network."""
    return sum(parameter.numel() for parameter in network.parameters())


def _resize(x: Tensor, shape: torch.Size) -> Tensor:
    return nn.functional.interpolate(x, size=shape, mode="bilinear", align_corners=False)
