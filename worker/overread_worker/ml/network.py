"""Networks: a mask and a presence for every finding, from one film.

Every network is an encoder, a decoder and two heads, whichever library made them; a second pair of heads can take the
pseudo labels' loss (DST: Chen et al., "Debiased Self-Training", 2022) and is dropped when the network is published.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from overread.domain.errors import InvalidInput, MissingDependency
from overread.domain.learning.recipe import Recipe
from overread.encoders import PACKED
from overread_worker.ml.imagenet import fill

if TYPE_CHECKING:
    from overread_worker.ml.segmentation import Unet

FEATURE_DROP = 0.5  # UniMatch drops half of the encoder's channels


class Heads(nn.Module):
    """From decoded features to mask logits (N, F, h, w), from the encoder's last ones to presence logits (N, F)."""

    def __init__(self, mask: nn.Module, presence: nn.Module) -> None:
        super().__init__()
        self.mask, self.presence = mask, presence

    def forward(self, decoded: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        return self.mask(decoded), self.presence(last)


class Network(nn.Module):
    """Films (N, 1, H, W) → mask logits (N, F, H, W) and presence logits (N, F)."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, heads: Heads, own: Heads | None = None) -> None:
        super().__init__()
        self.encoder, self.decoder, self.heads = encoder, decoder, heads
        self.pseudo_heads = own

    def forward(self, films: Tensor, machine: Tensor | None = None, *, perturb: bool = False) -> tuple[Tensor, Tensor]:
        """``machine`` (N, F) bool: targets that a machine made, which the pseudo heads answer for where there are any.
        ``perturb`` drops half of the encoder's channels (UniMatch's feature perturbation)."""
        features = self.encoder(films)
        if perturb:
            features = [nn.functional.dropout2d(one, FEATURE_DROP, self.training) for one in features]
        decoded = self.decoder(features)
        masks, presence = self.heads(decoded, features[-1])
        if machine is not None and self.pseudo_heads is not None:
            # Each target teaches one pair of heads; the zeros of the other keep every weight in the graph (DDP).
            own_masks, own_presence = self.pseudo_heads(decoded, features[-1])
            masks = torch.where(machine[:, :, None, None], own_masks, masks)
            presence = torch.where(machine, own_presence, presence)
        return _resize(masks, films.shape[2:]), presence


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


class SmallEncoder(nn.Module):
    """A stride-2 stem and four stages, for two cores."""

    def __init__(self, w: list[int]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, w[0], 5, stride=2, padding=2)
        self.down = nn.ModuleList([Block(w[0], w[0]), Block(w[0], w[1]), Block(w[1], w[2]), Block(w[2], w[3])])

    def forward(self, films: Tensor) -> list[Tensor]:
        """Films (N, 1, H, W) → features of each stage, at ½, ¼, ⅛ and 1⁄16 of the side."""
        features: list[Tensor] = []
        x = self.stem(films)
        for depth, block in enumerate(self.down):
            x = block(nn.functional.max_pool2d(x, 2) if depth else x)
            features.append(x)
        return features


class SmallDecoder(nn.Module):
    """Back to half size, each stage joined with the encoder's."""

    def __init__(self, w: list[int]) -> None:
        super().__init__()
        self.up = nn.ModuleList([Block(w[3] + w[2], w[2]), Block(w[2] + w[1], w[1]), Block(w[1] + w[0], w[0])])

    def forward(self, features: list[Tensor]) -> Tensor:
        x = features[-1]
        for block, skip in zip(self.up, reversed(features[:-1]), strict=True):
            x = block(torch.cat([_resize(x, skip.shape[2:]), skip], dim=1))
        return x


class SmallPresence(nn.Module):
    """Mean and maximum of the last features, both, to a presence."""

    def __init__(self, inside: int, findings: int, dropout: float) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(inside * 2, findings))

    def forward(self, last: Tensor) -> Tensor:
        return self.out(torch.cat([last.mean(dim=(2, 3)), last.amax(dim=(2, 3))], dim=1))


@contextmanager
def as_it_labels(network: nn.Module) -> Iterator[None]:
    """Within, no dropout and BatchNorm by its running statistics; then the network's behaviour is put back, also when
    memory runs out."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def build(recipe: Recipe, findings: int, *, pretrained: bool = True) -> Network:
    """The recipe's network.

    Raises MissingDependency when ImageNet weights are asked for and cannot be had: from their package, or from the hub
    for encoders that have none. With ``pretrained`` false nothing is fetched and no head of pseudo labels is made: a
    published checkpoint is about to be loaded.
    """
    own = recipe.pseudo.own_head and pretrained
    if recipe.network == "small-unet":
        return _small(recipe, findings, own)
    return _smp(recipe, findings, pretrained, own)


def count_parameters(network: nn.Module) -> int:
    """Learnable numbers in the network as it is published: without the pseudo labels' own heads."""
    return sum(p.numel() for name, p in network.named_parameters() if "pseudo_heads." not in name)


def _small(recipe: Recipe, findings: int, own: bool) -> Network:
    w = [recipe.width, recipe.width * 2, recipe.width * 4, recipe.width * 4]

    def heads() -> Heads:
        mask = nn.Sequential(nn.Dropout2d(recipe.dropout), nn.Conv2d(w[0], findings, 1))
        return Heads(mask, SmallPresence(w[3], findings, recipe.dropout))

    return Network(SmallEncoder(w), SmallDecoder(w), heads(), heads() if own else None)


def _smp(recipe: Recipe, findings: int, pretrained: bool, own: bool) -> Network:
    """U-Net of segmentation-models-pytorch; its dropout stands before the classifier, ours before the mask as well."""
    from overread_worker.ml.segmentation import Unet

    imagenet = recipe.encoder_weights == "imagenet" and pretrained
    weights = "imagenet" if imagenet and recipe.network not in PACKED else None
    classifier = {"classes": findings, "pooling": recipe.pooling, "dropout": recipe.dropout}
    options: dict[str, object] = {"in_channels": 1, "classes": findings, "aux_params": classifier}
    if recipe.stochastic_depth and recipe.network.startswith("tu-"):
        options["drop_path_rate"] = recipe.stochastic_depth
    try:
        made = Unet(recipe.network, encoder_weights=weights, **options)
        second = Unet(recipe.network, encoder_weights=None, **options) if own else None
    except KeyError:
        lacking = f", or has no weights {weights!r}" if weights else ""
        raise MissingDependency(f"{recipe.network!r} is no encoder of segmentation-models-pytorch{lacking}.") from None
    except OSError as error:
        raise MissingDependency(
            f"{recipe.name} starts from ImageNet weights, and the hub cannot be reached ({type(error).__name__}). "
            'Connect this worker, put the weights into its hub cache, or set encoder_weights = "none".'
        ) from error
    if imagenet and weights is None:
        fill(made.encoder, recipe.network)
    _skip_blocks(made.encoder, recipe.stochastic_depth)
    return Network(made.encoder, made.decoder, _smp_heads(made, recipe), _smp_heads(second, recipe) if second else None)


def _smp_heads(made: "Unet", recipe: Recipe) -> Heads:
    return Heads(nn.Sequential(nn.Dropout2d(recipe.dropout), made.segmentation_head), made.classification_head)


def _skip_blocks(encoder: nn.Module, rate: float) -> None:
    """Stochastic depth where the encoder has it (Huang et al., 2016): drop connect, or timm's drop path, which some
    encoders bring along at a rate of their own; the chance grows with depth, to ``rate``.

    Raises InvalidInput for an encoder that has none and a rate above 0.
    """
    if hasattr(encoder, "_drop_connect_rate"):
        encoder._drop_connect_rate = rate  # type: ignore[assignment]
        return
    paths = [one for one in encoder.modules() if type(one).__name__ == "DropPath"]
    if rate and not paths:
        raise InvalidInput("This encoder has no block to skip; set stochastic_depth to 0.")
    for depth, path in enumerate(paths, 1):
        path.drop_prob = rate * depth / len(paths)  # type: ignore[assignment]


def _resize(x: Tensor, shape: torch.Size) -> Tensor:
    return nn.functional.interpolate(x, size=shape, mode="bilinear", align_corners=False) if x.shape[2:] != shape else x
