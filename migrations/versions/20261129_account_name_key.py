"""One account a person, however the name is spelled: case, composed letters, width and spaces are the same."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "f2b7c90d4e31"
down_revision = "e83d0b5c61fa"
branch_labels = None
depends_on = None


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def upgrade() -> None:
    op.add_column("account", sa.Column("name_key", sa.Text(), nullable=True))
    connection, taken = op.get_bind(), set[str]()
    rows = connection.execute(sa.text("select id, name from account order by id")).all()
    names = {name for _, name in rows}
    # The older of two that are now one keeps the name; the later one's gets its number, so that nobody is lost.
    for account_id, name in rows:
        own = name
        while _key(own) in taken or (own != name and own in names):
            own = f"{own} ({account_id})"
        taken.add(_key(own))
        connection.execute(
            sa.text("update account set name = :name, name_key = :key where id = :id"),
            {"name": own, "key": _key(own), "id": account_id},
        )
    op.alter_column("account", "name_key", nullable=False)
    op.create_unique_constraint(op.f("uq_account_name_key"), "account", ["name_key"])
