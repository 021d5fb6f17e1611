"""ImageNet weights from a package: the loaded encoder says of a film what their authors' own network says of it; the
names that a launch knows are those that the libraries build."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from overread import encoders
from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.encoders import PACKED, names
from overread_worker.ml.dataset import centred
from overread_worker.ml.imagenet import fill
from overread_worker.ml.network import build

LITE = "tu-tf_efficientnet_lite"
installed = pytest.mark.skipif(
    not all(find_spec(weights.package) for weights in PACKED.values()), reason="the extra encoders is not installed"
)


def film_of(side: int) -> torch.Tensor:
    """A film (1, S, S) uint8 of stripes and rings."""
    y, x = np.mgrid[:side, :side]
    return torch.from_numpy(np.rint(128 + 70 * np.sin(x / 9) + 50 * np.cos(y * x / 900)).astype(np.uint8))[None]


@installed
@pytest.mark.parametrize(
    ("number", "side", "means", "deviation"),
    [
        (0, 224, [-0.2981, -0.5426, -0.4220, -0.7433, 3.6804, 0.8679], 2.5686),
        (1, 240, [-1.2905, 0.7392, 3.4650, -1.4528, -3.9546, 2.4632], 2.5833),
        (2, 260, [-1.3497, 0.7169, -0.9543, -0.3703, 0.2693, -0.0645], 2.4552),
    ],
)
def test_features_are_those_of_the_authors_network(
    number: int, side: int, means: list[float], deviation: float
) -> None:
    """What efficientnet-lite-pytorch 0.1.0, the weights' own network, says of the film in three equal colours, grey 128
    as 0 and ±128 as ±1, at the size that it was trained at: means of six of its last block's features over the film."""
    encoder = build(Recipe("x", f"{LITE}{number}", encoder_weights="imagenet"), 2).encoder.eval()
    with torch.no_grad():
        last = encoder(centred(film_of(side)))[-1]
    torch.testing.assert_close(last.mean(dim=(0, 2, 3))[:6], torch.tensor(means), atol=1e-3, rtol=0)
    assert last.std().item() == pytest.approx(deviation, abs=1e-3)


@installed
def test_weights_do_not_enter_an_encoder_that_is_built_in_another_way() -> None:
    for other in (build(Recipe("x", f"{LITE}1"), 2).encoder, nn.Conv2d(1, 8, 3)):
        before = [value.clone() for value in other.state_dict().values()]
        with pytest.raises(InvalidInput, match="do not fit"):
            fill(other, f"{LITE}0")
        assert all(torch.equal(a, b) for a, b in zip(before, other.state_dict().values(), strict=True))


@installed
def test_a_published_checkpoint_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import overread_worker.ml.network as room

    monkeypatch.setattr(room, "fill", lambda *_: pytest.fail("weights were read"))
    build(Recipe("x", f"{LITE}0", encoder_weights="imagenet"), 2, pretrained=False)
    build(Recipe("x", f"{LITE}0"), 2)


def buildable(name: str) -> bool:
    """Whether a U-Net can be built on the encoder; on the device that holds no numbers where it can."""
    for device in ("meta", "cpu"):
        try:
            with torch.device(device), warnings.catch_warnings(action="ignore"):
                build(Recipe("x", name), 1)
        except RuntimeError as error:
            if "meta" not in str(error):
                return False
        except Exception:
            return False  # each library refuses by an error of its own
        else:
            return True
    return False


def of_libraries() -> tuple[list[str], list[str]]:
    """What segmentation-models-pytorch calls its own encoders, and what it calls timm's."""
    import timm
    from segmentation_models_pytorch.encoders import get_encoder_names

    import overread_worker.ml.segmentation  # noqa: F401 – before timm, which needs torchvision

    return get_encoder_names(), [f"tu-{name}" for name in timm.list_models()]


def test_the_names_that_a_launch_knows_are_those_that_the_libraries_build() -> None:
    """All of segmentation-models-pytorch's own, and of timm's those that have the stages that a U-Net needs: every 60th
    is built. After a change of either library: ``python -m tests.ml.test_imagenet``."""
    own, of_timm = of_libraries()
    assert names() - set(of_timm) == set(own)
    sample = of_timm[7::60]
    assert {name for name in sample if buildable(name)} == names() & set(sample)


if __name__ == "__main__":
    known = [name for part in of_libraries() for name in part if buildable(name)]
    Path(encoders.__file__).with_name("names.txt").write_text("\n".join(known) + "\n")
