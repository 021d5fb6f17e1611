"""`overread migrate` starts beside its database: one that is not up yet is waited for, one that goes away survived."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from overread import cli
from overread.db.session import Database
from overread.embedded import embedded
from tests.waiting import until

NOBODY = "postgresql+psycopg://x@127.0.0.1:1/x"
MIGRATIONS_LOCK = 7377  # that of migrations/env.py


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, so that the sockets lie inside."""
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        yield Path(name).resolve() / "data"


@contextmanager
def migrating(url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "overread.cli", "migrate"]
    environment = os.environ | {"DATABASE_URL": url}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def tables(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return len(connection.execute("select 1 from pg_tables where tablename in ('job', 'image')").fetchall())


def test_a_database_that_comes_up_later_is_waited_for(folder: Path) -> None:
    url = f"postgresql+psycopg://overread@/overread?host={folder}/run"
    with migrating(url) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told.startswith(f"Waiting up to 60 s for the database at {folder}/run/overread: ")
        with embedded(folder) as own:
            assert own.database_url == url
            assert process.wait(50) == 0
            assert tables(url) == 2


def test_a_database_that_goes_away_in_the_middle_is_migrated_again(folder: Path) -> None:
    with embedded(folder) as own:
        engine = create_engine(own.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as holder, migrating(own.database_url) as process:
            holder.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATIONS_LOCK})
            waiting = "select pid from pg_stat_activity where wait_event = 'advisory'"
            pid = until(lambda: holder.execute(text(waiting)).scalar())
            holder.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
            assert process.stderr is not None
            assert "Waiting up to 60 s" in process.stderr.readline()
            holder.execute(text("select pg_advisory_unlock_all()"))
            assert process.wait(50) == 0
        engine.dispose()
        assert tables(own.database_url) == 2


def test_a_database_that_never_comes_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setattr(cli, "DATABASE_SECONDS", 1.0)
    monkeypatch.setattr(sys, "argv", ["overread", "migrate"])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    waited, ended, *_ = capsys.readouterr().err.splitlines()
    assert waited.startswith("Waiting up to 1 s for the database at 127.0.0.1/x: ")
    assert ended.startswith("The database does not answer.")


def test_a_database_that_answers_and_refuses_is_not_asked_again(database: Database, database_url: str) -> None:
    """A lock that somebody else keeps runs into the migration's own limit; trying again would hide who is at fault."""
    with database.engine.connect() as holder, migrating(database_url) as process:
        holder.execute(text("lock table alembic_version"))
        told = process.communicate()[1]
    assert process.returncode == 1
    assert "Waiting" not in told
    assert "lock timeout" in told
