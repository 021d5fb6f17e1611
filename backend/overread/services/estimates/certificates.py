"""Certified thresholds: proposed from MEASURE reads, confirmed by a person, kept for ever.

The guarantee is for the α and δ that were declared with the iteration. Turning the dial shows what another would come
to; a certificate confirmed at it says so, and a laxer one does not pass the gate.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Certificate, Image, Iteration, Project, PseudoLabel, Source
from overread.db.tables.gate import EVIDENCE
from overread.domain.errors import Conflict
from overread.domain.policy import certify
from overread.domain.policy.certify import Accepted, Evidence, Proposed
from overread.domain.words import TAUGHT
from overread.services.audit.audits import audit_of
from overread.services.estimates.doubt import certificate_doubt
from overread.services.estimates.strata import measured_labels, population_labels
from overread.services.trail import record


def propose(session: Session, iteration: Iteration, alpha: float, delta: float) -> list[Proposed]:
    """What would be certified at (α, δ) by the reads of now, a finding and side that may teach each; nothing is
    recorded."""
    audit = audit_of(session, iteration)
    drawn = measured_labels(session, audit)
    planned = {(row.finding, row.decision): row.measure for row in audit.strata if not row.held}
    found = []
    for finding in session.get_one(Project, iteration.project_id).findings:
        for side in TAUGHT[audit.design.teaches]:
            pool = presences(session, audit, finding, side)
            own = [label for label in drawn if (label.finding, label.decision) == (finding, side)]
            presence, bad = [label.presence for label in own], [label.bad for label in own]
            reads = certify.Reads(np.array(presence, float), np.array(bad, bool), planned.get((finding, side), 0))
            certificate = certify.certify(finding, side, reads, pool, alpha, delta)
            accepted = accepted_by(session, audit.labelling_id, finding, side, certificate.threshold)
            found.append(Proposed(certificate, accepted, len(pool)))
    return found


def count_unread(session: Session, audit: Audit) -> int:
    """MEASURE items that nobody has read yet."""
    return sum(not label.read for label in measured_labels(session, audit))


def confirm(session: Session, iteration: Iteration, alpha: float, delta: float, account_id: int) -> list[Certificate]:
    """Store what would be certified, by this person. Raises Conflict while MEASURE items are unread: they would count
    as wrong."""
    left = count_unread(session, audit_of(session, iteration))
    if left:
        raise Conflict(f"{left} MEASURE items are not read yet, and would count as wrong. Read them first.")
    declared = (alpha, delta) == (iteration.plan.alpha, certificate_doubt(session, iteration))
    rows = []
    for proposed in propose(session, iteration, alpha, delta):
        one = proposed.certificate
        evidence = Evidence(
            **vars(proposed), iteration=iteration.id, labelling=iteration.labelling_id, declared=declared
        )
        rows.append(
            Certificate(
                iteration_id=iteration.id, finding=one.finding, side=one.side, alpha=alpha, delta=delta,
                threshold=one.threshold, declared=declared, evidence=evidence, account_id=account_id,
                sha256=EVIDENCE.signature(evidence),
            )
        )  # fmt: skip
    session.add_all(rows)
    session.flush()
    record(
        session,
        "thresholds.certified",
        f"iteration {iteration.id}",
        project_id=iteration.project_id,
        account_id=account_id,
        alpha=alpha,
        delta=delta,
        certificates=[row.sha256 for row in rows],
    )
    return rows


def certificates_of(session: Session, iteration_id: int) -> list[Certificate]:
    """The newest certificate of each finding and side."""
    return list(
        session.scalars(
            select(Certificate)
            .ext(distinct_on(Certificate.finding, Certificate.side))
            .where(Certificate.iteration_id == iteration_id)
            .order_by(Certificate.finding, Certificate.side, Certificate.id.desc())
        )
    )


def inside(side: str, threshold: float) -> Any:
    """The condition that a label of this side is in the certified region."""
    return PseudoLabel.presence >= threshold if side == "positive" else PseudoLabel.presence <= threshold


def accepted_by(session: Session, labelling_id: int, finding: str, side: str, threshold: float | None) -> Accepted:
    """Count what a threshold lets in; nothing without one."""
    if threshold is None:
        return Accepted(0, 0, {})
    rows = session.execute(
        select(Source.name, func.count(), func.sum(PseudoLabel.area))
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
        .where(*_of(labelling_id, finding, side), inside(side, threshold))
        .group_by(Source.name)
        .order_by(Source.name)
    ).all()
    return Accepted(sum(n for _, n, _ in rows), sum(int(area) for _, _, area in rows), {name: n for name, n, _ in rows})


def presences(session: Session, audit: Audit, finding: str, side: str) -> NDArray[np.float64]:
    """Presences of a finding's labels on this side that nobody had read when the audit was drawn."""
    units = population_labels(audit).add_columns(PseudoLabel.presence).subquery()
    query = select(units.c.presence).where(units.c.finding == finding, units.c.decision == side)
    return np.array(session.scalars(query).all(), dtype=np.float64)


def _of(labelling_id: int, finding: str, side: str) -> tuple[Any, ...]:
    return PseudoLabel.labelling_id == labelling_id, PseudoLabel.finding == finding, PseudoLabel.decision == side
