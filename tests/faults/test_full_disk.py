"""A disk that fills up under the private servers: they are back by themselves, and nothing that was saved is lost."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from overread.disk import BALLAST_BYTES, lay_ballast
from overread.embedded import Servers, embedded
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("workers")


@pytest.fixture
def small() -> Iterator[Path | None]:
    """A folder on a disk of 450 MB; None where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        command = ["mount", "-t", "tmpfs", "-o", "size=450m,mode=0755", "none", name]
        mounted = os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0
        try:
            yield Path(name).resolve() if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", name], check=True)


def ask(own: Servers, question: str) -> list[tuple[object, ...]]:
    address = own.database_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
        return connection.execute(question).fetchall()


def make_table(own: Servers) -> None:
    with psycopg.connect(own.database_url.replace("+psycopg", "")) as connection:
        connection.execute("create table kept (word text)")


def does(own: Servers, question: str) -> bool:
    try:
        return bool(ask(own, question))
    except psycopg.Error:
        return False


def fill(folder: Path) -> Path:
    """To the last byte."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


ADD = "insert into kept select repeat(md5(random()::text), 9) from generate_series(1, 20000) returning 1"
# Fills the write-ahead log alone: a table that cannot grow is an error, a log that cannot is Postgres' end.
LOG = "select pg_logical_emit_message(false, 'test', repeat('x', 5000000))"


def test_postgres_is_back_on_a_full_disk_and_writes_once_there_is_room(
    small: Path | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if small is None:
        check_a_folder_that_takes_nothing(tmp_path, capfd)
        return
    with embedded(small / "data") as own:
        assert (small / "data" / "ballast").stat().st_size == BALLAST_BYTES
        make_table(own)
        ask(own, ADD)
        filler = fill(small)
        told = ""

        def fallen() -> bool:
            nonlocal told
            does(own, LOG)
            told += capfd.readouterr().err
            return "Postgres ended" in told

        until(fallen)
        assert "No space left on device" in (small / "data" / "postgres.log").read_text(errors="replace")
        # With what the ballast gave back it recovers: what was saved can be read while the disk is still full.
        until(lambda: does(own, "select count(*) from kept"))
        assert not (small / "data" / "ballast").exists()
        assert ask(own, "select count(*) >= 20000 from kept") == [(True,)]
        filler.unlink()
        until(lambda: does(own, ADD))


def check_a_folder_that_takes_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where nothing can be mounted, a folder that may not be written is to Postgres what a full disk is."""
    with embedded(folder / "data") as own:
        make_table(own)
        data = folder / "data" / "postgres"
        number = int((data / "postmaster.pid").read_text().split()[0])
        data.chmod(0o500)
        os.kill(number, 9)
        told = ""

        def fallen() -> bool:
            nonlocal told
            told += capfd.readouterr().err
            return "Postgres ended" in told or "could not be started" in told

        until(fallen)
        data.chmod(0o700)
        until(lambda: does(own, ADD))


def test_the_ballast_is_laid_only_where_there_is_plenty(small: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = small or Path(name)
        monkeypatch.setattr("overread.disk.free_bytes", lambda _: 4 * BALLAST_BYTES - 1)
        lay_ballast(folder)
        assert not (folder / "ballast").exists()
        monkeypatch.undo()
        lay_ballast(folder)
        assert (folder / "ballast").stat().st_size == BALLAST_BYTES
        assert (folder / "ballast").stat().st_mode & 0o077 == 0
