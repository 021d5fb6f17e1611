"""What a project's reading would have cost without a machine's masks: the same findings, each drawn from nothing."""

from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, Iteration, PseudoLabel, Read
from overread.domain.readers.effort import seconds_of_film
from overread.domain.words import Verdict, Work
from overread.services.heads import heads, stands_for
from overread.services.history import in_loop


def drawn_from_nothing(session: Session, project_id: int, pace: float) -> dict[int, float]:
    """Seconds by iteration's number: each film that was read, once, and on it what counts of each finding, at a
    ``pace`` (1: as modelled). Second looks, late saves, planted errors and blind drafts would not be needed."""
    unit = (Iteration.index, Read.image_id, Read.finding)
    query = heads(
        select(*unit, Read.verdict, stands_for().is_not(None).label("lesion"))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        # Of an open audit a number that stood still after a read would tell its reader of a planted error.
        .where(Iteration.project_id == project_id, in_loop(), Iteration.stage != "auditing"),
        *unit,
    )
    found: dict[int, float] = {}
    for (index, _), words in groupby(session.execute(query), key=lambda row: (row.index, row.image_id)):
        kinds = [_drawn(row.verdict, row.lesion) for row in words]
        found[index] = found.get(index, 0.0) + pace * seconds_of_film(kinds, blind=True)
    return found


def _drawn(verdict: Verdict, lesion: bool) -> Work:
    if verdict == "cannot_tell":
        return "cannot_tell"
    return "draw" if lesion else "reject"
