"""Where an item stands in its finding's drawn order, and how long a prefix of it the gate judges."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f1c7a94e20bd"
down_revision = "a41c7d90e2b6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("sample", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("audit_item", sa.Column("rank", sa.Integer(), nullable=True))
