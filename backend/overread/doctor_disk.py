"""What takes the disk, and what of it could go. It looks and deletes nothing."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from os import stat_result
from pathlib import Path

from sqlalchemy import JSON, String, Text, cast, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Table
from overread.embedded import private_servers
from overread.services.loop.work_folders import need_of, work_folders
from overread.settings import Settings

# A younger blob may belong to a job that has not written its row yet.
SETTLED_SECONDS = 86_400.0
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Use:
    """A part of the data folder: its size, and what of it nothing needs."""

    part: str
    found: str
    spare: str = ""


def disk_use(settings: Settings) -> list[Use]:
    """Blobs, work folders, database and logs; what could go is told where the database answers."""
    folder = settings.data_folder.resolve()
    if not folder.is_dir():
        return []
    database = Database(settings.database_url or private_servers(folder).database_url, pool_size=1)
    try:
        with database.transaction() as session:
            return _uses(settings, folder, session)
    except SQLAlchemyError:
        return _uses(settings, folder, None)
    finally:
        database.engine.dispose()


def _uses(settings: Settings, folder: Path, session: Session | None) -> list[Use]:
    logs = sum(size_of(path) for path in folder.glob("*.log*"))
    thumbnails = size_of(folder / "thumbnails")
    postgres = folder / "postgres"
    if session is not None:
        size = session.scalar(select(func.pg_database_size(func.current_database()))) or 0
        database = (
            f"{_readable(size)}, with its log {_readable(size_of(postgres))}" if postgres.is_dir() else _readable(size)
        )
    else:
        database = _readable(size_of(postgres)) + " (it does not answer: what could go is not known)"
    shared = folder.stat().st_mode & 0o077
    return [
        *(
            [Use("disk: rights", "others may look into the data folder", f"their rights: chmod 700 {folder}")]
            if shared
            else []
        ),
        _blobs(settings.blob_folder, session),
        *(_work(path, session) for path in work_folders(folder)),
        Use("disk: thumbnails", _readable(thumbnails), "all of it: made again when looked at" if thumbnails else ""),
        Use("disk: database", database),
        Use("disk: logs", _readable(logs)),
    ]


def _blobs(folder: Path, session: Session | None) -> Use:
    found: dict[str, stat_result] = {}
    for path in folder.glob("??/*"):
        with suppress(FileNotFoundError):  # a temporary name of one that is being written
            found[path.name] = path.stat()
    size = sum(each.st_size for each in found.values())
    use = f"{len(found)} files, {_readable(size)}"
    if session is None:
        return Use("disk: blobs", use)
    settled = {name for name, each in found.items() if each.st_mtime < time.time() - SETTLED_SECONDS}
    spare = settled.difference(named_hashes(session))
    could_go = (
        f"{len(spare)} that no row names, {_readable(sum(found[name].st_size for name in spare))}" if spare else ""
    )
    return Use("disk: blobs", use, could_go)


def _work(path: Path, session: Session | None) -> Use:
    need = "all" if session is None else need_of(session, path)
    spare = {"all": "", "state": "its films: a worker deletes them", "nothing": "all of it: a worker deletes it"}
    return Use(f"disk: work/{path.name}", _readable(size_of(path)), spare[need])


def named_hashes(session: Session) -> Iterator[str]:
    """Every text of 64 hexadecimal digits in any column that may hold one: rather too many than one too few."""
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, String | JSON) and "VARCHAR" not in str(column.type):
                continue
            hashes = func.regexp_matches(cast(column, Text), _HASH.pattern, "g")
            for (found,) in session.execute(select(hashes).where(column.is_not(None))).yield_per(10_000):
                yield found[0]


def size_of(path: Path) -> int:
    """Bytes on the disk of a file, or of all below a folder; what goes away meanwhile counts nothing."""
    total = 0
    for each in (path, *path.rglob("*")):
        with suppress(OSError):
            total += each.lstat().st_blocks * 512
    return total


def _readable(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
