"""Reads that decide are final, whoever writes them; and each names the mask that its reader was shown."""

import sqlalchemy as sa
from alembic import op

revision = "e1b7d3a5c960"
down_revision = "b7f10c94e2d6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("read", sa.Column("shown_sha256", sa.Text(), nullable=True))
    # The iteration's row is shared until the read is in: a gate that is being judged has seen it, or refuses it.
    op.execute(
        """
        create function refuse_late_read() returns trigger language plpgsql as $$
        declare ring record;
        begin
            perform from audit_case where id = new.case_id for no key update;
            select iteration.id, iteration.stage into ring from audit_case
                join audit on audit.id = audit_case.audit_id join iteration on iteration.id = audit.iteration_id
                where audit_case.id = new.case_id for share of iteration;
            if ring.stage <> 'auditing' then
                raise exception 'the audit of case % is not open: it takes no read that decides', new.case_id
                    using errcode = 'integrity_constraint_violation';
            end if;
            if new.blind or new.adjudicated then
                return new;
            end if;
            if exists (
                select from read where case_id = new.case_id and finding = new.finding and not sibling and not blind
                    and (account_id <> new.account_id or adjudicated
                        or exists (select from gate_decision where iteration_id = ring.id))
            ) then
                raise exception '% of case % is read: that read is final', new.finding, new.case_id
                    using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger reads_are_final before insert on read "
        "for each row when (not new.sibling) execute function refuse_late_read()"
    )
