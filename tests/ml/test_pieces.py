"""Mini-batches in pieces: as many as memory asks for, none with fewer films than the network learns from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from overread.domain.errors import InvalidInput, InvalidRecipe
from overread.domain.learning.recipe.parts import Pool
from overread_worker.ml import epoch
from overread_worker.ml.learner import Learner
from overread_worker.ml.loader import Batch
from tests.ml.films import TINY, data_of, run


def test_memory_that_runs_out_makes_smaller_pieces_of_the_same_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = epoch.batch_losses

    def small_device(learner: Learner, batch: Batch, done: float) -> object:
        sizes.append(len(batch.films))
        if len(batch.films) > 1:
            raise torch.OutOfMemoryError("too large")
        return real(learner, batch, done)

    monkeypatch.setattr(epoch, "batch_losses", small_device)
    run(replace(TINY, epochs=1), tmp_path / "run", data_of(tmp_path, 8))
    assert sizes == [4, 2, 1, 1, 1, 1, 1, 1, 1, 1]
    monkeypatch.setattr(epoch, "batch_losses", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("too large")))
    with pytest.raises(InvalidInput, match="too large for this device"):
        run(replace(TINY, epochs=1), tmp_path / "other", data_of(tmp_path, 8))


def test_no_piece_has_a_film_alone_where_the_network_normalises_over_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when memory runs out, nor in the last mini-batch; at 32 px a film alone has one value a channel."""
    sizes: list[tuple[int, int]] = []
    real = epoch.batch_losses

    def small_device(learner: Learner, batch: Batch, done: float) -> object:
        assert batch.pool is not None
        sizes.append((len(batch.films), len(batch.pool.weak)))
        if len(batch.films) > 2:
            raise torch.OutOfMemoryError("too large")
        return real(learner, batch, done)

    monkeypatch.setattr(epoch, "batch_losses", small_device)
    recipe = replace(TINY, network="tu-mobilenetv3_small_050", epochs=1, pool=Pool("uda", batch=4))
    run(recipe, tmp_path / "run", data_of(tmp_path, 5))
    assert sizes == [(4, 4), (2, 2), (2, 2), (2, 4)]
    monkeypatch.setattr(epoch, "batch_losses", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("too large")))
    with pytest.raises(InvalidInput, match="two films of 32 px is too large"):
        run(recipe, tmp_path / "other", data_of(tmp_path, 5))
    with pytest.raises(InvalidRecipe, match="leaves one alone"):
        run(replace(recipe, batch=1), tmp_path / "one", data_of(tmp_path, 5))
