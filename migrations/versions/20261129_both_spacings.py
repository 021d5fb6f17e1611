"""A film's spacing from row to row and from column to column.

Of films that came before only the one between rows was kept, and pixels were taken for squares: they still are. What
was no spacing (0, NaN) is none.
"""

import sqlalchemy as sa
from alembic import op

revision = "d93e5b7108fc"
down_revision = "8e3c51d7a2f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("image", "spacing_mm", new_column_name="row_spacing_mm")
    op.add_column("image", sa.Column("column_spacing_mm", sa.Double(), nullable=True))
    # To Postgres NaN is greater than every number.
    op.execute("update image set row_spacing_mm = null where row_spacing_mm <= 0 or row_spacing_mm >= 'infinity'")
    op.execute("update image set column_spacing_mm = row_spacing_mm where row_spacing_mm is not null")
    op.create_check_constraint(
        op.f("ck_image_both_spacings"), "image", "(row_spacing_mm is null) = (column_spacing_mm is null)"
    )
