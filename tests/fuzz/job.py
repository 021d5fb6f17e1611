"""Mutants go in, one after the other; what is neither accepted nor refused by name is a fault, and kept as a file."""

import json
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from overread.domain.errors import OverreadError
from tests.fuzz.mutants import mutant
from tests.fuzz.targets import SECONDS, Target

SAVE_EVERY = 5.0  # seconds
MOST_FAULTS = 100  # kept of a format; with so many there is something to mend first


class Hung(Exception):
    """What reads in our own process took longer than anything may."""


@dataclass
class State:
    """How far a format has come: ``next`` is the first mutant that was not tried. It is kept as JSON."""

    format: str
    seed: int
    next: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, folder: Path, form: str, seed: int) -> "State":
        """Where the last run of this seed ended, else the start."""
        path = folder / f"{form}.json"
        kept = cls(**json.loads(path.read_text())) if path.exists() else cls(form, seed)
        return kept if kept.seed == seed else cls(form, seed)

    def save(self, folder: Path) -> None:
        """Whole or not at all."""
        new = folder / f"{self.format}.json.new"
        new.write_text(json.dumps(asdict(self)))
        new.replace(folder / f"{self.format}.json")

    @property
    def rate(self) -> float:
        """Mutants a second."""
        return (self.accepted + self.refused) / self.seconds if self.seconds else 0.0


def fault_of(target: Target, data: bytes) -> str | None:
    """What went wrong, in a line; "" where the bytes came in, None where they were refused by name."""
    try:
        with _limited():
            target(data)
    except OverreadError:
        return None
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({Path(last.filename).name}:{last.lineno})"
    return ""


@contextmanager
def _limited() -> Iterator[None]:
    """Raise Hung in what takes longer than a mutant may."""
    signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _hung(_signal: int, _frame: FrameType | None) -> None:
    raise Hung(f"it took more than {2 * SECONDS:.0f} s")


def kept_faults(folder: Path, form: str) -> list[Path]:
    """The files of faults that were found in a format, each named by its mutant."""
    return sorted((folder / form).glob("*.bin"))


def run(
    folder: Path, form: str, target: Target, seeds: Sequence[bytes], *,
    count: int, seed: int, say: Callable[[str], None], seconds: float | None = None,
) -> State:  # fmt: skip
    """Try the mutants of a format from the first that was not tried, to ``count`` or for ``seconds``. Faults of earlier
    runs are tried first: what has been mended is kept no longer."""
    signal.signal(signal.SIGALRM, _hung)
    (folder / form).mkdir(parents=True, exist_ok=True)
    for path in kept_faults(folder, form):
        if not fault_of(target, path.read_bytes()):
            path.unlink()
    state, faults = State.of(folder, form, seed), len(kept_faults(folder, form))
    begun = saved = time.monotonic()
    before = state.seconds
    while state.next < count and faults < MOST_FAULTS and (seconds is None or saved - begun < seconds):
        data = mutant(form, seeds, state.next, seed)
        fault = fault_of(target, data)
        if fault:
            faults += 1
            path = folder / form / f"{seed}-{state.next}.bin"
            path.write_bytes(data)
            say(f"fault {path}: {fault}")
        state.accepted += fault == ""
        state.refused += fault is None
        state.next += 1
        now = time.monotonic()
        state.seconds = before + now - begun
        if now - saved > SAVE_EVERY or (seconds is not None and now - begun >= seconds) or state.next == count:
            saved = now
            state.save(folder)
            left = (count - state.next) / state.rate / 60 if state.rate else 0
            say(f"{form}: {state.next:,} of {count:,}, {state.accepted:,} came in, {state.rate:,.0f}/s, {left:.0f} min")
    return state
