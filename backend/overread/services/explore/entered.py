"""What entered a training set, from whom: experts' masks by source, reads by audit, stream and verdict, machine labels
by the iteration that made them and their decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, func, select, true
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Iteration,
    PseudoLabel,
    Read,
    Source,
    TrainingImage,
)
from overread.domain.words import Decision, Stream, TargetKind, Verdict
from overread.services.heads import heads


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Targets of one finding and origin: ``positives`` with a lesion, ``negatives`` without.

    ``source``: of references. ``iteration``: the index of the one in whose audit it was read, or that labelled it.
    ``stream`` and ``verdict``: of reads; ``decision``: of machine labels. What does not belong to the kind is None.
    """

    finding: str
    kind: TargetKind
    source: str | None = None
    iteration: int | None = None
    stream: Stream | None = None
    verdict: Verdict | None = None
    decision: Decision | None = None
    positives: int
    negatives: int


def entered(session: Session, iteration: Iteration, teacher: Iteration, findings: Sequence[str]) -> list[Entered]:
    """The targets of an iteration's training set, by finding in the project's order: references, reads, machine labels.
    ``teacher``: the iteration whose labels it could learn from."""
    targets = _targets(iteration.training_set_sha256)
    queries = (_references(targets), _reads(targets, iteration), _machine_labels(targets, teacher))
    found = [Entered(**row) for query in queries for row in session.execute(query).mappings()]
    return sorted(found, key=lambda one: findings.index(one.finding))  # stable: the kinds stay in their order


def _targets(sha256: str) -> Subquery:
    """A row a target of a training set."""
    lists = (TrainingImage.findings, TrainingImage.kinds, TrainingImage.masks)
    target = func.unnest(*lists).table_valued("finding", "kind", "mask_id").render_derived(name="target")
    columns = (TrainingImage.image_id, target.c.finding, target.c.kind, target.c.mask_id)
    query = select(*columns).select_from(TrainingImage).join(target, true())
    return query.where(TrainingImage.training_set_sha256 == sha256).subquery()


def _count(targets: Subquery, kind: TargetKind, *by: Any) -> Select[*tuple[Any, ...]]:
    """Targets of a kind, counted by finding and these columns."""
    mask = targets.c.mask_id
    positives = func.count().filter(mask.is_not(None)).label("positives")
    negatives = func.count().filter(mask.is_(None)).label("negatives")
    query = select(targets.c.finding, targets.c.kind, *by, positives, negatives).select_from(targets)
    return query.where(targets.c.kind == kind).group_by(targets.c.finding, targets.c.kind, *by).order_by(*by)


def _references(targets: Subquery) -> Select[*tuple[Any, ...]]:
    counted = _count(targets, "reference", Source.name.label("source"))
    return counted.join(Image, Image.id == targets.c.image_id).join(Source, Source.id == Image.source_id)


def _reads(targets: Subquery, iteration: Iteration) -> Select[*tuple[Any, ...]]:
    """By the read that counted when the iteration was launched."""
    known = select(Read.image_id, Read.finding, Read.verdict, Read.case_id)
    known = known.where(Read.created_at <= iteration.created_at)
    read = heads(known, Read.image_id, Read.finding).subquery()
    by = (Iteration.index.label("iteration"), AuditItem.stream, read.c.verdict)
    return (
        _count(targets, "read", *by)
        .join(read, (read.c.image_id == targets.c.image_id) & (read.c.finding == targets.c.finding))
        .join(AuditCase, AuditCase.id == read.c.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .outerjoin(AuditItem, (AuditItem.case_id == read.c.case_id) & (AuditItem.finding == read.c.finding))
    )


def _machine_labels(targets: Subquery, teacher: Iteration) -> Select[*tuple[Any, ...]]:
    """All are of the teacher's one labelling."""
    by = (Iteration.index.label("iteration"), PseudoLabel.decision)
    of_label = (PseudoLabel.image_id == targets.c.image_id) & (PseudoLabel.finding == targets.c.finding)
    return (
        _count(targets, "pseudo", *by)
        .join(PseudoLabel, of_label & (PseudoLabel.labelling_id == teacher.labelling_id))
        .join(Iteration, Iteration.labelling_id == PseudoLabel.labelling_id)
    )
