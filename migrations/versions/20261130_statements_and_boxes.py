"""What sources say of findings on whole films, and the boxes that they draw: neither is a mask. Films that came before
have none; theirs come in when their source is imported again."""

import sqlalchemy as sa
from alembic import op

revision = "7d20c4f9b83e"
down_revision = "9a3f6e10b7c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_statement",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.CheckConstraint("says in ('present', 'absent', 'uncertain')", name=op.f("ck_source_statement_says_word")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_source_statement_image_id")),
        sa.PrimaryKeyConstraint("image_id", "finding", "reader", name=op.f("pk_source_statement")),
    )
    op.create_table(
        "source_box",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("left", sa.Double(), nullable=False),
        sa.Column("top", sa.Double(), nullable=False),
        sa.Column("right", sa.Double(), nullable=False),
        sa.Column("bottom", sa.Double(), nullable=False),
        sa.CheckConstraint(
            """"left" >= 0 and "left" < "right" and "right" < 'infinity' """
            """and top >= 0 and top < bottom and bottom < 'infinity'""",
            name=op.f("ck_source_box_box_sides"),
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_source_box_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_box")),
    )
    op.create_index(op.f("ix_source_box_image_id"), "source_box", ["image_id"])
