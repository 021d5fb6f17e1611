"""What every test stands on: a real Postgres built by the migrations, a real Valkey, one database a test.

The servers are those of DATABASE_URL and REDIS_URL when both are given (the named Postgres user must be allowed to
create databases; the named Redis, by host and port, has its databases 1 and up emptied), else private ones that live as
long as the test run. Under xdist the controller keeps them and tells the workers where they are.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# Before torch is imported anywhere: two busy cores are several times slower with threads that spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import psycopg
import pytest
import redis
from sqlalchemy import make_url

from overread.db.session import Database
from overread.embedded import embedded, valkey
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop, make_loop

GIVEN_REDIS = os.environ["REDIS_URL"] if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL") else None
GIVEN_DATABASE = Settings().database_url if GIVEN_REDIS else None
_stack = pytest.StashKey[ExitStack]()
_template = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """Before each xdist worker starts: have the servers up, and tell it where the template is."""
    node.workerinput["template"] = template_url(node.config)  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_stack] = ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_stack].close()


def template_url(config: pytest.Config) -> str:
    """The migrated database that every test's own is copied from; made at the first call, gone after the run."""
    if hasattr(config, "workerinput"):
        return str(config.workerinput["template"])
    if _template not in config.stash:
        config.stash[_template] = config.stash[_stack].enter_context(_migrated())
    return config.stash[_template]


@pytest.fixture(autouse=True, scope="session")
def _no_environment() -> Iterator[None]:
    """No test may reach the developer's own installation through a variable."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OVERREAD_")] + ["DATABASE_URL", "REDIS_URL"]:
            patch.delenv(name, raising=False)
        yield


@contextmanager
def _migrated() -> Iterator[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overread-test-")))
        server = GIVEN_DATABASE or stack.enter_context(embedded(folder)).database_url
        if GIVEN_DATABASE is None:
            _hurry(server)
        url = stack.enter_context(_database(server, "template0"))
        # In a process of its own: a connection left open would keep everybody from copying.
        code = f"from overread.db.session import migrate; migrate({url!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
        yield url


def _connect(server: str) -> psycopg.Connection:
    address = make_url(server).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _hurry(server: str) -> None:
    """Our own server need not survive a power cut: a database a test is made and dropped several times faster."""
    with _connect(server) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {name} = off")
        connection.execute("select pg_reload_conf()")


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    """A new database on a server, dropped afterwards."""
    name = f"overread_test_{secrets.token_hex(6)}"
    with _connect(server) as connection:
        connection.execute(f'create database "{name}" template "{template}"')
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'drop database "{name}" with (force)')


@dataclass(frozen=True)
class Stage:
    """A state that many tests begin with, made once a worker: a database to copy, and the blobs that belong to it."""

    database_url: str
    blobs: Path
    project_id: int
    account_id: int

    def loop(self, database: Database, blob_folder: Path) -> Loop:
        """The project in a test's own copy of the database, with its own copy of the blobs."""
        shutil.copytree(self.blobs, blob_folder)
        return Loop(database, BlobStore(blob_folder), self.project_id, self.account_id)


@contextmanager
def _copied(config: pytest.Config, template: str) -> Iterator[str]:
    """A database copied from a template that nobody is connected to."""
    server = GIVEN_DATABASE or make_url(template_url(config)).set(database="postgres").render_as_string(
        hide_password=False
    )
    with _database(server, str(make_url(template).database)) as url:
        yield url


@pytest.fixture(scope="session")
def imported_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A project with phantom films, ready to launch."""
    with _copied(request.config, template_url(request.config)) as url:
        database, blobs = Database(url), tmp_path_factory.mktemp("imported") / "blobs"
        loop = make_loop(database, BlobStore(blobs))
        database.engine.dispose()
        yield Stage(url, blobs, loop.project_id, loop.account_id)


@pytest.fixture(scope="session")
def auditing_stage(
    request: pytest.FixtureRequest, imported_stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The same, with the pool labelled and an audit open."""
    with _copied(request.config, imported_stage.database_url) as url:
        database, blobs = Database(url), tmp_path_factory.mktemp("auditing") / "blobs"
        loop = imported_stage.loop(database, blobs)
        loop.label(loop.launch(alpha=0.5))  # one fixed mask among twelve reads must not shut the gate
        database.engine.dispose()
        yield Stage(url, blobs, loop.project_id, loop.account_id)


@pytest.fixture(scope="session")
def lasting_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with all tables, for tests that leave nothing in it."""
    with _copied(request.config, template_url(request.config)) as url:
        yield url


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage | None:
    """Where this test begins: with the audit of a site, with the films of a loop, or with empty tables."""
    names = {"site_port": "auditing_stage", "loop": "imported_stage"}
    name = next((stage for fixture, stage in names.items() if fixture in request.fixturenames), None)
    return None if name is None else request.getfixturevalue(name)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, stage: Stage | None) -> Iterator[str]:
    """A database with all tables, for this test alone."""
    with _copied(request.config, stage.database_url if stage else template_url(request.config)) as url:
        yield url


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty Valkey for this test alone: its own server, or one database of the given one."""
    if GIVEN_REDIS is None:
        with (
            tempfile.TemporaryDirectory(prefix="overread-") as folder,
            valkey(Path(folder), Path(folder, "log")) as url,
        ):
            yield url
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    url = make_url(GIVEN_REDIS).set(database=str(int(worker) + 1)).render_as_string(hide_password=False)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    yield url


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation of this test alone."""
    return Settings(
        database_url=database_url, redis_url=redis_url, data_folder=tmp_path / "data", secret=secrets.token_urlsafe(32)
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A pool of connections to this test's database; it sends no message."""
    opened = Database(settings.database_url, pool_size=5)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def loop(database: Database, settings: Settings, stage: Stage) -> Loop:
    """A project with phantom films, ready to launch."""
    return stage.loop(database, settings.blob_folder)


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment of a shell on this test's own servers."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    return settings
