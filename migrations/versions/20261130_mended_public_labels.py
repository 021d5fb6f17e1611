"""A public label gives way to a newer one of the same file, as a reference does."""

from alembic import op

revision = "b5d18c72fe06"
down_revision = "e6a40d81b95f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create or replace function refuse_untold_change() returns trigger language plpgsql as $$
        begin
            if (new.image_id, new.finding, new.kind) is distinct from (old.image_id, old.finding, old.kind)
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
