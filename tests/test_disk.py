"""What we write is its owner's alone, whatever the umask; what an earlier version wrote is made so."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest

from overread import unprivileged
from overread.disk import make_private, tighten
from overread.domain.imaging.films import pack_film
from overread.embedded import embedded
from overread.services.films.thumbnails import thumbnail
from overread.storage import BlobStore
from overread_worker.ml.dataset import TrainingItem, build_cache


@pytest.fixture(autouse=True)
def _lenient() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def lenient(folder: Path) -> list[Path]:
    """What anybody but its owner may read or pass."""
    return [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_blobs_thumbnails_and_caches_are_private_whatever_the_umask(tmp_path: Path) -> None:
    data = tmp_path / "data"
    blobs = BlobStore(data / "blobs")
    sha256 = blobs.put(pack_film(np.zeros((40, 40), np.uint8)))
    thumbnail(data / "thumbnails", blobs, sha256, 32)
    item = TrainingItem(blobs.path(sha256), 40, 40, "p", {"nodule": None}, {"nodule": 1.0})
    build_cache([item], 1, ["nodule"], 32, data / "work" / "run-1" / "training")
    assert len([path for path in data.rglob("*") if path.is_file()]) == 4
    assert lenient(data) == []


def test_an_earlier_installation_is_tightened_and_what_is_not_ours_left(tmp_path: Path) -> None:
    for name in ("work/run-1/training/films.npy", "blobs/ab/film", "postgres.log", "mine/notes"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    tmp_path.chmod(0o755)
    tighten(tmp_path)
    assert not lenient(tmp_path / "work")
    for name in ("", "blobs", "postgres.log"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o755


def test_a_folder_that_is_everybodys_stays_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    tighten(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
    tmp_path.chmod(0o755)
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs").chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "blobs")
    make_private(link)
    tighten(link)
    assert stat.S_IMODE((tmp_path / "blobs").stat().st_mode) == 0o755


def test_what_the_command_line_writes_is_private() -> None:
    code = "import os, sys; from overread import cli; sys.argv = ['overread', 'recipes']\ntry: cli.main()\n"
    code += "except SystemExit: pass\nprint(oct(os.umask(0)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == oct(0o077)


def test_a_postgres_that_runs_as_nobody_gets_through_folders_that_we_made(monkeypatch: pytest.MonkeyPatch) -> None:
    os.umask(0o077)
    if os.geteuid() == 0:  # nobody else has root to leave
        monkeypatch.setattr(unprivileged, "leaving_root", lambda: unprivileged.become_nobody)
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        Path(name).chmod(0o755)
        with embedded(Path(name) / "new" / "demo") as own:
            with psycopg.connect(own.database_url.replace("+psycopg", "")) as connection:
                assert connection.execute("select 1").fetchall() == [(1,)]
            assert stat.S_IMODE((Path(name) / "new" / "demo").stat().st_mode) == 0o700
            assert stat.S_IMODE((Path(name) / "new").stat().st_mode) == 0o711
