"""Processes beside us: started, watched, started again when they die, and stopped with us.

A child that dies is started again after a pause that grows from death to death, so that one that cannot live (a full
disk, a missing library) costs nothing and comes back by itself once it can. Each death is a sentence on standard error,
with the end of the child's log.

Each child has a thread of its own that lives as long as it does: the kernel tells a child of the death of the thread
that started it (see unprivileged.py), whichever thread it was that asked.
"""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from overread.domain.errors import Conflict

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds; one that lived longer than the last of them starts at the first
START_SECONDS = 60.0
LOOK_SECONDS = 0.2
LOG_BYTES = 8 << 20


@dataclass(frozen=True)
class Child:
    """A program to keep running. ``stop``: signals and the seconds that each is given; ``ready``: whether it may be
    started now, asked again until it may; ``answers``: whether it is up, asked until it is."""

    name: str
    command: Sequence[str]
    log: Path
    prepare: Callable[[], None]
    stop: Sequence[tuple[signal.Signals, float | None]]
    ready: Callable[[], bool] = lambda: True
    answers: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] | None = None


@contextmanager
def kept_running(child: Child, pauses: Sequence[float] = PAUSES) -> Iterator[None]:
    """Keep a child running while this lasts; raises Conflict when it does not come up at first."""
    keeper = _Keeper(child, pauses)
    keeper.start()
    try:
        if not keeper.up.wait(START_SECONDS) or keeper.reason:
            raise Conflict(
                f"{child.name} {keeper.reason or 'does not come up'}; {child.log} ends: {tail_of(child.log)}"
            )
        yield
    finally:
        keeper.over.set()
        keeper.join()


class _Keeper(Thread):
    """``up`` is set once the first start succeeded, or failed for ``reason``."""

    def __init__(self, child: Child, pauses: Sequence[float]) -> None:
        super().__init__(name=f"keeps {child.name}", daemon=True)
        self.child, self.pauses = child, pauses
        self.up, self.over, self.reason = Event(), Event(), ""

    def run(self) -> None:
        deaths = 0
        while not self.over.is_set():
            started = time.monotonic()
            reason = self._live()
            if not self.up.is_set():
                self.reason = reason
                self.up.set()
                return
            deaths = 0 if time.monotonic() - started > self.pauses[-1] else deaths
            pause = self.pauses[min(deaths, len(self.pauses) - 1)]
            deaths += 1
            if not self.over.is_set():
                name, log = self.child.name, self.child.log
                tell(f"{name} {reason}; started again in {pause:g} s. {log} ends: {tail_of(log)}")
                self.over.wait(pause)

    def _live(self) -> str:
        """One life of the child, to its death or ours; says how it ended. Nothing that goes wrong ends the watch."""
        try:
            while not self.child.ready():
                if self.over.wait(LOOK_SECONDS):
                    return "was not started"
            with running(self.child) as process:
                self._watch(process)
            code = process.returncode
        except Exception as error:  # whatever it was, the next start may go better
            return f"could not be started ({error})"
        return f"ended with status {code}" if code >= 0 else f"was killed by signal {-code}"

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        again, answered = self.up.is_set(), False
        while process.poll() is None and not self.over.wait(LOOK_SECONDS if answered else LOOK_SECONDS / 10):
            cap(self.child.log)
            if not answered and self.child.answers():
                answered = True
                self.up.set()
                if again:
                    tell(f"{self.child.name} is up again.")


@contextmanager
def running(child: Child) -> Iterator[subprocess.Popen[bytes]]:
    """One life of a child: a session of its own (Ctrl+C is for us), output to its log, stopped at the end."""
    cap(child.log)
    with child.log.open("ab") as output:
        child.log.chmod(0o600)
        process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=child.environment,
            preexec_fn=child.prepare,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        for request, seconds in child.stop:
            process.send_signal(request)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                break


def cap(log: Path, most: int = LOG_BYTES) -> None:
    """Once a log is long, it goes on from empty and what it said lies beside it: twice ``most`` bytes at the most.

    Its writer only ever appends, and need not be told. On a full disk the old lines are given up.
    """
    if not log.exists() or log.stat().st_size <= most:
        return
    last = log.with_name(f"{log.name}.1")
    try:
        last.touch(0o600)
        shutil.copyfile(log, last)
    except OSError:
        last.unlink(missing_ok=True)
    with log.open("r+b") as file:
        file.truncate()


def tail_of(log: Path, most: int = 500) -> str:
    """The end of a log, in one line."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - most))
            return " ".join(file.read().decode(errors="replace").split())
    except OSError as error:
        return f"({error.strerror})"


def tell(sentence: str) -> None:
    """To whoever started us: standard output may be somebody's JSON."""
    print(sentence, file=sys.stderr, flush=True)
