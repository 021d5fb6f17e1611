"""What FIX reads is said in every plan.

Before, it read the riskiest labels; no default of a newer version may be read into that. A project goes on with what
it declared last, this too, until somebody says otherwise.
"""

from alembic import op

revision = "8e3c51d7a2f4"
down_revision = "5d0b84f7c1e9"
branch_labels = None
depends_on = None

PLANS = """
    update iteration set plan = plan || jsonb_build_object('fix_by', 'risk') where not plan ? 'fix_by'
"""


def upgrade() -> None:
    op.execute(PLANS)
