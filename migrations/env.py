"""Alembic's entry: one connection, one transaction, short lock timeouts so that a migration never blocks readers."""

from alembic import context
from sqlalchemy import create_engine, text

from backend.db.tables import Table

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
with engine.connect() as connection:
    connection.execute(text("set lock_timeout = '4s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Table.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
