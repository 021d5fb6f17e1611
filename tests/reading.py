"""What a reader does in an audit of the loop: claim a case, read it, read all, read by the phantom's truth."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import select

from overread.datasets.phantoms.phantom import truth
from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Iteration,
    Mask,
    PseudoLabel,
)  # fmt: skip
from overread.domain.imaging.masks import Rle
from overread.domain.readers.saves import SavedRead
from overread.services.audit import queue, reads
from overread.services.blinding.rules import pending_blind
from overread.services.films.masks import mask_pixels
from overread.services.gate import judging
from tests.loop import POOL, Loop


def read_case(
    loop: Loop, case: AuditCase, verdict: str = "accept", key: str | None = None, **changes: Any
) -> SavedRead:
    with loop.database.transaction() as session:
        image = session.get_one(Image, case.image_id)
        drawn = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id)).all()
        if blind := pending_blind(session, case, loop.account_id):
            drawn, verdict = list(blind), "reject"  # sees nothing yet; the verdict is given once the masks are shown
        square = np.zeros((image.height, image.width), bool)
        square[4:9, 4:9] = True
        mask = Rle.of(square) if verdict == "fix" else None
        read: dict[str, Any] = {
            "image_sha256": image.sha256, "fence": case.fence, "version": case.version, "seconds": 2.0,
            "verdicts": [reads.FindingRead(finding, verdict, mask) for finding in drawn],
        } | changes  # fmt: skip
        return reads.submit_read(
            session, case.id, loop.account_id, key or f"key-{case.id}-{verdict}-{case.version}", reads.CaseRead(**read)
        )


def claim(loop: Loop, audit_id: int, account_id: int | None = None) -> AuditCase | None:
    with loop.database.transaction() as session:
        return queue.claim_next(session, audit_id, account_id or loop.account_id)


def audited(loop: Loop, wrong: float | Callable[[Image], float] = 0.0, **changes: Any) -> tuple[Iteration, int]:
    """An iteration whose pool is labelled, and its open audit."""
    iteration = loop.launch(**changes)
    loop.label(iteration, wrong)
    with loop.database.transaction() as session:
        return session.get_one(Iteration, iteration.id), session.scalars(select(Audit.id)).all()[-1]


def read_all(loop: Loop, audit_id: int, verdict: str = "accept") -> int:
    count = 0
    while (case := claim(loop, audit_id)) is not None:
        read_case(loop, case, verdict)
        count += 1
    return count


def clauses(loop: Loop, iteration: Iteration) -> dict[str, Any]:
    """What the gate would say now: the first clause of each name."""
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id))
    found: dict[str, Any] = {}
    for clause in verdict.clauses:
        found.setdefault(clause.name, clause)
    return found


def read_truly(loop: Loop, audit_id: int, anchored: bool | float = False) -> None:
    """Accept what is right by the phantom; a lesion that nobody drew is drawn, one that is not there refused.

    ``anchored``: planted errors are let through; a share: so often any wrong mask that is shown is.
    """
    rng = np.random.default_rng(0)
    while (case := claim(loop, audit_id)) is not None:
        with loop.database.transaction() as session:
            audit = session.get_one(Audit, audit_id)
            image = session.get_one(Image, case.image_id)
            hidden, verdicts = truth(POOL, image.file_name), []
            blind = pending_blind(session, case, loop.account_id)
            drawn_units = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id))
            planted = session.scalars(select(AuditItem.finding).filter_by(case_id=case.id, task="planted")).all()
            for finding in blind or drawn_units:
                label = session.scalars(
                    select(PseudoLabel).filter_by(labelling_id=audit.labelling_id, image_id=image.id, finding=finding)
                ).one()
                drawn = mask_pixels(session.get_one(Mask, label.mask_id)) if label.mask_id else None
                lesion = hidden[finding]
                right = (drawn is None) == (not lesion.any()) and (drawn is None or (drawn == lesion).all())
                taken = rng.random() < anchored if isinstance(anchored, float) else anchored and finding in planted
                if not blind and (right or taken):
                    verdicts.append(reads.FindingRead(finding, "accept"))
                elif not lesion.any():
                    verdicts.append(reads.FindingRead(finding, "reject"))
                else:
                    rle = Rle.of(lesion)
                    verdicts.append(reads.FindingRead(finding, "fix", rle))
            told = reads.CaseRead(image.sha256, case.fence, case.version, 2.0, verdicts)
            reads.submit_read(session, case.id, loop.account_id, f"truth-{case.id}-{case.version}", told)
