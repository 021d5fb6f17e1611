"""Alembic's entry: one connection, one transaction, short lock timeouts so that a migration never blocks readers."""

from alembic import context
from sqlalchemy import create_engine, text

from overread.db.tables import Table

# A host that swallows packets must not outlast whoever waits for a database (psycopg would try for two minutes).
options = {"connect_timeout": 10}
engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", connect_args=options)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Table.metadata, compare_type=True)
    with context.begin_transaction():
        # Who starts at the same moment waits here, and then finds the tables there.
        connection.execute(text("select pg_advisory_xact_lock(7377)"))
        connection.execute(text("set local lock_timeout = '4s'"))
        context.run_migrations()
engine.dispose()
