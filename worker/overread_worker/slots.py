"""`overread worker`: a process for each queue, so that a small job never waits behind a training.

Work for GPUs goes to GPUs: a worker that has one says so in the broker, and while any does, a worker without leaves
the queue `gpu` to it. What it has begun it hands back, at the last epoch. With no GPU worker about, it stands in.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

import redis
import structlog

from overread.db.session import Database
from overread.domain.errors import InvalidInput
from overread.jobs import QUEUES
from overread.services.loop.reaper import reaping
from overread.services.loop.work_folders import sweep
from overread.settings import Settings
from overread.unprivileged import hear_of_our_death

ROUND_SECONDS = 2.0
STOP_SECONDS = 7.0  # a job's process gets four of them; compose gives ten to all
GPU_KEY = "overread.gpu"  # there while a worker with a GPU is
GPU_SECONDS = 30
# Asked in a process of its own: PyTorch takes half a gigabyte. As Fabric's "auto" chooses.
HAS_GPU = "import sys, torch; sys.exit(not (torch.cuda.is_available() or torch.backends.mps.is_available()))"
log = structlog.get_logger()


def queues_of(names: str) -> list[str]:
    """The queues in a list with commas; raises InvalidInput for a name that is none."""
    queues = sorted({name.strip() for name in names.split(",")})
    if not set(queues) <= set(QUEUES.values()):
        raise InvalidInput(f"--queue {names!r}: take gpu, cpu, or gpu,cpu.")
    return queues


def start_worker(settings: Settings, database: Database, queues: list[str], concurrency: int) -> None:
    """Take jobs, so many at a time from each queue, until asked to stop; and reap: with no service up nobody else finds
    a job whose message is lost."""
    for request in (signal.SIGTERM, signal.SIGINT):
        signal.signal(request, lambda *_: sys.exit(0))
    sweep(database, settings.data_folder)
    slots = Slots(settings, queues, concurrency)
    try:
        with reaping(database):
            while True:
                slots.look()
                time.sleep(ROUND_SECONDS)
    finally:
        for request in (signal.SIGTERM, signal.SIGINT):  # once is enough
            signal.signal(request, signal.SIG_IGN)
        slots.stop(queues)


class Slots:
    """The processes of a worker's queues."""

    def __init__(self, settings: Settings, queues: list[str], concurrency: int) -> None:
        self._queues, self._concurrency = queues, concurrency
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._broker = redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=2)
        self._probe = _own(["-c", HAS_GPU], signal.SIGKILL) if "gpu" in queues else None
        self._stands_back = False

    def look(self) -> None:
        """Start what is to run and does not, stop what is not to run."""
        for queue, process in list(self._running.items()):
            if process.poll() is not None:
                log.error(
                    "a queue's process ended by itself; it is started again", queue=queue, status=process.returncode
                )
                del self._running[queue]
        with suppress(redis.RedisError):  # a broker that is away changes nothing
            self._stands_back = self._look_for_gpus()
        for queue in self._queues:
            wanted = queue != "gpu" or not self._stands_back
            if wanted and queue not in self._running:
                self._running[queue] = self._start(queue)
            elif not wanted and queue in self._running:
                log.info("a worker with a GPU is there; this one leaves it the queue gpu")
                self.stop([queue])

    def stop(self, queues: Iterable[str]) -> None:
        """Stop these queues' processes, all at once; each hands back what it has begun."""
        ending = [self._running.pop(queue) for queue in queues if queue in self._running]
        for process in ending:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in ending:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("a queue's process does not stop; its jobs wait for their leases to end", process=process.pid)
                process.kill()
                process.wait()

    def _look_for_gpus(self) -> bool:
        """Say that we have a GPU, or see whether somebody else does: then we stand back."""
        if self._probe is None:
            return False
        if self._probe.poll() == 0:
            self._broker.set(GPU_KEY, 1, ex=GPU_SECONDS)
            return False
        return bool(self._broker.exists(GPU_KEY))

    def _start(self, queue: str) -> subprocess.Popen[bytes]:
        return _own(["-m", "overread_worker.app", queue, str(self._concurrency)], signal.SIGTERM)


def _own(python: list[str], on_our_death: signal.Signals) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", *python], preexec_fn=hear_of_our_death(on_our_death))
