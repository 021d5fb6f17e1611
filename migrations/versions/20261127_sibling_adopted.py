"""A late save's mask can be taken over."""

from alembic import op

revision = "e83d0b5c61fa"
down_revision = "d80b5c2e17fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_read_adopted_word"), "read", type_="check")
    op.create_check_constraint(
        op.f("ck_read_adopted_word"),
        "read",
        "adopted in ('pseudo', 'public', 'previous', 'read', 'sibling', 'teacher')",
    )
