"""Confirmation bias over a project's iterations, and the story of a film through them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Account, Audit, AuditCase, AuditItem, Iteration, Mask, PseudoLabel, Read
from overread.domain.policy.bias import SAME_PLACE, Measure, measure_bias, reinforcement, selection_error, volume_ratio
from overread.services.audit.audits import find_audit
from overread.services.audit.reads import read_mask
from overread.services.blinding.planted import shown_labels
from overread.services.blinding.rules import require_open_eyes, seen_by
from overread.services.estimates.followed import Unit, as_columns, followed_units
from overread.services.estimates.live import audit_estimates
from overread.services.films.masks import mask_of
from overread.services.heads import counted
from overread.services.history import list_iterations, previous_published
from overread.services.labelling.labels import count_decisions

# Which followed units a light is about, HOLDOUT or kept out as the measure is.
ABOUT: dict[str, Callable[[Unit], bool]] = {
    "reinforcement": lambda unit: unit.wrong_before and unit.wrong_after and unit.likeness >= SAME_PLACE,
    "kept-out": lambda unit: unit.wrong_before and unit.wrong_after and unit.likeness >= SAME_PLACE,
    "inflation": lambda unit: unit.wrong_before,
    "agreement": lambda unit: unit.wrong_before,
    "persistence": lambda unit: unit.wrong_before and unit.wrong_after,
    "fix": lambda unit: unit.wrong_before and not unit.wrong_after,
    "new": lambda unit: not unit.wrong_before and unit.wrong_after,
    "drift": lambda unit: unit.wrong_after,
}


@dataclass(frozen=True)
class IterationMeasure:
    """A measure of an iteration, of one finding (None: all), and the films that it is about, worst known first."""

    iteration_id: int
    index: int
    finding: str | None
    measure: Measure
    images: list[int]


@dataclass(frozen=True)
class StoryRead:
    """What a reader said of an iteration's label, and the mask it stands for; None is the empty mask."""

    read: Read
    reader: str
    mask: Mask | None


@dataclass(frozen=True)
class StoryLabel:
    """What an iteration's teachers said of a finding on a film, and what readers said of that, in time's order."""

    iteration: Iteration
    label: PseudoLabel
    mask: Mask | None
    reads: list[StoryRead]


def project_bias(session: Session, project_id: int) -> list[IterationMeasure]:
    """Every measure of every iteration that published labels, oldest first; of all findings together, and the volume
    ratio and reinforcement of each. What cannot be measured is there without a value."""
    found: list[IterationMeasure] = []
    for iteration in list_iterations(session, project_id, published=True):
        found += iteration_bias(session, iteration)
    return found


def iteration_bias(session: Session, iteration: Iteration) -> list[IterationMeasure]:
    """The measures of one iteration against the one before it; the first has volume and selection alone."""
    before = previous_published(session, iteration)
    units = followed_units(session, before, iteration) if before is not None else []
    found = [_measure_of(iteration, None, measure, units) for measure in _measures(units)] if before is not None else []
    audited = [(one, _audited_wrong(session, iteration, one[0])) for one in _audited(session, iteration)]
    return found + [IterationMeasure(iteration.id, iteration.index, *one, wrong) for one, wrong in audited]


def _measures(units: list[Unit]) -> list[Measure]:
    """All measures on HOLDOUT, then the one that kept-out units are for."""
    held, kept = (as_columns([unit for unit in units if unit.kept_out is out]) for out in (False, True))
    return [
        *measure_bias(held, np.random.default_rng(0)),
        reinforcement("kept-out", kept, np.random.default_rng(0)),
    ]


def _measure_of(iteration: Iteration, finding: str | None, measure: Measure, units: list[Unit]) -> IterationMeasure:
    about = ABOUT[measure.name]
    of_kind = [unit for unit in units if unit.kept_out is (measure.name == "kept-out")]
    images = list(dict.fromkeys(unit.image_id for unit in of_kind if about(unit)))
    return IterationMeasure(iteration.id, iteration.index, finding, measure, images)


def _audited(session: Session, iteration: Iteration) -> list[tuple[str | None, Measure]]:
    """Volume ratio of each finding, and the selection error: both from the iteration's own audit."""
    audit = find_audit(session, iteration.id)
    if audit is None:
        return []
    estimates = audit_estimates(session, audit)
    live = {(one.quantity, one.finding): one for one in estimates.live}

    def bounds(quantity: str, finding: str | None) -> tuple[tuple[float, float, float] | None, int]:
        one = live.get((quantity, finding))
        if one is None or one.value is None:
            return None, 0
        for final in estimates.final:
            if (final.quantity, final.name, final.method) == (quantity, finding, "stratified"):
                return (final.value, final.low, final.high), final.reads
        return (one.value, one.sequence.low, one.sequence.high), len(one.path)

    found: list[tuple[str | None, Measure]] = []
    for finding, counts in count_decisions(session, iteration.labelling_id).items():
        decided = counts["positive"] + counts["negative"]
        found.append((finding, volume_ratio(counts["positive"], decided, *bounds("prevalence", finding))))
    value, reads = bounds("error", None)
    return [*found, (None, selection_error(value, reads, iteration.plan.alpha))]


def _audited_wrong(session: Session, iteration: Iteration, finding: str | None) -> list[int]:
    query = (
        select(Read.image_id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .where(Audit.iteration_id == iteration.id, AuditItem.stream == "MEASURE", counted(), Read.unacceptable)
        .order_by(Read.image_id)
        .distinct()
    )
    return list(session.scalars(query if finding is None else query.where(Read.finding == finding)))


def image_story(session: Session, image_id: int, account_id: int) -> list[StoryLabel]:
    """A film through the iterations: each teacher's labels, then what readers said of them, in time's order.

    This account sees no more than where it reads: planted errors as they are shown, others' reads once both are done;
    raises Conflict while it has yet to read the film blind.
    """
    require_open_eyes(session, account_id, image_id)
    labels = session.execute(
        select(PseudoLabel, Iteration)
        .join(Iteration, Iteration.labelling_id == PseudoLabel.labelling_id)
        .where(PseudoLabel.image_id == image_id)
        .order_by(Iteration.index, Iteration.id, PseudoLabel.finding)
    ).all()
    shown = shown_labels(session, [label for label, _ in labels])
    reads = session.execute(
        select(Read, Account.name, Audit.iteration_id)
        .join(Account, Account.id == Read.account_id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .where(Read.image_id == image_id, seen_by(account_id))
        .order_by(Read.id)
    ).all()
    return [
        StoryLabel(
            iteration,
            shown[label.id],
            mask_of(session, shown[label.id]),
            [
                StoryRead(read, reader, read_mask(session, read))
                for read, reader, of in reads
                if of == iteration.id and read.finding == label.finding
            ],
        )
        for label, iteration in labels
    ]
