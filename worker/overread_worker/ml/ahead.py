"""Mini-batches made ahead, by processes of their own where there are cores for them.

They travel through shared memory while there is room in it, else through a pipe, which is slower and always there:
/dev/shm holds 64 MB in a container that nobody gave more. A process that fails to share says so nowhere and goes on,
and whoever waits for its batch would wait for ever.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from overread.domain.errors import LoadingFailed

MOST_PROCESSES = 16
PREFETCH = 4
WAIT_SECONDS = 300.0  # the slowest batch that was seen took a fiftieth of it
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
log = structlog.get_logger()

Arrays = dict[str, NDArray[np.generic]]  # a mini-batch as it is made
Tensors = dict[str, Tensor]  # and as it arrives, by the same names
Array = TypeVar("Array", Tensor, NDArray[np.generic])


def loader_processes() -> int:
    """Processes that make batches: none where training has one core, since they would only take it away."""
    cores = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    return 0 if cores < 2 else min(cores - 1, MOST_PROCESSES)


class Ahead:
    """What a dataset makes of each key, in the keys' order, made ahead."""

    def __init__(self, dataset: Dataset[Arrays], keys: Iterable[object]) -> None:
        """``keys`` is read when iteration starts: refill it for each epoch."""
        processes = loader_processes()
        self._loader = DataLoader(
            dataset,
            sampler=keys,
            batch_size=None,
            collate_fn=_to_travel,  # type: ignore[arg-type] # without a batch size it gets what the dataset made
            num_workers=processes,
            persistent_workers=processes > 0,
            prefetch_factor=PREFETCH if processes else None,
            timeout=WAIT_SECONDS if processes else 0,
            pin_memory=torch.cuda.is_available(),
            multiprocessing_context="fork" if processes else None,
            # Else the first pass of each training, or of its resume, draws a number that dropout would have drawn.
            generator=torch.Generator(),
        )

    def __iter__(self) -> Iterator[Tensors]:
        try:
            for made in self._loader:
                yield _each(torch.as_tensor, made)
        except (ConnectionError, EOFError) as error:
            if not self._loader.num_workers:
                raise
            raise RuntimeError(_gone(error)) from error


@contextmanager
def loading() -> Iterator[None]:
    """Raise LoadingFailed where PyTorch says that batches no longer come: none for minutes, or their maker is dead,
    which it says at any moment of the step, and by a RuntimeError."""
    try:
        yield
    except RuntimeError as error:
        if not str(error).startswith("DataLoader"):
            raise
        raise LoadingFailed(
            f"Mini-batches no longer come from the {loader_processes()} processes that make them ({error}). "
            f"{_shared_memory()}Give more memory, /dev/shm included (shm_size in compose, --shm-size with docker run), "
            "see whether films can be read quickly, or set OMP_NUM_THREADS to 1: then no such process is needed."
        ) from error


def _gone(error: Exception) -> str:
    """What is known of a process that died while a batch was taken from it: PyTorch's handler of dead children says it
    within a moment, by a RuntimeError wherever that may be; here rather than later."""
    try:
        time.sleep(5)
    except RuntimeError as told:
        return str(told)
    return f"DataLoader: {error}"


def _to_travel(made: Arrays) -> Tensors | Arrays:
    """Arrays as tensors, in shared memory where another process made them; where it is full, as they are."""
    if get_worker_info() is None:
        return _each(torch.as_tensor, made)
    try:
        return _each(lambda array: torch.as_tensor(array).share_memory_(), made)
    except (RuntimeError, OSError) as error:
        _say_once(str(error).rpartition(">")[2])
        return made


@cache
def _say_once(error: str) -> None:
    log.warning("no room to share mini-batches; they take a pipe, which is slower", error=error, room=_shared_memory())


def _each(change: Callable[[Array], Tensor], made: Mapping[str, Array]) -> Tensors:
    return {name: change(array) for name, array in made.items()}


def _shared_memory() -> str:
    """How large it is and what is free, as a sentence; nothing where there is none."""
    if not SHARED_MEMORY.exists():
        return ""
    found = os.statvfs(SHARED_MEMORY)
    size, free = (found.f_frsize * blocks >> 20 for blocks in (found.f_blocks, found.f_bavail))
    return f"{SHARED_MEMORY} has {size} MB, {free} MB of them free. "
