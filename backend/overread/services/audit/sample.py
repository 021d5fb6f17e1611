"""The gate's sample: of each finding the first labels in the drawn order, and what readers said of them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from overread.db.tables import Audit, AuditCase, AuditItem, Iteration, Project, Read
from overread.domain.policy.gate import FindingEvidence
from overread.domain.sampling.streams import drawn_order
from overread.services.audit.draw import Units, load_units, panel_of, pool_of
from overread.services.heads import counted, heads


@dataclass(frozen=True)
class Population:
    """Of each finding, by its name, the labels that nobody had read when the audit was drawn and that would teach: rows
    of ``units`` in the drawn order."""

    units: Units
    rows: dict[str, NDArray[np.int64]]


def population_sizes(audit: Audit) -> dict[str, int]:
    """How many labels each finding's population has, as the audit's row says."""
    found: dict[str, int] = {}
    for row in audit.strata:
        if not row.held:
            found[row.finding] = found.get(row.finding, 0) + (row.population or 0)
    return found


def reads_left(session: Session, audit: Audit) -> dict[str, int]:
    """How far the sample of each finding can grow: to where its planted errors begin. One would stay unread in it."""
    planted = (
        select(AuditItem.finding, func.min(AuditItem.rank))
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit.id, AuditItem.task == "planted")
        .group_by(AuditItem.finding)
    )
    first: dict[str, int] = {finding: rank for finding, rank in session.execute(planted) if rank is not None}
    return {f: max(0, first.get(f, n) - audit.sample.get(f, 0)) for f, n in population_sizes(audit).items()}


def gate_evidence(session: Session, audit: Audit, findings: list[str]) -> list[FindingEvidence]:
    """What the gate knows of each finding: a mark for each label of its sample, in the drawn order.

    A planted error says nothing of its label: its mark stays open. So does one that is missing.
    """
    sizes, softened = population_sizes(audit), Counter[str]()
    marks = {finding: ["."] * audit.sample.get(finding, 0) for finding in findings}
    query = (
        select(AuditItem.finding, AuditItem.rank, Read.verdict, Read.unacceptable, _was_wrong())
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Read, (Read.case_id == AuditItem.case_id) & (Read.finding == AuditItem.finding))
        .where(AuditCase.audit_id == audit.id, in_sample(audit))
    )
    for finding, rank, verdict, unacceptable, was_wrong in session.execute(heads(query, AuditItem.id)):
        marks[finding][rank or 0] = "?" if verdict == "cannot_tell" else "1" if unacceptable else "0"
        softened[finding] += was_wrong and not unacceptable
    left = reads_left(session, audit)
    return [FindingEvidence(f, sizes.get(f, 0), "".join(marks[f]), softened[f], left.get(f)) for f in findings]


def _was_wrong() -> ColumnElement[bool]:
    """Of reads: the same reader had called the label wrong before, or could not tell. They may, until a gate is judged,
    and it is told beside the bound."""
    earlier = aliased(Read)
    same = (earlier.case_id == Read.case_id) & (earlier.finding == Read.finding) & counted(earlier)
    own = (earlier.account_id == Read.account_id) & ~Read.adjudicated
    return exists().where(same, own, earlier.id < Read.id, earlier.unacceptable)


def places_of(session: Session, audit: Audit) -> dict[int, int]:
    """The place of every label, by its id, in the drawn order of its finding; none outside the populations."""
    found = population(session, audit)
    return {int(label): at for rows in found.rows.values() for at, label in enumerate(found.units.label[rows])}


def population(session: Session, audit: Audit) -> Population:
    """The populations again, as the draw had them. One pass over the labelling."""
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    units = load_units(session, audit, project.findings)
    panel, _ = panel_of(session, audit, project, units, audit.design.holdout)
    drawn = np.flatnonzero(~units.held | panel)
    rank = drawn_order(pool_of(units, drawn), audit.design, audit.seed)
    rows: dict[str, NDArray[np.int64]] = {}
    for code, finding in enumerate(project.findings):
        own = np.flatnonzero((units.finding[drawn] == code) & (rank >= 0))
        rows[finding] = drawn[own[np.argsort(rank[own])]]
    return Population(units, rows)


def in_sample(audit: Audit) -> ColumnElement[bool]:
    """Of items: those that the gate judges by, in whatever stream they are."""
    parts = [(AuditItem.finding == finding) & (AuditItem.rank < n) for finding, n in audit.sample.items()]
    return or_(false(), *parts)
