"""The pool explorer: each label's area beside it, an index for each order of the wall, who chose an audit's item."""

import sqlalchemy as sa
from alembic import op

revision = "b7e05c3a9f12"
down_revision = "3f8a2d91c6e4"
branch_labels = None
depends_on = None

ORDERS = ("risk", "agreement", "variance", "presence", "area")


def upgrade() -> None:
    op.add_column("pseudo_label", sa.Column("area", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.execute("update pseudo_label set area = mask.area from mask where mask.id = pseudo_label.mask_id")
    for column in ORDERS:
        others = [name for name in ("image_id", "decision", "presence", "area") if name != column]
        op.create_index(
            f"ix_pseudo_label_wall_{column}",
            "pseudo_label",
            ["labelling_id", "finding", column, "id"],
            postgresql_include=others,
        )
    op.create_index("ix_image_view", "image", ["project_id", "split", "view"])
    op.add_column("audit_item", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_audit_item_account_id"), "audit_item", "account", ["account_id"], ["id"])
