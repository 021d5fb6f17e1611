"""A film and its mirror image: asked both ways, a network gives mirrored maps and one presence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from overread_worker.ml.checkpoint import save_network
from overread_worker.ml.network import build
from overread_worker.ml.predict import Members
from tests.ml.films import FINDINGS, TINY


@pytest.mark.parametrize("flip", [True, False])
def test_with_flip_a_mirrored_film_gives_mirrored_maps(tmp_path: Path, flip: bool) -> None:
    torch.manual_seed(0)
    recipe = replace(TINY, labelling=replace(TINY.labelling, flip=flip))
    save_network(build(recipe, 2), recipe, FINDINGS, tmp_path / "network.safetensors")
    members = Members([tmp_path / "network.safetensors"], FINDINGS, recipe)
    films = np.random.default_rng(0).integers(0, 256, (3, 32, 32)).astype(np.uint8)
    maps, presence = members.predict(films)
    mirrored, again = members.predict(np.ascontiguousarray(films[..., ::-1]))
    alike = torch.allclose(mirrored.flip(-1), maps, atol=1e-5) and torch.allclose(again, presence, atol=1e-5)
    assert alike is flip
