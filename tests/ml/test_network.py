"""Networks and checkpoints: counted, calibrated in size, refused when foreign."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from safetensors.torch import save_file

from overread.domain.errors import InvalidInput, MissingDependency
from overread.domain.learning.networks import STEMS, parameter_count
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Pseudo
from overread_worker.ml.checkpoint import load_encoder, load_network, save_encoder, save_network, temperature_of
from overread_worker.ml.network import _skip_blocks, build, count_parameters
from tests.ml.films import FINDINGS, TINY


@pytest.mark.parametrize("name", STEMS)
def test_the_table_of_sizes_is_true(name: str) -> None:
    import overread_worker.ml.segmentation  # noqa: F401 – torchvision cannot be loaded under the device that holds no numbers

    with torch.device("meta"):
        assert count_parameters(build(Recipe("x", name), 3)) == parameter_count(name, 0, 3)


def test_the_small_networks_size_is_true() -> None:
    small = Recipe("x", "small-unet", width=12)
    assert count_parameters(build(small, 5)) == parameter_count("small-unet", 12, 5)


def test_heads_of_pseudo_labels_are_not_counted_and_not_published(tmp_path: Path) -> None:
    recipe = replace(TINY, pseudo=Pseudo(own_head=True))
    network = build(recipe, 2)
    assert network.pseudo_heads is not None
    assert count_parameters(network) == count_parameters(build(TINY, 2))
    save_network(network, recipe, FINDINGS, tmp_path / "w.safetensors", temperature=1.5)
    loaded, again, findings = load_network(tmp_path / "w.safetensors")
    assert loaded.pseudo_heads is None
    assert (again, findings, temperature_of(tmp_path / "w.safetensors")) == (recipe, FINDINGS, 1.5)


def test_each_target_is_answered_by_one_pair_of_heads() -> None:
    network = build(replace(TINY, pseudo=Pseudo(own_head=True)), 2).eval()
    films, machine = torch.randn(2, 1, 32, 32), torch.tensor([[True, False], [False, False]])
    truth, own = network(films), network(films, torch.ones(2, 2, dtype=torch.bool))
    masks, presence = network(films, machine)
    assert torch.equal(masks[0, 0], own[0][0, 0])
    assert torch.equal(masks[1], truth[0][1])
    assert torch.equal(presence[0], torch.stack([own[1][0, 0], truth[1][0, 1]]))
    sum(part.sum() for part in network(films, machine)).backward()
    assert network.heads.mask[1].weight.grad[0].abs().sum() > 0  # type: ignore[index]
    assert network.pseudo_heads.mask[1].weight.grad[1].abs().sum() == 0  # type: ignore[index, union-attr]


def test_stochastic_depth_is_set_where_the_encoder_has_it() -> None:
    assert build(Recipe("x", "efficientnet-b0", stochastic_depth=0.3), 2).encoder._drop_connect_rate == 0.3
    assert build(Recipe("x", "efficientnet-b0"), 2).encoder._drop_connect_rate == 0.0
    with pytest.raises(InvalidInput, match="no block to skip"):
        _skip_blocks(torch.nn.Conv2d(1, 1, 1), 0.3)


@pytest.mark.parametrize("name", ["efficientnet-b0", "timm-efficientnet-b0", "tu-mobilenetv3_small_050"])
@pytest.mark.parametrize("rate", [0.0, 0.6])
def test_blocks_are_skipped_in_training_alone_and_by_the_recipes_chance(name: str, rate: float) -> None:
    """timm-efficientnet brings a rate of its own, which a recipe that says 0 must not inherit."""
    torch.manual_seed(0)
    encoder, film = build(Recipe("x", name, stochastic_depth=rate), 2).encoder, torch.randn(4, 1, 64, 64)
    last = [encoder.train()(film)[-1] for _ in range(3)]
    assert all(torch.equal(last[0], other) for other in last) == (rate == 0)
    assert torch.equal(encoder.eval()(film)[-1], encoder(film)[-1])


@pytest.mark.parametrize(
    ("pooling", "kind"), [("avg", torch.nn.AdaptiveAvgPool2d), ("max", torch.nn.AdaptiveMaxPool2d)]
)
def test_the_classifier_pools_and_drops_as_the_recipe_says(pooling: Literal["avg", "max"], kind: type) -> None:
    heads = build(Recipe("x", "resnet18", pooling=pooling, dropout=0.4), 2).heads
    assert isinstance(heads.presence, torch.nn.Sequential)
    assert [type(part) for part in heads.presence if "Pool" in type(part).__name__] == [kind]
    drops = [part.p for part in heads.modules() if isinstance(part, torch.nn.Dropout | torch.nn.Dropout2d)]
    assert drops == [0.4, 0.4]


def test_an_encoder_goes_out_and_comes_in_whole_or_not_at_all(tmp_path: Path) -> None:
    first, second = build(TINY, 2), build(TINY, 2)
    save_encoder(first.encoder, "small-unet", tmp_path / "e.safetensors")
    load_encoder(second.encoder, "small-unet", tmp_path / "e.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(first.encoder.parameters(), second.encoder.parameters(), strict=True))
    with pytest.raises(InvalidInput, match="asks for 'resnet18'"):
        load_encoder(second.encoder, "resnet18", tmp_path / "e.safetensors")
    with pytest.raises(InvalidInput, match="does not hold the weights"):
        load_encoder(build(replace(TINY, width=8), 2).encoder, "small-unet", tmp_path / "e.safetensors")


@pytest.mark.parametrize("content", [b"\x80\x04\x95pickle", b"", b"PK\x03\x04", b"\xff" * 64])
def test_only_safetensors_are_opened(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="safetensors"):
        load_network(path)


def test_a_foreign_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(InvalidInput, match="names no recipe"):
        load_network(path)
    about = {"recipe": json.dumps({"name": "x", "network": "small-unet"}), "findings": json.dumps(FINDINGS)}
    save_file({"a": torch.zeros(2)}, path, metadata=about)
    with pytest.raises(InvalidInput, match="does not fit"):
        load_network(path)


def test_an_encoder_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(MissingDependency, match="no encoder"):
        build(Recipe("x", "resnet-9000"), 2)


def test_weights_that_cannot_be_fetched_say_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import overread_worker.ml.segmentation as library

    def offline(*_args: object, **_kwargs: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(library, "Unet", offline)
    with pytest.raises(MissingDependency, match="encoder_weights"):
        build(Recipe("x", "efficientnet-b5", encoder_weights="imagenet"), 2)


def test_the_same_network_is_the_same_bytes(tmp_path: Path) -> None:
    """Its hash is its name; safetensors alone writes its metadata in a random order."""
    network, path = build(TINY, len(FINDINGS)), tmp_path / "one.safetensors"
    written = set()
    for _ in range(12):
        save_network(network, TINY, FINDINGS, path)
        written.add(path.read_bytes())
    assert len(written) == 1
    for name, tensor in load_network(path)[0].state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name])
