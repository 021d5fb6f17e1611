"""A reference gives way to a newer mask of the same file: what it was is kept, and who learned from it stays known."""

import sqlalchemy as sa
from alembic import op

revision = "9a3f6e10b7c4"
down_revision = "4b7e92c6d1a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mask_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("old_mask_id", sa.BigInteger(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("old_mask_id <> mask_id", name=op.f("ck_mask_change_another_mask")),
        sa.ForeignKeyConstraint(
            ["image_id", "finding"],
            ["source_mask.image_id", "source_mask.finding"],
            name=op.f("fk_mask_change_image_id_finding"),
        ),
        sa.ForeignKeyConstraint(["old_mask_id"], ["mask.id"], name=op.f("fk_mask_change_old_mask_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_mask_change_mask_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mask_change")),
    )
    op.create_index("ix_mask_change_unit", "mask_change", ["image_id", "finding", sa.text("id desc")])
    for name, when, each in (
        ("append_only", "update or delete", "row"),
        ("append_only_whole", "truncate", "statement"),
    ):
        op.execute(
            f"create trigger {name} before {when} on mask_change for each {each} execute function refuse_change()"
        )
    op.add_column("iteration", sa.Column("scored_change", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_iteration_scored_change"), "iteration", "mask_change", ["scored_change"], ["id"])
    op.drop_constraint(op.f("ck_import_line_outcome_word"), "import_line", type_="check")
    op.create_check_constraint(
        op.f("ck_import_line_outcome_word"), "import_line", "outcome in ('added', 'changed', 'unchanged', 'refused')"
    )
    _let_references_give_way()


def _let_references_give_way() -> None:
    """As its newest change says, and in no other way."""
    op.execute("drop trigger append_only on source_mask")
    op.execute("create trigger append_only before delete on source_mask for each row execute function refuse_change()")
    op.execute(
        """
        create function refuse_untold_change() returns trigger language plpgsql as $$
        begin
            if (new.image_id, new.finding, new.kind) is distinct from (old.image_id, old.finding, old.kind)
                or old.kind <> 'reference'
                or not exists (
                    select from (
                        select old_mask_id, mask_id from mask_change
                        where image_id = old.image_id and finding = old.finding order by id desc limit 1
                    ) as newest where newest.old_mask_id = old.mask_id and newest.mask_id = new.mask_id
                )
            then
                raise exception 'a source''s mask gives way as its mask_change says, or not at all'
                    using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger told_change before update on source_mask for each row execute function refuse_untold_change()"
    )
