"""The private servers: nothing lost to kill -9, one owner a folder, clear refusals."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from overread import embedded as installation
from overread import unprivileged
from overread.domain.errors import Conflict
from overread.embedded import AlreadyRunning, Servers, embedded, servers
from overread.settings import Settings
from tests.waiting import until

PARENT = """
import sys, time
from pathlib import Path
import psycopg
from overread.embedded import embedded
with embedded(Path(sys.argv[1])) as own:
    with psycopg.connect(own.database_url.replace("+psycopg", "")) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, so that the sockets lie inside."""
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        yield Path(name).resolve() / "data"


def ask(own: Servers, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(own.database_url.replace("+psycopg", "")) as connection:
        return connection.execute(question).fetchall()


def test_both_servers_answer_on_sockets_that_are_ours_alone(folder: Path) -> None:
    with embedded(folder) as own:
        assert ask(own, "select current_database()") == [("overread",)]
        assert ask(own, "select current_setting('listen_addresses')") == [("",)]
        with redis.Redis.from_url(own.redis_url) as client:
            assert client.ping()
            assert client.config_get("port") == {"port": "0"}
        assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError):
        ask(own, "select 1")


def test_kill_9_of_the_parent_loses_nothing_and_leaves_nothing_running(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    with embedded(folder) as own:
        assert ask(own, "select n from kept") == [(42,)]
    wait_until_no_process_names(folder)


def test_a_valkey_that_dies_comes_back_and_goes_with_us(folder: Path) -> None:
    with embedded(folder) as own, redis.Redis.from_url(own.redis_url) as client:
        for _ in range(2):
            dead = client.info()["process_id"]
            os.kill(dead, signal.SIGKILL)
            deadline = time.monotonic() + 30
            while not answers(client) or client.info()["process_id"] == dead:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    wait_until_no_process_names(folder)


def test_a_postgres_that_dies_comes_back_once_its_children_are_gone(folder: Path) -> None:
    with embedded(folder) as own:
        with psycopg.connect(own.database_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("create table kept (n int)")
            connection.execute("insert into kept values (42)")
            backend = connection.info.backend_pid
            os.kill(backend, signal.SIGSTOP)  # as one in the middle of a long computation
            dead = postmaster(folder)
            os.kill(dead, signal.SIGKILL)
            until(lambda: not Path(f"/proc/{dead}").exists())
            time.sleep(3)  # the first pause is over: a start would be seen
            assert postmaster(folder) == dead, "another Postgres beside a child of the last one ruins the data"
            os.kill(backend, signal.SIGCONT)
        until(lambda: answers_now(own))
        assert ask(own, "select n from kept") == [(42,)]
        assert postmaster(folder) != dead
    wait_until_no_process_names(folder)


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def answers_now(own: Servers) -> bool:
    try:
        return bool(ask(own, "select 1"))
    except psycopg.OperationalError:
        return False


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def wait_until_no_process_names(folder: Path) -> None:
    for _ in range(200):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        if not any(os.fsencode(folder) in line for line in lines):
            return
        time.sleep(0.05)
    raise AssertionError(f"a server on {folder} is still running")


def test_a_second_instance_is_refused_with_a_sentence_or_joins(folder: Path) -> None:
    settings = Settings(data_folder=folder)
    with servers(settings) as first:
        sentence = f"Another Overread runs on {folder}.*OVERREAD_DATA_FOLDER"
        with pytest.raises(AlreadyRunning, match=sentence), embedded(folder):
            pass
        with servers(settings, join=True) as second:
            assert second.database_url == first.database_url
            assert second.secret == first.secret
        assert ask(Servers(first.database_url, first.redis_url), "select 1") == [(1,)], "joining must stop nothing"


def test_who_starts_at_the_same_moment_finds_the_tables_there(folder: Path) -> None:
    with embedded(folder) as own:
        code = f"from overread.db.session import migrate; migrate({own.database_url!r})"
        starting = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
        assert [process.wait() for process in starting] == [0, 0, 0]


def test_named_servers_are_taken_and_none_started(folder: Path) -> None:
    named = Settings(database_url="postgresql+psycopg://elsewhere/x", redis_url="redis://elsewhere", data_folder=folder)
    with servers(named) as settings:
        assert settings == named
    assert not folder.exists()


def test_a_folder_of_another_major_is_refused_and_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Conflict, match="made by Postgres 12; this is 18"), embedded(folder):
        pass
    assert [path.name for path in (folder / "postgres").iterdir()] == ["PG_VERSION"]


def test_an_initdb_that_was_killed_is_done_again(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with embedded(folder) as own:
        assert ask(own, "select 1") == [(1,)]


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(folder: Path) -> None:
    with embedded(folder):
        pass
    stale = f"{os.getpid()}\n{folder / 'postgres'}\n{int(time.time())}\n5432\n{folder / 'run'}\n\n"
    (folder / "postgres" / "postmaster.pid").write_text(stale)
    (folder / "run" / ".s.PGSQL.5432.lock").write_text(stale)
    with embedded(folder) as own:
        assert ask(own, "select 1") == [(1,)]


def test_a_server_that_cannot_start_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the disk is full')"]
    monkeypatch.setattr(installation, "_postgres_command", lambda *_: command)
    with pytest.raises(Conflict, match=r"postgres\.log ends: the disk is full"), embedded(folder):
        pass


def test_a_long_path_puts_the_sockets_into_the_temp_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    with embedded(folder) as own:
        run = Path(own.redis_url.removeprefix("unix://")).parent
        assert run.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
        assert ask(own, "select 1") == [(1,)]
    shutil.rmtree(run)


@pytest.mark.parametrize("euid", [0, 1000])
def test_only_root_has_root_to_leave(euid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    unprivileged.leaving_root.cache_clear()
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    monkeypatch.setattr(unprivileged, "enter_namespace", lambda: os._exit(1))  # forbidden, as in many containers
    assert (unprivileged.leaving_root() is unprivileged.become_nobody) == (euid == 0)
    unprivileged.leaving_root.cache_clear()


def test_where_children_are_nobody_what_they_write_in_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned: list[tuple[Path, str]] = []
    monkeypatch.setattr(unprivileged, "leaving_root", lambda: unprivileged.become_nobody)
    monkeypatch.setattr(shutil, "chown", lambda path, user: owned.append((path, user)))
    open_path = Path("/usr/lib")
    unprivileged.hand_over(open_path, programs=Path("/usr/bin"))
    assert owned == [(open_path, "nobody")]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Conflict, match="nobody, who may not pass"):
        unprivileged.hand_over(closed / "data", programs=Path("/usr/bin"))
