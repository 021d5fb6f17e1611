"""What reading a project cost, by kind of work, iteration and reader; and what was scored after how much of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from overread.db.tables import Account, Audit, AuditCase, Iteration, Read
from overread.domain.imaging.evaluation import EnsembleMetrics, Measure
from overread.domain.readers.effort import own_seconds, pace_of, seconds_of, seconds_of_film, share_out
from overread.domain.words import WORKS, Metric, ScoredSplit, Work
from overread.services.explore.drawn import drawn_from_nothing
from overread.services.history import in_loop, list_iterations
from overread.services.labelling.evaluation import ensemble_metrics

SCORES: tuple[Metric, ...] = ("d_auc", "dice")
Save = Sequence[Row[*tuple[Any, ...]]]  # reads of one film by one reader at one time


@dataclass(frozen=True)
class WorkDone:
    """Reads of one kind of work (None: nobody told which): all their ``seconds`` and their median, None where no read
    told its time."""

    kind: Work | None
    reads: int
    seconds: float
    median: float | None


@dataclass(frozen=True)
class IterationEffort:
    """An iteration: ``before`` it was trained so many seconds had been read, over all iterations before it, and
    ``drawn_before`` would have been, had what was read been drawn from nothing; ``work`` is what reading its own labels
    took since. ``scores`` are its ensemble's means over findings."""

    iteration: int
    before: float
    drawn_before: float
    work: list[WorkDone]
    scores: dict[Metric, Measure]


@dataclass(frozen=True)
class ReaderEffort:
    """What one reader did in one iteration."""

    account_id: int
    name: str
    iteration: int
    work: list[WorkDone]


@dataclass(frozen=True)
class KindSeconds:
    """What a read of this kind takes: the median of so many ``reads`` of the project, where it has enough (``own``),
    else the modelled seconds."""

    kind: Work
    seconds: float
    own: bool
    reads: int


@dataclass(frozen=True)
class Effort:
    """A project's reading; ``split``: the films that the scores are of, None before anything was scored."""

    split: ScoredSplit | None
    iterations: list[IterationEffort]
    kinds: list[KindSeconds]
    readers: list[ReaderEffort] = field(default_factory=list)


@dataclass(frozen=True)
class _Timed:
    """A read with its part of its film's seconds."""

    iteration: int
    account_id: int
    name: str
    kind: Work | None
    seconds: float


def project_effort(session: Session, project_id: int, asking: Account) -> Effort:
    """What reading cost, oldest iteration first. Readers see what they did themselves, an admin what each did.

    Whatever took a reader's time counts: late saves, blind drafts, planted errors and a judge's decisions alike.
    """
    saves = list(_saves(session, project_id))
    reads = [read for save in saves for read in _timed(save)]
    iterations = list_iterations(session, project_id)
    measured = ensemble_metrics(session, [one.id for one in iterations])
    split = _split(measured.values())
    drawn = drawn_from_nothing(session, project_id, pace_of((save[0].seconds, _modelled(save)) for save in saves))
    told, before, drawn_before = [], 0.0, 0.0
    for iteration in iterations:
        own = [read for read in reads if read.iteration == iteration.index]
        whole = measured.get(iteration.id, {}).get(split) if split is not None else None
        scores = {metric: whole.macro_measure(metric) for metric in SCORES} if whole is not None else {}
        told.append(IterationEffort(iteration.index, before, drawn_before, _by_kind(own), scores))
        before += sum(read.seconds for read in own)
        drawn_before += drawn.get(iteration.index, 0.0)
    seen = [read for read in reads if asking.role == "admin" or read.account_id == asking.id]
    return Effort(split, told, _seconds_by_kind(reads), _by_reader(seen))


def _saves(session: Session, project_id: int) -> Iterator[Save]:
    """Every save of the loop's iterations: what was said of a film at once."""
    read = Read.account_id, Read.case_id, Read.created_at, Read.seconds, Read.work, Read.blind
    query = (
        select(Iteration.index.label("iteration"), Account.name, *read)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .join(Account, Account.id == Read.account_id)
        .where(Iteration.project_id == project_id, in_loop())
        .order_by(Iteration.index, Account.name, Read.account_id, Read.case_id, Read.created_at, Read.id)
    )
    # What is saved at once carries the time of one transaction.
    for _, saved in groupby(session.execute(query), key=lambda row: (row.case_id, row.account_id, row.created_at)):
        yield list(saved)


def _timed(save: Save) -> Iterator[_Timed]:
    """What a film took is shared out among what was saved of it at once."""
    for row, seconds in zip(save, share_out(save[0].seconds, [row.work for row in save]), strict=True):
        yield _Timed(row.iteration, row.account_id, row.name, row.work, seconds)


def _modelled(save: Save) -> float | None:
    """The modelled seconds of such a save; None where a kind of work is not known."""
    kinds = [row.work for row in save]
    return None if None in kinds else seconds_of_film(kinds, blind=all(row.blind for row in save))


def _split(measured: Iterable[dict[ScoredSplit, EnsembleMetrics]]) -> ScoredSplit | None:
    """One for all iterations, or unlike things would be joined by a line: external films where there are any."""
    found = [(split, own) for splits in measured for split, own in splits.items()]
    scored = {split for split, own in found if any(own.macro.value(metric) is not None for metric in SCORES)}
    order: tuple[ScoredSplit, ...] = ("external", "development")
    return next((split for split in order if split in scored), None)


def _by_kind(reads: Iterable[_Timed]) -> list[WorkDone]:
    found: dict[Work | None, list[float]] = {}
    for read in reads:
        found.setdefault(read.kind, []).append(read.seconds)
    order: tuple[Work | None, ...] = (*WORKS, None)
    return [_done(kind, found[kind]) for kind in order if kind in found]


def _done(kind: Work | None, seconds: list[float]) -> WorkDone:
    told = [one for one in seconds if one > 0]
    return WorkDone(kind, len(seconds), sum(seconds), median(told) if told else None)


def _seconds_by_kind(reads: Iterable[_Timed]) -> list[KindSeconds]:
    timed = [(read.kind, read.seconds) for read in reads if read.kind is not None and read.seconds > 0]
    own = own_seconds(timed)
    return [
        KindSeconds(kind, seconds_of(kind, own), kind in own, sum(other == kind for other, _ in timed))
        for kind in WORKS
    ]


def _by_reader(reads: Iterable[_Timed]) -> list[ReaderEffort]:
    """In the order of iterations, then of names."""
    grouped = groupby(reads, key=lambda read: (read.iteration, read.account_id, read.name))
    return [ReaderEffort(account, name, index, _by_kind(own)) for (index, account, name), own in grouped]
