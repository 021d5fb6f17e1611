"""What the learning engine keeps: halves of cross-fitting, snapshots and pictures of a run, stability, encoders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "9c1d4e07a2b5"
down_revision = "67b7b311275f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("half", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_run_half_word"), "run", "half in ('a', 'b')")
    op.add_column(
        "run", sa.Column("snapshots", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column(
        "run",
        sa.Column("pictures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("pseudo_label", sa.Column("stability", sa.Double(), nullable=True))
    op.create_table(
        "encoder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("recipe", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("checkpoint_sha256", sa.Text(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_encoder_job_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_encoder_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoder")),
    )
    op.create_index(op.f("ix_encoder_project_id"), "encoder", ["project_id"], unique=False)
