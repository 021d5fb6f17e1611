"""How far each pseudo label is from the iteration before, to sort and filter the pool by."""

import sqlalchemy as sa
from alembic import op

revision = "d80b5c2e17fa"
down_revision = "a6d20f93b48e"
branch_labels = None
depends_on = None

ORDERS = ("risk", "agreement", "variance", "presence", "area")


def upgrade() -> None:
    op.add_column("pseudo_label", sa.Column("changed", sa.Double(), nullable=True))
    for column in ORDERS:
        op.drop_index(f"ix_pseudo_label_wall_{column}", "pseudo_label")
    for column in (*ORDERS, "changed"):
        others = [name for name in ("image_id", "decision", "presence", "area", "changed") if name != column]
        op.create_index(
            f"ix_pseudo_label_wall_{column}",
            "pseudo_label",
            ["labelling_id", "finding", column, "id"],
            postgresql_include=others,
        )
