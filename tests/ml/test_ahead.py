"""Batches made ahead: without shared memory they come all the same, and when none comes it is said what to do."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from backend.domain.errors import LoadingFailed
from worker.ml import ahead
from worker.ml.ahead import Ahead, loading


class Made(Dataset[Any]):
    """A batch a key; some key makes its process do something else."""

    def __init__(self, at_two: Callable[[], object] = lambda: None) -> None:
        self._at_two = at_two

    def __getitem__(self, key: int) -> dict[str, np.ndarray]:
        if key == 2:
            self._at_two()
        return {"films": np.full((4, 8, 8), key, np.uint8), "cut": np.array([key % 2 == 0])}


def nowhere(_storage: object) -> None:
    raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left on device (28)")


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(ahead, "WAIT_SECONDS", 2.0)


@pytest.mark.parametrize("full", [False, True])
def test_batches_come_in_order_whether_shared_memory_has_room_or_not(
    monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    if full:
        monkeypatch.setattr(torch.UntypedStorage, "_share_fd_cpu_", nowhere)
        monkeypatch.setattr(torch.UntypedStorage, "_share_filename_cpu_", nowhere)
    made = list(Ahead(Made(), list(range(6))))
    assert [int(batch["films"][0, 0, 0]) for batch in made] == list(range(6))
    assert made[2]["films"].shape == (4, 8, 8)
    assert made[2]["films"].dtype == torch.uint8
    assert made[2]["cut"].tolist() == [True]


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


def test_other_errors_keep_their_name() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), loading():
        torch.zeros(2, 3) @ torch.zeros(2, 3)
