"""What a read was made with: slider, adopted mask, what became of each region; and a flag."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b52c7e19d0a3"
down_revision = "b7e05c3a9f12"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("read", sa.Column("flagged", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("read", sa.Column("threshold", sa.Double(), nullable=True))
    op.add_column("read", sa.Column("adopted", sa.Text(), nullable=True))
    op.add_column("read", sa.Column("regions", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_read_adopted_word"), "read", "adopted in ('pseudo', 'public', 'previous', 'read')"
    )
    op.create_check_constraint(op.f("ck_read_threshold_range"), "read", "threshold > 0 and threshold <= 1")
