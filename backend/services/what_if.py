"""What the next training set would hold, for a choice of α and thresholds, before anybody launches it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.tables import Image, Iteration, PseudoLabel, Read, Run, Source, SourceMask, TrainingSet
from backend.domain.trust import share
from backend.services.certificates import SIDES, audit_of, propose
from backend.services.entries import Entries, Key, Thresholds, fit
from backend.services.strata import MeasuredRead, measured_reads
from backend.services.veils import counted


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
    reads = measured_reads(session, audit_of(session, iteration).id)
    entries = Entries()
    if thresholds != "hand":
        certified: dict[Key, float | None] = {
            (one.certificate.finding, one.certificate.side): one.certificate.threshold
            for one in propose(session, iteration, alpha, delta)
        }
        entries = Entries(certified, fit(reads) if thresholds == "weighted" else None)
    films: set[int] = set()
    enters = []
    for finding in dict.fromkeys(read.finding for read in reads):
        for side in SIDES:
            own = [read for read in reads if (read.finding, read.decision) == (finding, side)]
            row, images = _enters(session, iteration, entries, finding, side, own)
            enters.append(row)
            films |= images
    taught, human = _of_people(session, iteration.project_id)
    films |= taught
    return WhatIf(thresholds, alpha, enters, len(films), human, _gpu_hours(session, iteration, len(films)))


def _enters(
    session: Session, iteration: Iteration, entries: Entries, finding: str, side: str, reads: list[MeasuredRead]
) -> tuple[Enters, set[int]]:
    rows = session.execute(
        select(PseudoLabel.image_id, PseudoLabel.presence, PseudoLabel.risk, PseudoLabel.weight, Source.name)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
        .where(
            PseudoLabel.labelling_id == iteration.labelling_id,
            PseudoLabel.finding == finding,
            PseudoLabel.decision == side,
        )
    ).all()
    image, presence, risk, weight = (np.array([row[i] for row in rows], dtype=float) for i in range(4))
    weights = entries.weigh(finding, side, presence, risk, weight)
    entered = weights > 0
    names, counts = np.unique([row[4] for row, kept in zip(rows, entered, strict=True) if kept], return_counts=True)
    shown, risks = (np.array([getattr(r, name) for r in reads], dtype=float) for name in ("presence", "risk"))
    of_reads = entries.weigh(finding, side, shown, risks, np.ones(len(reads)))
    value, low, high, n = _error(reads, of_reads)
    found = Enters(
        finding, side, int(entered.sum()), float(weights.sum()),
        {str(name): int(count) for name, count in zip(names, counts, strict=True)}, value, low, high, n,
    )  # fmt: skip
    return found, {int(one) for one in image[entered]}


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


def _of_people(session: Session, project_id: int) -> tuple[set[int], int]:
    """Films with a target that people gave, and how many such targets there are."""
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
    rows = [*session.execute(references).all(), *session.execute(reads).all()]
    return {image for image, _ in rows}, len(rows)


def _gpu_hours(session: Session, iteration: Iteration, images: int) -> float | None:
    """As many seconds an image as this iteration's runs took, all of them together."""
    seconds = session.scalar(select(func.sum(Run.seconds)).where(Run.iteration_id == iteration.id))
    before = session.get_one(TrainingSet, iteration.training_set_sha256).counts["images"]
    return seconds / 3600 * images / before if seconds and before else None
