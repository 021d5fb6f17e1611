"""Plans say all that they mean, and an audit's strata are rows.

A plan of an older version left out what did not exist yet: nothing was kept out, nobody read twice, nobody was tested.
A newer version's defaults must not be read into it, nor may
its silence be the next launch's: what it did not declare stands in ``undeclared``.
"""

import sqlalchemy as sa
from alembic import op

revision = "c8e2f40b7d15"
down_revision = "f1c7a94e20bd"
branch_labels = None
depends_on = None

MEANT = """
    with meant as (select '{"keep_out": 0, "second": 0, "sentinel": 0, "holdout": 0, "positives": 0,
        "red_line": 0.5, "holdout_margin": 0.1, "subgroup_margin": 0.2, "family": "finding", "errors": "called",
        "thresholds": "hand"}'::jsonb as terms)
    update iteration set plan = meant.terms || plan || jsonb_build_object('undeclared', (
        select coalesce(jsonb_agg(term), '[]') from jsonb_object_keys(meant.terms) as term
        where not iteration.plan ? term
    )) from meant
"""
ROWS = """
    insert into audit_stratum
    select audit.id, place - 1, row->>'finding', row->>'decision', coalesce((row->>'held')::boolean, false),
        coalesce((row->>'size')::bigint, 0), (row->>'population')::bigint,
        coalesce((row->'reads'->>'FIX')::bigint, 0), coalesce((row->'reads'->>'MEASURE')::bigint, 0),
        coalesce((row->'reads'->>'SENTINEL')::bigint, 0), coalesce((row->'reads'->>'HOLDOUT')::bigint, 0)
    from audit, jsonb_array_elements(audit.strata) with ordinality as told(row, place)
"""


def upgrade() -> None:
    op.execute(MEANT)
    op.create_table(
        "audit_stratum",
        sa.Column("audit_id", sa.BigInteger(), sa.ForeignKey("audit.id", name="fk_audit_stratum_audit_id_audit")),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=True),
        *(sa.Column(stream, sa.BigInteger(), nullable=False) for stream in ("fix", "measure", "sentinel", "holdout")),
        sa.PrimaryKeyConstraint("audit_id", "number", name="pk_audit_stratum"),
        sa.CheckConstraint("decision in ('positive', 'negative', 'uncertain')", name="ck_audit_stratum_decision_word"),
    )
    op.execute(ROWS)
    op.drop_column("audit", "strata")
