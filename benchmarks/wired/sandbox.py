"""A database in which nothing lasts: every transaction of the services lies inside one that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from overread.db.session import Database


class Sandbox(Database):
    """The services' database over one connection; their commits are savepoints of its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """What a service does in a transaction, seen by the next one and gone with the sandbox."""
        with Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
            session.commit()


@contextmanager
def sandbox(database: Database) -> Iterator[Sandbox]:
    """A sandbox over this database; when it is left, nothing of what was done in it is there."""
    with database.engine.connect() as connection:
        outer = connection.begin()
        try:
            yield Sandbox(connection)
        finally:
            outer.rollback()
