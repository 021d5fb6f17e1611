"""The members' variance, kept beside each pseudo label."""

import sqlalchemy as sa
from alembic import op

revision = "3f8a2d91c6e4"
down_revision = "9c1d4e07a2b5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pseudo_label", sa.Column("variance", sa.Double(), nullable=True))
