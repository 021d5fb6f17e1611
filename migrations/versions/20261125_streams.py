"""Four streams: films held out since they came, units kept out of training, and what a training set is made of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d41f0a7c5b92"
down_revision = "b52c7e19d0a3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _hold_out()
    op.add_column("audit", sa.Column("strata", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("audit", sa.Column("notes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.alter_column("audit_item", "stratum", nullable=True)
    op.create_check_constraint(
        op.f("ck_audit_item_sample_probability"),
        "audit_item",
        "stream not in ('MEASURE', 'HOLDOUT') or inclusion_probability > 0 and inclusion_probability <= 1",
    )
    op.drop_constraint(op.f("ck_audit_item_measure_probability"), "audit_item", type_="check")
    op.create_table(
        "kept_out",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("read_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_kept_out_image_id")),
        sa.ForeignKeyConstraint(["read_id"], ["read.id"], name=op.f("fk_kept_out_read_id")),
        sa.PrimaryKeyConstraint("image_id", "finding", name=op.f("pk_kept_out")),
    )
    op.create_table(
        "training_image",
        sa.Column("training_set_sha256", sa.Text(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("findings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("masks", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint(
            "cardinality(findings) = cardinality(masks) and cardinality(findings) = cardinality(kinds)",
            name=op.f("ck_training_image_parallel"),
        ),
        sa.ForeignKeyConstraint(
            ["training_set_sha256"], ["training_set.sha256"], name=op.f("fk_training_image_training_set_sha256")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_training_image_image_id")),
        sa.PrimaryKeyConstraint("training_set_sha256", "image_id", name=op.f("pk_training_image")),
    )
    for table in ("kept_out", "training_image"):
        _append_only(table)
    _forbid_in_training()


def _hold_out() -> None:
    """Projects that exist may have trained on any of their films: they hold none out."""
    op.add_column("project", sa.Column("seed", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("project", sa.Column("holdout", sa.Double(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_project_holdout_share"), "project", "holdout >= 0 and holdout <= 0.5")
    op.add_column("patient", sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_patient_held_from_pool"), "patient", "not held or split = 'pool'")
    for table, columns in (("project", "seed, holdout"), ("patient", "held")):
        changed = " or ".join(f"old.{column} is distinct from new.{column}" for column in columns.split(", "))
        op.execute(
            f"create trigger fixed_at_start before update of {columns} on {table} "
            f"for each row when ({changed}) execute function refuse_change()"
        )


def _append_only(table: str) -> None:
    op.execute(
        f"create trigger append_only before update or delete on {table} for each row execute function refuse_change()"
    )
    op.execute(
        f"create trigger append_only_whole before truncate on {table} "
        "for each statement execute function refuse_change()"
    )


def _forbid_in_training() -> None:
    """Whoever writes them, by whatever road: no film of a held patient, no unit that is kept out."""
    op.execute(
        """
        create function refuse_forbidden_training() returns trigger language plpgsql as $$
        declare bad text;
        begin
            select image.file_name into bad from added
                join image on image.id = added.image_id join patient on patient.id = image.patient_id
                where patient.held limit 1;
            if bad is not null then
                raise exception 'film % is HOLDOUT and is never trained on', bad
                    using errcode = 'integrity_constraint_violation';
            end if;
            select kept_out.finding || ' on film ' || kept_out.image_id into bad from added
                join kept_out on kept_out.image_id = added.image_id and kept_out.finding = any (added.findings)
                limit 1;
            if bad is not null then
                raise exception '% is kept out of training as a sentinel', bad
                    using errcode = 'integrity_constraint_violation';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger forbidden_training after insert on training_image referencing new table as added "
        "for each statement execute function refuse_forbidden_training()"
    )
