"""An open audit grows: by reads of a finding's sample, by patients of HOLDOUT, or by planted errors. Each clause of the
gate that may be asked again after more of it names how many it takes (``policy.clauses``)."""

from dataclasses import dataclass
from typing import get_args

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, TrailLine
from overread.domain.errors import InvalidInput
from overread.domain.words import Extended
from overread.services.audit.audits import lock_open_audit
from overread.services.audit.more_holdout import draw_patients
from overread.services.audit.more_plants import draw_plants
from overread.services.audit.more_reads import draw_reads
from overread.services.audit.sample import population
from overread.services.trail import record


@dataclass(frozen=True)
class More:
    """How much was ``added``: labels to the sample, patients, or planted errors; and how many ``new`` items that made.
    Labels that were to be read anyway are none; second readers' are, and reads that planted errors stand among."""

    added: int
    new: int


def extend(
    session: Session,
    audit_id: int,
    stream: Extended,
    finding: str | None,
    reads: int,
    account_id: int,
    key: str | None = None,
) -> More:
    """Have ``reads`` more read in a stream of an audit: of one finding in MEASURE, else of all (None). What was asked
    for with the same ``key`` before is answered again and not drawn again.

    Raises NotFound; InvalidInput for a finding that is not measured, or when nothing is left; Conflict unless the audit
    is open, or while somebody has one of the films before them.
    """
    audit, iteration = lock_open_audit(session, audit_id)
    if reads < 1 or stream not in get_args(Extended):
        raise InvalidInput("Name a stream, MEASURE, HOLDOUT or SENTINEL, and a number of reads from 1 on.")
    if stream == "MEASURE" and (finding is None or finding not in audit.sample):
        raise InvalidInput(f"{finding or 'No finding'} has no sample in this audit; name one of its findings.")
    if stream != "MEASURE" and finding is not None:
        raise InvalidInput(f"{stream} is drawn for all findings together; name none.")
    known = session.execute(_asked(audit_id, account_id, key)).first() if key is not None else None
    if known is not None:
        return More(*known)
    more = More(*_draw(session, audit, stream, finding, reads, account_id))
    record(
        session,
        "audit.extended",
        f"audit {audit_id}",
        project_id=iteration.project_id,
        account_id=account_id,
        stream=stream,
        finding=finding,
        added=more.added,
        new=more.new,
        sample=audit.sample,
        key=key,
    )
    return more


def _asked(audit_id: int, account_id: int, key: str) -> Select[int, int]:
    """How much the trail says was added, for whoever asked for it with this key."""
    added = (TrailLine.detail[name].as_integer() for name in ("added", "new"))
    lines = select(*added).where(TrailLine.action == "audit.extended", TrailLine.account_id == account_id)
    return lines.where(TrailLine.subject == f"audit {audit_id}", TrailLine.detail["key"].astext == key)


def _draw(
    session: Session, audit: Audit, stream: Extended, finding: str | None, reads: int, account_id: int
) -> tuple[int, int]:
    if finding is not None:
        return draw_reads(session, audit, population(session, audit), finding, reads, account_id)
    draw = draw_patients if stream == "HOLDOUT" else draw_plants
    return draw(session, audit, reads, account_id)
