"""HOLDOUT is read blind first, and what was read is its reference for ever."""

import sqlalchemy as sa
from alembic import op

revision = "b7f10c94e2d6"
down_revision = "f2b7c90d4e31"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_audit_item_task_in_sentinel"), "audit_item", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_item_task_in_sentinel"),
        "audit_item",
        "task = 'read' or stream = 'SENTINEL' or stream = 'HOLDOUT' and task = 'blind'",
    )
    op.create_table(
        "holdout_reference",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=True),
        sa.Column("read_id", sa.BigInteger(), nullable=False),
        sa.Column("second_read_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("told or mask_id is null", name=op.f("ck_holdout_reference_mask_told")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_holdout_reference_image_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_holdout_reference_mask_id")),
        sa.ForeignKeyConstraint(["read_id"], ["read.id"], name=op.f("fk_holdout_reference_read_id")),
        sa.ForeignKeyConstraint(["second_read_id"], ["read.id"], name=op.f("fk_holdout_reference_second_read_id")),
        sa.PrimaryKeyConstraint("image_id", "finding", name=op.f("pk_holdout_reference")),
    )
    op.execute(
        "create trigger append_only before update or delete on holdout_reference "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger append_only_whole before truncate on holdout_reference "
        "for each statement execute function refuse_change()"
    )
    _say_what_was_read()


def _say_what_was_read() -> None:
    """A reference is what a blind read, or the judge between two, says of a held-out film: nothing else can be one."""
    op.execute(
        """
        create function refuse_unread_reference() returns trigger language plpgsql as $$
        begin
            if not exists (
                select from read join image on image.id = read.image_id join patient on patient.id = image.patient_id
                where read.id = new.read_id and read.image_id = new.image_id and read.finding = new.finding
                    and (read.blind or read.adjudicated) and not read.sibling and patient.held
                    and read.verdict <> 'accept'
                    and new.told = (read.verdict <> 'cannot_tell') and new.mask_id is not distinct from read.mask_id
            ) then
                raise exception 'a HOLDOUT reference is what a blind read of a held-out film says'
                    using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger reference_read before insert on holdout_reference "
        "for each row execute function refuse_unread_reference()"
    )
