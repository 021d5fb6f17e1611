"""What films show, to find near twins by, and the notes of a source. Both are made by imports: films that are here are
looked at when the next one begins, a source's notes are counted anew until its own next one ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "4b7e92c6d1a8"
down_revision = "d93e5b7108fc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("notes", postgresql.JSONB(), nullable=True))
    op.create_table(
        "fingerprint",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("twin_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_fingerprint_image_id")),
        sa.ForeignKeyConstraint(["twin_id"], ["image.id"], name=op.f("fk_fingerprint_twin_id")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_fingerprint")),
    )
    op.create_index("ix_fingerprint_twin", "fingerprint", ["twin_id"], postgresql_where=sa.text("twin_id is not null"))
