"""Batches made ahead: when none comes any more it is said what to do."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from overread.domain.errors import LoadingFailed
from overread_worker.ml import ahead
from overread_worker.ml.ahead import Ahead, loading


class Made(Dataset[Any]):
    """A batch a key; some key makes its process do something else."""

    def __init__(self, at_two: Callable[[], object] = lambda: None) -> None:
        self._at_two = at_two

    def __getitem__(self, key: int) -> dict[str, np.ndarray]:
        if key == 2:
            self._at_two()
        return {"films": np.full((4, 8, 8), key, np.uint8)}


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(ahead, "WAIT_SECONDS", 2.0)


@pytest.mark.parametrize(
    "at_two", [lambda: time.sleep(20), lambda: os.kill(os.getpid(), signal.SIGBUS)], ids=["hangs", "dies"]
)
def test_a_process_that_brings_nothing_ends_the_training_with_what_to_raise(at_two: Callable[[], object]) -> None:
    with pytest.raises(LoadingFailed, match=r"the 2 processes .* /dev/shm has \d+ MB.*shm_size.*OMP_NUM_THREADS"):
        _take_all(Ahead(Made(at_two), list(range(6))))


@loading()
def _take_all(batches: Ahead) -> None:
    for _ in batches:
        pass


@pytest.mark.parametrize("said", ["", "DataLoader worker (pid 7) is killed by signal: Bus error."])
def test_a_process_that_dies_while_a_batch_is_taken_from_it_is_told_alike(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end of the line is gone before PyTorch's handler says so, or without its saying so."""

    class Breaks:
        num_workers = 2

        def __iter__(self) -> Iterator[Any]:
            raise ConnectionResetError(104, "Connection reset by peer")

    def says(_seconds: float) -> None:
        if said:
            raise RuntimeError(said)

    batches = Ahead(Made(), list(range(6)))
    monkeypatch.setattr(batches, "_loader", Breaks())
    monkeypatch.setattr(ahead.time, "sleep", says)  # type: ignore[attr-defined]
    with pytest.raises(LoadingFailed, match=re.escape(said) or "Connection reset by peer"):
        _take_all(batches)


def test_other_errors_keep_their_name() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), loading():
        torch.zeros(2, 3) @ torch.zeros(2, 3)
