"""How the benchmarks measure: two things in turns, the median of their ratios, the load, the peak of memory."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import torch

from benchmarks.goals import Goal

MIB = 2**20
EVERY = 0.01  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measurement:
    """What one measurement found: numbers with their unit in the name, goals, the load average of the minute before
    and the peak memory in MiB by what was done."""

    name: str
    numbers: Mapping[str, float]
    goals: Sequence[Goal] = ()
    memory: Mapping[str, float] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def lines(self) -> list[str]:
        """One line for the numbers, one for the memory."""
        told = ", ".join(f"{name} {value:.4g}" for name, value in self.numbers.items())
        memory = ", ".join(f"{name} {value:.0f} MiB" for name, value in self.memory.items())
        return [f"{self.name}: {told}; load {self.load:.1f}", *([f"  peak memory: {memory}"] if memory else [])]


def in_turns(
    steps: Mapping[str, Callable[[], object]], repeats: int, between: Callable[[], object] = lambda: None
) -> dict[str, list[float]]:
    """Seconds of each step, ``repeats`` times: one after the other in each round, after a round that does not count.

    ``between`` follows each round and is not timed."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(repeats + 1):
        for name, step in steps.items():
            taken = timed(step)
            if turn:
                seconds[name].append(taken)
        between()
    return seconds


def counted(step: Callable[[], object], spent: list[float]) -> Callable[[], None]:
    """The step, which then adds the processor seconds that it took to those ``spent``."""

    def run() -> None:
        before = processor_seconds()
        step()
        spent.append(processor_seconds() - before)

    return run


def timed(step: Callable[[], object]) -> float:
    """Seconds that a step takes, its work on a GPU included."""
    _wait_for_device()
    started = time.perf_counter()
    step()
    _wait_for_device()
    return time.perf_counter() - started


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of each round: what slowed the machine for a while slowed both."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class Memory:
    """The peak of what this process and its children own, in MiB: each page once, pages of mapped files left out.

    Looks cost time, so what is watched is not timed. On a GPU the peak of its memory is kept as well.
    """

    def __enter__(self) -> "Memory":
        self.peak = self.device_peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if torch.cuda.is_available():
            self.device_peak = torch.cuda.max_memory_allocated() / MIB

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, owned_memory())
            if self._over.wait(EVERY):
                return


def peak_memory(name: str, step: Callable[[], object]) -> dict[str, float]:
    """Peak MiB of one run of a step, by name; of the GPU too where there is one."""
    with Memory() as memory:
        step()
    return {name: memory.peak} | ({f"{name} on the GPU": memory.device_peak} if memory.device_peak else {})


def owned_memory() -> float:
    """MiB of anonymous memory of this process and its children, shared pages divided among those that share them."""
    own = Path("/proc/self")
    return sum(_anonymous(process) for process in [own, *_children(own)])


def processor_seconds() -> float:
    """Seconds that this process and all that it started, which still runs, have spent on processors so far."""
    told = os.times()
    waiting, spent = _children(Path("/proc/self")), told.user + told.system
    while waiting:
        process = waiting.pop()
        waiting += _children(process)
        fields = _read(process / "stat").rpartition(")")[2].split()
        spent += sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")  # with its ended children
    return spent


def _children(process: Path) -> list[Path]:
    return [Path("/proc", pid) for task in process.glob("task/*/children") for pid in _read(task).split()]


def _anonymous(process: Path) -> float:
    for line in _read(process / "smaps_rollup").splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""
