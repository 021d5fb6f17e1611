"""What would happen, found out by doing it: all transactions of a rehearsal are one, and it is undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.domain.errors import Conflict

# A rehearsal waits for nobody as long as Postgres looks for deadlocks after (a second): it is never another who is
# chosen to fail.
PATIENCE = "set local lock_timeout = '500ms'"
LOCK_NOT_AVAILABLE = "55P03"
WAITED_FOR = text(
    "select exists(select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
)


class Rehearsal(Database):
    """A database of which nothing is kept: neither rows nor messages, and the trail has no line of it.

    Rows that it adds are held until its end, and whoever adds the same ones would wait for them. So it gives way: it
    ends with a Conflict when somebody waits for it, or would have to be waited for.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """What is done in it is seen by those of the same rehearsal that follow, and by nobody else."""
        session = Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        session.info["rehearsal"] = True
        try:
            with session:
                yield session
                session.commit()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                raise _gives_way() from None
            raise
        if self._connection.scalar(WAITED_FOR):
            raise _gives_way()


@contextmanager
def rehearsal(database: Database) -> Iterator[Rehearsal]:
    """A rehearsal on one connection of a database. Whatever ends it, kill -9 too, nothing of it stays."""
    with database.engine.connect() as connection:
        connection.execute(text(PATIENCE))
        yield Rehearsal(connection)


def is_rehearsed(session: Session) -> bool:
    """Whether this transaction is one of a rehearsal."""
    return bool(session.info.get("rehearsal"))


def _gives_way() -> Conflict:
    return Conflict(
        "Somebody began to import or to preview the same in this moment, and the dry run gave way. Nothing was stored "
        "by it. Do it again when that is done."
    )
