"""Certified thresholds: append-only, by whom, signed by their hash."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c1a7f05e62d4"
down_revision = "d41f6a0c83b7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("alpha", sa.Double(), nullable=False),
        sa.Column("delta", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("side in ('positive', 'negative')", name=op.f("ck_certificate_side_word")),
        sa.CheckConstraint(
            "alpha > 0 and alpha < 1 and delta > 0 and delta < 1", name=op.f("ck_certificate_risk_range")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_certificate_account_id")),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_certificate_iteration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_index(op.f("ix_certificate_iteration_id"), "certificate", ["iteration_id"], unique=False)
    op.execute(
        "create trigger append_only before update or delete on certificate "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger append_only_whole before truncate on certificate "
        "for each statement execute function refuse_change()"
    )
