"""What every test stands on: a real Postgres built by the migrations, a real Valkey, one database a test.

The servers are those of DATABASE_URL and REDIS_URL when both are given (the named Postgres user must be allowed to
create databases; the named Redis, by host and port, has its databases 1 and up emptied), else private ones that live as
long as the test run. Under xdist the controller keeps them and tells the workers where they are.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# Before torch is imported anywhere: two busy cores are several times slower with threads that spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import psycopg
import pytest
import redis
from sqlalchemy import make_url

from backend.db.session import Database
from backend.embedded import embedded, valkey
from backend.settings import Settings
from backend.storage import BlobStore
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
        url = stack.enter_context(_database(server, "template0"))
        # In a process of its own: a connection left open would keep everybody from copying.
        code = f"from backend.db.session import migrate; migrate({url!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
        yield url


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    """A new database on a server, dropped afterwards."""
    name = f"overread_test_{secrets.token_hex(6)}"
    address = make_url(server).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template}"')
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database with all tables, for this test alone."""
    template = template_url(request.config)
    server = GIVEN_DATABASE or make_url(template).set(database="postgres").render_as_string(hide_password=False)
    with _database(server, str(make_url(template).database)) as url:
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
def loop(database: Database, settings: Settings) -> Loop:
    """A project with phantom films, ready to launch."""
    return make_loop(database, BlobStore(settings.blob_folder))
