"""What a source itself calls its findings, as its next import meets them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c27f50a9e3b4"
down_revision = "7d20c4f9b83e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("classes", postgresql.JSONB(), nullable=True))
