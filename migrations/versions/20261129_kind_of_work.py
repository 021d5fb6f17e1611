"""Which kind of work a read was: of earlier ones as far as their rows tell.

A mask that came of the slider or was taken over may have been drawn on afterwards; of a judge's decision, or a case
that its reader had read before, the row does not tell what stood there. These stay null, as do reads from before the
regions of the mask that was shown were kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "c5d20e7fa318"
down_revision = "3b91e6d70c4a"
branch_labels = None
depends_on = None

KINDS = "'accept', 'slider', 'adopt', 'redraw', 'draw', 'reject', 'cannot_tell'"


def upgrade() -> None:
    op.add_column("read", sa.Column("work", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_read_work_word"), "read", f"work in ({KINDS})")
    op.execute("alter table read disable trigger append_only")  # a new column is filled; nothing that was said changes
    op.execute(
        """
        update read set work = case
            when verdict <> 'fix' then verdict
            when adjudicated then null
            when exists (
                select from read before where before.case_id = read.case_id and before.finding = read.finding
                    and before.account_id = read.account_id and before.id < read.id
            ) then null
            when blind then 'draw'
            when threshold is not null or adopted is not null or regions is null then null
            when regions = '[]' then 'draw'
            else 'redraw'
        end
        """
    )
    op.execute("alter table read enable trigger append_only")
