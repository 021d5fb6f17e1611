"""A reader's word on a public label, append-only as every read is."""

import sqlalchemy as sa
from alembic import op

revision = "d41f6a0c83b7"
down_revision = "e83b6c1f2d07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_label_read",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("image_sha256", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verdict in ('wrong', 'withdrawn')", name=op.f("ck_public_label_read_verdict_word")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_public_label_read_account_id")),
        sa.ForeignKeyConstraint(
            ["image_id", "image_sha256"],
            ["image.id", "image.sha256"],
            name=op.f("fk_public_label_read_image_id_image_sha256"),
        ),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_public_label_read_mask_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_label_read")),
    )
    op.create_index(
        "ix_public_label_read_head", "public_label_read", ["image_id", "finding", sa.literal_column("id desc")]
    )
    for name, when in (("append_only", "update or delete"), ("append_only_whole", "truncate")):
        every = "statement" if when == "truncate" else "row"
        op.execute(
            f"create trigger {name} before {when} on public_label_read "
            f"for each {every} execute function refuse_change()"
        )
