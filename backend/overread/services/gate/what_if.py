"""What the next training set would hold, for a choice of α and thresholds, before anybody launches it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CTE, Select, case, func, literal, select, union, union_all
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, Project, PseudoLabel, Read, Run, Source, SourceMask, TrainingSet
from overread.domain.sampling.shares import share
from overread.domain.words import TAUGHT, Thresholds
from overread.services.audit.audits import audit_of
from overread.services.estimates.certificates import propose
from overread.services.estimates.strata import MeasuredRead, measured_reads
from overread.services.gate.admission import Entries, Key, fit
from overread.services.heads import counted


@dataclass(frozen=True)
class Enters:
    """Labels of a finding and side that would be trained on, their weights summed, by source; how wrong they are."""

    finding: str
    side: str
    labels: int
    weight: float
    sources: dict[str, int]
    error: float | None
    low: float | None
    high: float | None
    reads: int


@dataclass(frozen=True)
class WhatIf:
    """``images`` with any target, people's included; ``human`` targets of theirs; ``gpu_hours`` at the speed of the
    iteration's own runs, None before one has ended."""

    thresholds: Thresholds
    alpha: float
    enters: list[Enters]
    images: int
    human: int
    gpu_hours: float | None


def ask(session: Session, iteration: Iteration, alpha: float, delta: float, thresholds: Thresholds) -> WhatIf:
    """Count what would enter, with what share of wrong labels, from where, and how long training on it takes."""
    reads = measured_reads(session, audit_of(session, iteration))
    sides = TAUGHT[iteration.plan.teaches]
    entries = Entries(sides=sides)
    if thresholds != "hand":
        certified: dict[Key, float | None] = {
            (one.certificate.finding, one.certificate.side): one.certificate.threshold
            for one in propose(session, iteration, alpha, delta)
        }
        entries = Entries(certified, fit(reads) if thresholds == "weighted" else None, sides)
    # A finding that nobody has read yet enters by hand thresholds all the same.
    findings = session.get_one(Project, iteration.project_id).findings
    keys: list[Key] = [(finding, side) for finding in findings for side in sides]
    labels = weighed(iteration, entries, keys)
    counts: dict[Key, dict[str, tuple[int, float]]] = {key: {} for key in keys}
    for finding, side, source, count, weight in session.execute(by_source(labels)):
        counts[finding, side][source] = count, weight
    enters = [_enters(key, counts[key], entries, [r for r in reads if (r.finding, r.decision) == key]) for key in keys]
    people = _of_people(iteration.project_id)
    human = session.scalar(select(func.count()).select_from(people)) or 0
    taught = union(select(labels.c.image_id), select(people.c.image_id)).subquery()
    films = session.scalar(select(func.count()).select_from(taught)) or 0
    return WhatIf(thresholds, alpha, enters, films, human, _gpu_hours(session, iteration, films))


def weighed(iteration: Iteration, entries: Entries, keys: list[Key]) -> CTE:
    """The labels that enter, with their weights: counted where they lie, since there may be millions."""
    each = [
        ((PseudoLabel.finding == finding) & (PseudoLabel.decision == side), entries.column(finding, side))
        for finding, side in keys
    ]
    weight = case(*each, else_=0.0) if each else literal(0.0)
    units = (
        select(PseudoLabel.image_id, PseudoLabel.finding, PseudoLabel.decision, weight.label("weight"))
        .where(PseudoLabel.labelling_id == iteration.labelling_id)
        .subquery()
    )
    return select(units).where(units.c.weight > 0).cte()


def by_source(labels: CTE) -> Select[Any]:
    """Finding, side, source, how many labels enter, and the sum of their weights."""
    key = (labels.c.finding, labels.c.decision, Source.name)
    return (
        select(*key, func.count(), func.sum(labels.c.weight))
        .join(Image, Image.id == labels.c.image_id)
        .join(Source, Source.id == Image.source_id)
        .group_by(*key)
        .order_by(*key)
    )


def _enters(key: Key, counts: dict[str, tuple[int, float]], entries: Entries, reads: list[MeasuredRead]) -> Enters:
    shown, risks = (np.array([getattr(r, name) for r in reads], dtype=float) for name in ("presence", "risk"))
    value, low, high, n = _error(reads, entries.weigh(*key, shown, risks, np.ones(len(reads))))
    labels, weight = sum(count for count, _ in counts.values()), sum(weight for _, weight in counts.values())
    return Enters(*key, labels, weight, {name: count for name, (count, _) in counts.items()}, value, low, high, n)


def _error(
    reads: list[MeasuredRead], weights: NDArray[np.float64]
) -> tuple[float | None, float | None, float | None, int]:
    """Share of wrong labels among those that enter, by 1/π; the exact interval of as many reads as the weights are
    worth (Kish's (Σw)²/Σw²)."""
    inside = [(read, float(w)) for read, w in zip(reads, weights, strict=True) if w > 0]
    if not inside:
        return None, None, None, 0
    own = np.array([w / read.probability for read, w in inside])
    bad = np.array([read.unacceptable for read, _ in inside], dtype=float)
    value, worth = float(own @ bad / own.sum()), float(own.sum() ** 2 / (own**2).sum())
    found = share(round(value * worth), max(1, round(worth)))
    return value, min(value, found.low), max(value, found.high), len(inside)


def _of_people(project_id: int) -> CTE:
    """The targets that people gave, films with findings; one that is a reference and was read counts as both."""
    references = (
        select(SourceMask.image_id, SourceMask.finding)
        .join(Image, Image.id == SourceMask.image_id)
        .where(Image.project_id == project_id, Image.split == "train", SourceMask.kind == "reference")
    )
    reads = (
        select(Read.image_id, Read.finding)
        .join(Image, Image.id == Read.image_id)
        .where(Image.project_id == project_id, counted(), Read.verdict != "cannot_tell")
        .distinct()
    )
    return union_all(references, reads).cte()


def _gpu_hours(session: Session, iteration: Iteration, images: int) -> float | None:
    """As many seconds an image as this iteration's runs took, all of them together."""
    seconds = session.scalar(select(func.sum(Run.seconds)).where(Run.iteration_id == iteration.id))
    before = session.get_one(TrainingSet, iteration.training_set_sha256).counts.images
    return seconds / 3600 * images / before if seconds and before else None
