"""Weights on disk: safetensors and nothing else. A pickle is refused unread, whatever it says."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from overread.disk import make_private
from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import from_mapping, to_mapping
from overread_worker.ml.network import Network, build


def save_network(network: nn.Module, recipe: Recipe, findings: list[str], path: Path, temperature: float = 1.0) -> None:
    """Write weights with the recipe and findings that they belong to, and the temperature that calibrates them."""
    about = {
        "recipe": json.dumps(to_mapping(recipe), sort_keys=True),
        "findings": json.dumps(findings),
        "temperature": repr(temperature),
    }
    kept = {name: value for name, value in network.state_dict().items() if not name.startswith("pseudo_heads.")}
    _write(kept, path, about)


def load_network(path: Path) -> tuple[Network, Recipe, list[str]]:
    """The network in evaluation mode, its recipe and findings; raises InvalidInput for any other file."""
    about = _metadata(path)
    if not {"recipe", "findings"} <= about.keys():
        raise InvalidInput(f"{path.name[:12]}… is no checkpoint of Overread: it names no recipe.")
    recipe, findings = from_mapping(json.loads(about["recipe"])), json.loads(about["findings"])
    network = build(recipe, len(findings), pretrained=False)
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise InvalidInput(f"{path.name[:12]}… does not fit its own recipe {recipe.name}.") from error
    return network.eval(), recipe, findings


def temperature_of(path: Path) -> float:
    """The temperature that was fitted on development films; 1 where none was."""
    return float(_metadata(path).get("temperature", 1.0))


def save_encoder(encoder: nn.Module, network: str, path: Path) -> None:
    """Write an encoder's weights, for recipes that start from them."""
    _write(encoder.state_dict(), path, {"encoder": network})


def load_encoder(encoder: nn.Module, network: str, path: Path) -> None:
    """Fill an encoder from a checkpoint; raises InvalidInput unless every weight finds its place."""
    about = _metadata(path)
    if about.get("encoder", network) != network:
        raise InvalidInput(
            f"{path.name[:12]}… holds the encoder of {about['encoder']!r}; this recipe asks for {network!r}."
        )
    try:
        encoder.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise InvalidInput(f"{path.name[:12]}… does not hold the weights of the encoder {network!r}.") from error


def save_state(
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    about: Mapping[str, float],
    path: Path,
) -> None:
    """What a training needs to go on after this epoch, written whole or not at all."""
    tensors = {f"{part}/{name}": value for part, own in modules.items() for name, value in own.state_dict().items()}
    for part, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{part}/{index}/{key}": value for key, value in state.items()}
    _write(tensors, path, {key: json.dumps(value) for key, value in about.items()})


def load_state(
    modules: Mapping[str, nn.Module], optimizers: Mapping[str, torch.optim.Optimizer], path: Path
) -> dict[str, float]:
    """Put back what ``save_state`` wrote; returns what was said about it."""
    about, tensors = _metadata(path), load_file(path)
    parts: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = value
    for part, own in modules.items():
        own.load_state_dict(parts[part])
    for part, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in parts.get(part, {}).items():
            index, _, key = name.partition("/")
            state.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return {key: json.loads(value) for key, value in about.items()}


def _write(tensors: Mapping[str, Tensor], path: Path, about: dict[str, str]) -> None:
    make_private(path.parent)
    new = path.with_suffix(".new")
    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, metadata=about)
    with new.open("wb") as file:
        file.write(_ordered(data))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _ordered(data: bytes) -> bytes:
    """The same file with its metadata in order. safetensors writes them in a random one, and a checkpoint is named by
    its hash: the same network is the same bytes."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + data[end:]


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise InvalidInput(
            f"{path.name[:12]}… is not a safetensors file. Overread opens no other kind: a pickled checkpoint can run "
            "code. Convert it with safetensors.torch.save_file where it came from."
        ) from error
