"""Scores as rows; what epochs and encoders report is whole."""

import sqlalchemy as sa
from alembic import op

revision = "3b91e6d70c4a"
down_revision = "c8e2f40b7d15"
branch_labels = None
depends_on = None

METRICS = ("d_auc", "d_auc_usable", "id_auc", "dice", "sensitivity", "specificity", "auroc")
MEASURED_ON = ("positives", "negatives", "patients", "level")
AT_THE_LEVEL = ("true_positives", "false_positives", "true_negatives", "false_negatives")
# What an evaluation said: of each split as a whole and of its sources; there of each finding and of all together. A
# share of films is a whole number of them, so the four counts follow.
MOVE = """
    with split as (
        select iteration.id, iteration.project_id, part.key as split, null::bigint as source_id, part.value as told
        from iteration, jsonb_each(iteration.metrics->'ensemble') as part
        where jsonb_typeof(iteration.metrics->'ensemble') = 'object'
    ), place as (
        select id, split, source_id, told from split
        union all
        select split.id, split.split, source.id, own.value
        from split, jsonb_each(split.told->'sources') as own
            join source on source.name = own.key
        where jsonb_typeof(split.told->'sources') = 'object' and source.project_id = split.project_id
    ), measured as (
        select place.id, place.split, place.source_id, own.key as finding, own.value as told
        from place, jsonb_each(place.told->'per_finding') as own
        union all
        select id, split, source_id, null, told->'macro' from place where jsonb_typeof(told->'macro') = 'object'
    ), films as (
        select *, (told->>'positives')::bigint as positives, (told->>'negatives')::bigint as negatives,
            (told->>'level')::bigint as level,
            round(coalesce((told->>'sensitivity')::float8, 0) * (told->>'positives')::bigint)::bigint as found,
            round(coalesce((told->>'specificity')::float8, 0) * (told->>'negatives')::bigint)::bigint as clean
        from measured
    )
    insert into score (iteration_id, split, source_id, finding, metric, value, low, high, positives, negatives,
        patients, level, true_positives, false_positives, true_negatives, false_negatives)
    select id, split, source_id, finding, metric, (told->>metric)::float8, (told->(metric || '_interval')->>0)::float8,
        (told->(metric || '_interval')->>1)::float8, positives, negatives, (told->>'patients')::bigint, level,
        case when level is not null then found end, case when level is not null then negatives - clean end,
        case when level is not null then clean end, case when level is not null then positives - found end
    from films, unnest(cast(:metrics as text[])) as metric
    """


def upgrade() -> None:
    _create_score()
    op.get_bind().execute(sa.text(MOVE), {"metrics": list(METRICS)})
    op.drop_column("iteration", "metrics")
    op.execute(  # the first rows said neither of the two
        "update epoch set values = jsonb_build_object('pool_loss', null, 'waited', 0) || values "
        "|| jsonb_build_object('epoch', epoch)"
    )
    op.alter_column("encoder", "values", nullable=True, server_default=None)
    op.execute("update encoder set values = null where values = '{}'")


def _create_score() -> None:
    op.create_table(
        "score",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("value", "low", "high")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in (*MEASURED_ON, *AT_THE_LEVEL)),
        sa.CheckConstraint("split in ('external', 'development')", name=op.f("ck_score_split_word")),
        sa.CheckConstraint(f"metric in {METRICS}", name=op.f("ck_score_metric_word")),
        sa.CheckConstraint(
            "true_positives + false_negatives = positives and true_negatives + false_positives = negatives",
            name=op.f("ck_score_each_film_once"),
        ),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_score_iteration_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_score_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
    )
    op.create_index(
        "uq_score_what",
        "score",
        ["iteration_id", "split", "source_id", "finding", "metric"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
