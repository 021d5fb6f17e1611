"""The only commit. One request or one step of a job is one transaction; messages go out after it, or never."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from overread.db.tables import Job
from overread.shipped import shipped

MIGRATIONS = shipped("migrations", "migrations")
# SQLSTATE classes of a server that is not there (yet): connection exceptions, and shutting down or starting up.
AWAY = ("08", "57P")


class Messenger(Protocol):
    """Sends a job's message to a queue, and tells whose messages still lie in the broker (None: it is away)."""

    def __call__(self, job_id: int, queue: str) -> None: ...
    def in_broker(self) -> set[int] | None: ...


class Nobody:
    """Sends nothing and knows of nothing: for scripts and tests that work without a broker."""

    def __call__(self, job_id: int, queue: str) -> None:
        del job_id, queue

    def in_broker(self) -> None:
        return None


class Database:
    """A pool of connections and the transaction that every use case runs in."""

    def __init__(self, url: str, send: Messenger | None = None, pool_size: int = 10) -> None:
        self.engine = create_engine(url, pool_size=pool_size, max_overflow=20, pool_pre_ping=True)
        self.send = send or Nobody()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit on success, then send what was enqueued; on an error roll back and send nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()
            outbox: list[Job] = session.info.pop("outbox", [])
        for job in outbox:
            self.send(job.id, job.queue)


def enqueue(session: Session, job: Job) -> None:
    """Have this job's message sent once the transaction has committed."""
    session.info.setdefault("outbox", []).append(job)


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to a revision (the newest by default)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    command.upgrade(config, revision)


def migrate_when_up(database_url: str, seconds: float, say: Callable[[str], None]) -> None:
    """Bring the database to the newest revision; while it does not answer, or goes away in the middle (which undoes
    what was begun), try again for so many seconds. ``say`` is told once what is waited for. Raises OperationalError
    when the time is over, and at once when the database answers and refuses."""
    deadline, told = time.monotonic() + seconds, False
    while True:
        try:
            return migrate(database_url)
        except OperationalError as error:
            # Without a SQLSTATE it is the client that speaks: it found no server, or lost it.
            state = getattr(error.orig, "sqlstate", None)
            if time.monotonic() >= deadline or not (state is None or state.startswith(AWAY)):
                raise
            if not told:
                url = make_url(database_url)
                where = f"{url.host or url.query.get('host', 'this machine')}/{url.database}"
                say(f"Waiting up to {seconds:.0f} s for the database at {where}: {' '.join(str(error.orig).split())}")
            told = True
        time.sleep(1)
