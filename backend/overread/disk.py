"""Room on the disk, and who may read what lies there: the owner of the data folder, nobody else."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

# Below this a disk counts as full. More than the ballast: what that gives back is for recovering, not for going on.
FULL_BYTES = 128 << 20
BALLAST_BYTES = 64 << 20
OURS = ("blobs", "work", "thumbnails", "lock", "postgres.log", "valkey.log", "worker.log", "serve.log")


def free_bytes(folder: Path) -> int:
    """How much an ordinary user can still write to the disk that holds a folder, which need not be there yet."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(place).free


def make_private(folder: Path, mode: int = 0o700) -> Path:
    """Make a folder that is its owner's alone, with what is missing above it; one that is there stays as it is."""
    if not folder.is_dir():
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        for path in missing:
            path.chmod(mode)
    return folder


def tighten(folder: Path) -> None:
    """Take from group and others what an earlier version let them read: our data folder, and what we keep in it.

    A folder that is shared on purpose (with the sticky bit, as /tmp) stays as it is, and so does what is not ours.
    """
    known = [folder / name for name in OURS]
    for path in (folder, *known, *(folder / "work").rglob("*")):
        # Another owner's, or a file system without modes: the doctor tells.
        with suppress(OSError):
            mode = path.stat(follow_symlinks=False).st_mode
            if not stat.S_ISLNK(mode) and not mode & stat.S_ISVTX and mode & 0o077:
                path.chmod(stat.S_IMODE(mode) & 0o700)


def lay_ballast(folder: Path) -> None:
    """Where there is plenty, keep a file that holds room and nothing else: on a full disk Postgres recovers with it."""
    ballast = folder / "ballast"
    if ballast.exists() or free_bytes(folder) < 4 * BALLAST_BYTES:
        return
    try:
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        ballast.unlink(missing_ok=True)


def give_up_ballast(folder: Path) -> None:
    """On a full disk, let it go."""
    if free_bytes(folder) < FULL_BYTES:
        (folder / "ballast").unlink(missing_ok=True)
