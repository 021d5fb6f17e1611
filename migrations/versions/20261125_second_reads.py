"""Blind reads, planted errors, second looks at the same film, and a judge between two readers."""

import sqlalchemy as sa
from alembic import op

revision = "e83b6c1f2d07"
down_revision = "d41f0a7c5b92"
branch_labels = None
depends_on = None

TASKS = "'read', 'blind', 'planted', 'second', 'again'"


def upgrade() -> None:
    op.add_column("mask", sa.Column("planted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("audit_case", sa.Column("look", sa.Text(), server_default="first", nullable=False))
    op.create_check_constraint(op.f("ck_audit_case_look_word"), "audit_case", "look in ('first', 'second', 'again')")
    op.drop_constraint(op.f("uq_audit_case_audit_id_image_id"), "audit_case", type_="unique")
    op.create_unique_constraint(
        op.f("uq_audit_case_audit_id_image_id_look"), "audit_case", ["audit_id", "image_id", "look"]
    )
    for table in ("audit_item", "read"):
        op.add_column(table, sa.Column("task", sa.Text(), server_default="read", nullable=False))
        op.create_check_constraint(op.f(f"ck_{table}_task_word"), table, f"task in ({TASKS})")
    op.create_check_constraint(
        op.f("ck_audit_item_task_in_sentinel"), "audit_item", "task = 'read' or stream = 'SENTINEL'"
    )
    op.add_column("read", sa.Column("adjudicated", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "uq_read_adjudicated", "read", ["case_id", "finding"], unique=True, postgresql_where=sa.text("adjudicated")
    )
    op.create_table(
        "plant",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("label_id", sa.BigInteger(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("donor_label_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('removed', 'false', 'shifted', 'dilated', 'eroded', 'mirrored')", name=op.f("ck_plant_kind_word")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["audit_item.id"], name=op.f("fk_plant_item_id")),
        sa.ForeignKeyConstraint(["label_id"], ["pseudo_label.id"], name=op.f("fk_plant_label_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_plant_mask_id")),
        sa.ForeignKeyConstraint(["donor_label_id"], ["pseudo_label.id"], name=op.f("fk_plant_donor_label_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_plant")),
        sa.UniqueConstraint("label_id", name=op.f("uq_plant_label_id")),
    )
    op.execute(
        "create trigger append_only before update or delete on plant for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger append_only_whole before truncate on plant for each statement execute function refuse_change()"
    )
    _forbid_planted()


def _forbid_planted() -> None:
    """A wrong mask that was made to test readers is no label, no reference, no target: whoever says so."""
    op.execute(
        """
        create function refuse_planted_mask() returns trigger language plpgsql as $$
        begin
            if exists (select from mask where mask.id = new.mask_id and mask.planted) then
                raise exception 'mask % was planted to test readers and can be no row of %', new.mask_id, tg_table_name
                    using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$
        """
    )
    for table, condition in (
        ("pseudo_label", "new.mask_id is not null"),
        ("source_mask", "true"),
        ("read", "new.mask_id is not null and new.task <> 'planted'"),
    ):
        op.execute(
            f"create trigger never_planted before insert or update on {table} "
            f"for each row when ({condition}) execute function refuse_planted_mask()"
        )
    op.execute(
        """
        create function refuse_planted_training() returns trigger language plpgsql as $$
        declare bad bigint;
        begin
            select mask.id into bad from added, unnest(added.masks) as drawn(id)
                join mask on mask.id = drawn.id where mask.planted limit 1;
            if bad is not null then
                raise exception 'mask % was planted to test readers and is never trained on', bad
                    using errcode = 'integrity_constraint_violation';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger planted_training after insert on training_image referencing new table as added "
        "for each statement execute function refuse_planted_training()"
    )
