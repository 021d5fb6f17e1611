"""Weights on disk: safetensors only. A pickle is refused unread, since unpickling runs whatever it says."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from backend.domain.errors import InvalidInput
from backend.domain.recipe import Recipe, from_mapping, to_mapping
from worker.ml.network import build


def save_network(network: nn.Module, recipe: Recipe, findings: list[str], path: Path) -> None:
    """Write weights with the recipe and findings that they belong to."""
    about = {"recipe": json.dumps(to_mapping(recipe), sort_keys=True), "findings": json.dumps(findings)}
    _write({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path, about)


def load_network(path: Path) -> tuple[nn.Module, Recipe, list[str]]:
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


def save_state(network: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, seconds: float, path: Path) -> None:
    """What a training needs to go on after this epoch, written whole or not at all."""
    tensors = {f"network.{name}": tensor.contiguous() for name, tensor in network.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value.contiguous() for key, value in state.items()}
    _write(tensors, path, {"epoch": str(epoch), "seconds": str(seconds)})


def load_state(network: nn.Module, optimizer: torch.optim.Optimizer, path: Path) -> tuple[int, float]:
    """Restore what ``save_state`` wrote; returns the finished epoch and the seconds spent so far."""
    about, tensors = _metadata(path), load_file(path)
    network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition(".")
        if part == "optimizer":
            index, _, key = rest.partition(".")
            state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(about["epoch"]), float(about["seconds"])


def _write(tensors: dict[str, Tensor], path: Path, about: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    save_file({name: tensor.cpu() for name, tensor in tensors.items()}, new, metadata=about)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)


def _metadata(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise InvalidInput(
            f"{path.name[:12]}… is not a safetensors file. Overread opens no other kind: a pickled checkpoint can run "
            "code. Convert it with safetensors.torch.save_file where it came from."
        ) from error
