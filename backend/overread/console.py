"""What the commands share: their installation, processes of our own beside them, and refusals as sentences."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from sqlalchemy.exc import OperationalError

from overread.db.session import Database, migrate
from overread.disk import make_private, tighten
from overread.domain.errors import Conflict, OverreadError
from overread.embedded import servers
from overread.jobs import Sender
from overread.settings import Settings
from overread.storage import BlobStore
from overread.supervisor import Child, kept_running
from overread.unprivileged import hear_of_our_death

# Names, files and packages are printed as they are: rich would take "[worker]" for markup, and leave it out.
console, output = Console(stderr=True, markup=False, highlight=False), Console(markup=False, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@contextmanager
def installation(*, join: bool = True) -> Iterator[tuple[Settings, Database, BlobStore]]:
    """Settings, database and blobs: the servers that the environment names, else the private ones."""
    with servers(Settings(), join=join) as settings:
        tighten(settings.data_folder)
        migrate(settings.database_url)
        database = Database(settings.database_url, Sender(settings.redis_url))
        try:
            yield settings, database, BlobStore.of(settings)
        finally:
            database.engine.dispose()


@contextmanager
def own_process(settings: Settings, *command: str) -> Iterator[None]:
    """One of our own commands kept running beside us, on the same servers; it stops when we stop, even by kill -9."""
    # SIGTERM's default ends us at once (uvicorn sends it to itself again when it is done): the servers would be gone
    # before the command beside us, and a worker in the middle of a job would stay.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    child = Child(
        f"The {command[0]} beside this",
        [sys.executable, "-P", "-m", "overread.cli", *command],
        make_private(settings.data_folder) / f"{command[0]}.log",
        hear_of_our_death(signal.SIGTERM),
        # A worker hands back what it has begun; it takes seconds, and the job goes on from its last step another day.
        ((signal.SIGTERM, 9.0), (signal.SIGKILL, None)),
        environment=os.environ | settings.environment(),
    )
    try:
        with kept_running(child):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_port(host: str, port: int) -> None:
    """Raise Conflict when somebody listens there already: the next sentence would be about their answers, not ours."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Conflict(
                f"Cannot listen on {host}:{port} ({error}). Stop what does, or give another --port."
            ) from None


def show(value: Any, as_json: bool) -> None:
    """A result on standard output: JSON for scripts, else a line an item."""
    if as_json:
        print(json.dumps(value, indent=2, default=str, ensure_ascii=False))
        return
    for line in value.items() if isinstance(value, dict) else value:
        output.print(*line if isinstance(line, tuple) else (line,), soft_wrap=True)


def file_counter(what: str = "files") -> Progress:
    """A progress line for work that does not know how many files, or what else, will come."""
    words = [TextColumn(text, markup=False) for text in ("{task.description}", f"{{task.completed:.0f}} {what}")]
    return Progress(SpinnerColumn(), *words, TimeElapsedColumn(), console=console)


def film_counter(of: str = "of about") -> Progress:
    """A progress line for work that knows how many films will come, or about how many: how fast it goes, and what is
    left."""
    said = f"{{task.completed:,.0f}} {of} {{task.total:,.0f}} films"
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn(said, markup=False),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
    )


class _Rate(ProgressColumn):
    """Films a second since the beginning: they come in many at a time, and what is newest would jump."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed / task.elapsed:,.1f} a second" if task.completed and task.elapsed else "")


def line_counter(what: str) -> Callable[[int, float], None]:
    """Told of lines that were read and the seconds it took, says every five seconds on standard error how fast it goes
    on: whoever waits knows for what."""
    said = 0.0

    def tell(lines: int, seconds: float) -> None:
        nonlocal said
        if seconds - said >= 5:
            said = seconds
            console.print(f"{what}: {lines:,} lines read, {lines / seconds:,.0f} a second; going on …")

    return tell


def run(command: Callable[[], object]) -> None:
    """Run a command; a refusal, a database that is away, a bad variable or path ends as a sentence and status 1."""
    try:
        command()
    except OverreadError as error:
        _end(error.title, error.detail)
    except ValidationError as error:
        fields = [f"OVERREAD_{'_'.join(str(part) for part in e['loc']).upper()}: {e['msg']}." for e in error.errors()]
        _end("Invalid settings", " ".join(fields))
    except OperationalError as error:
        _end("The database does not answer", str(error.orig).strip())
    except OSError as error:
        _end("The system refused", f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))


def _end(title: str, detail: str) -> None:
    console.print(Text(f"{title}.", style="bold red"), detail, soft_wrap=True)
    sys.exit(1)
