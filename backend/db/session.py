"""The only commit. One request or one step of a job is one transaction; messages go out after it, or never."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from backend.db.tables import Job

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class Database:
    """A pool of connections and the transaction that every use case runs in."""

    def __init__(self, url: str, send: Callable[[int, str], None] | None = None, pool_size: int = 10) -> None:
        self.engine = create_engine(url, pool_size=pool_size, max_overflow=20, pool_pre_ping=True)
        self._send = send or (lambda _job_id, _queue: None)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit on success, then send what was enqueued; on an error roll back and send nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()
            outbox: list[Job] = session.info.pop("outbox", [])
        for job in outbox:
            self._send(job.id, job.queue)


def enqueue(session: Session, job: Job) -> None:
    """Have this job's message sent once the transaction has committed."""
    session.info.setdefault("outbox", []).append(job)


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to a revision (the newest by default)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    command.upgrade(config, revision)
