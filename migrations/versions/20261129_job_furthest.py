"""How far a job ever got: deaths count only since then."""

import sqlalchemy as sa
from alembic import op

revision = "a41c7d90e2b6"
down_revision = "e1b7d3a5c960"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("furthest", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
