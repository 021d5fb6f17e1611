"""Each network's own mask beside the ensemble's, and whose of them a read took over."""

import sqlalchemy as sa
from alembic import op

revision = "a6d20f93b48e"
down_revision = "c1a7f05e62d4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_mask",
        sa.Column("labelling_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("teacher", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("checkpoint_sha256", sa.Text(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["labelling_id"], ["labelling.id"], name=op.f("fk_member_mask_labelling_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_member_mask_image_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_member_mask_mask_id")),
        sa.PrimaryKeyConstraint("labelling_id", "image_id", "finding", "teacher", name=op.f("pk_member_mask")),
    )
    op.execute(
        "create trigger never_planted before insert or update on member_mask "
        "for each row when (new.mask_id is not null) execute function refuse_planted_mask()"
    )
    op.add_column("read", sa.Column("teacher", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_read_adopted_word"), "read", type_="check")
    op.create_check_constraint(
        op.f("ck_read_adopted_word"), "read", "adopted in ('pseudo', 'public', 'previous', 'read', 'teacher')"
    )
    op.create_check_constraint(
        op.f("ck_read_teacher_named"), "read", "coalesce(adopted = 'teacher', false) = (teacher is not null)"
    )
