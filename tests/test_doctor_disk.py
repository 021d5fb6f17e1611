"""The doctor says what takes the disk, and what of it could go; it deletes nothing."""

import os
import time
from pathlib import Path

from overread.doctor import examine
from overread.doctor_disk import SETTLED_SECONDS, disk_use, named_hashes
from overread.settings import Settings
from tests.loop import Loop
from tests.work_folders import TINY, end, lay


def uses(settings: Settings) -> dict[str, tuple[str, str]]:
    return {use.part: (use.found, use.spare) for use in disk_use(settings)}


def test_every_part_is_told_with_what_could_go(loop: Loop, settings: Settings) -> None:
    run = end(loop, loop.launch(recipes=[TINY]), "cancelled")
    lay(settings, f"run-{run}")
    (settings.data_folder / "worker.log").write_text("a line")
    orphan = loop.blobs.path(loop.blobs.put(b"of an attempt that ended"))
    loop.blobs.put(b"of one that has not ended")
    past = time.time() - 2 * SETTLED_SECONDS
    for path in settings.blob_folder.glob("??/*"):
        if path == orphan or path.stat().st_size > 100:  # that, and all that rows name
            os.utime(path, (past, past))
    told = uses(settings)
    assert told["disk: blobs"][1].startswith("1 that no row names")
    assert told[f"disk: work/run-{run}"][1] == "its films: a worker deletes them"
    assert {"disk: thumbnails", "disk: database", "disk: logs"} <= set(told)
    assert told["disk: database"][0].endswith("iB")
    assert orphan.exists()
    assert set(told) <= {finding.part for finding in examine(settings)}


def test_no_blob_that_a_row_names_is_ever_called_spare(loop: Loop) -> None:
    iteration = loop.launch(recipes=[TINY])
    loop.label(iteration)
    with loop.database.transaction() as session:
        named = set(named_hashes(session))
    stored = {path.name for path in loop.blobs.folder.glob("??/*")}
    assert stored
    assert stored - named == set()


def test_without_a_database_sizes_are_told_and_nothing_is_called_spare(tmp_path: Path) -> None:
    (tmp_path / "work" / "run-1").mkdir(parents=True)
    (tmp_path / "blobs" / "ab").mkdir(parents=True)
    (tmp_path / "blobs" / "ab" / ("ab" * 32)).write_bytes(b"x" * 5_000_000)
    tmp_path.chmod(0o755)
    told = uses(Settings(data_folder=tmp_path))
    assert told["disk: blobs"] == ("1 files, 4.8 MiB", "")
    assert told["disk: work/run-1"][1] == ""
    assert "does not answer" in told["disk: database"][0]
    assert told["disk: rights"][1] == f"their rights: chmod 700 {tmp_path}"
    assert uses(Settings(data_folder=tmp_path / "none")) == {}
