"""What an evaluation measured of an iteration's ensemble: kept as a row a score, read as one."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from overread.db.tables import Iteration, Score, Source
from overread.domain.imaging.evaluation import (
    METRICS,
    EnsembleMetrics,
    FindingMetrics,
    MacroMetrics,
    Measure,
    Metrics,
)
from overread.domain.words import ScoredSplit


def record_evaluation(
    session: Session,
    iteration: Iteration,
    ensemble: Mapping[ScoredSplit, EnsembleMetrics],
    scored_change: int | None = None,
) -> None:
    """Write the scores of an iteration's ensemble, and the last change of a reference that they are of; an evaluation
    that runs again replaces them."""
    iteration.scored_change = scored_change
    named = select(Source.name, Source.id).where(Source.project_id == iteration.project_id)
    sources: dict[str, int] = dict(session.execute(named).all())
    session.execute(delete(Score).where(Score.iteration_id == iteration.id))
    for split, whole in ensemble.items():
        session.add_all(_rows(iteration.id, split, None, whole))
        for name, own in whole.sources.items():
            session.add_all(_rows(iteration.id, split, sources[name], own))


def ensemble_metrics(session: Session, iterations: Collection[int]) -> dict[int, dict[ScoredSplit, EnsembleMetrics]]:
    """What was measured of the ensemble of each iteration that was evaluated, by split."""
    query = select(Score, Source.name).outerjoin(Source).where(Score.iteration_id.in_(iterations)).order_by(Score.id)
    places: dict[tuple[int, ScoredSplit], dict[str | None, list[Score]]] = {}
    for row, source in session.execute(query):
        places.setdefault((row.iteration_id, row.split), {}).setdefault(source, []).append(row)
    found: dict[int, dict[ScoredSplit, EnsembleMetrics]] = defaultdict(dict)
    for (iteration, split), by_source in places.items():
        whole = _metrics(by_source[None])
        sources = {name: _metrics(rows) for name, rows in by_source.items() if name is not None}
        found[iteration][split] = EnsembleMetrics(whole.per_finding, whole.macro, sources)
    return found


def shown_metrics(session: Session, iteration: Iteration) -> tuple[ScoredSplit, EnsembleMetrics] | None:
    """The split that a report tells of, and what was measured on it: external films, without any development films.
    None before the evaluation."""
    splits = ensemble_metrics(session, [iteration.id]).get(iteration.id, {})
    external = splits.get("external")
    if external is not None and any(own.patients for own in external.per_finding.values()):
        return "external", external
    return ("development", splits["development"]) if "development" in splits else None


def _rows(iteration_id: int, split: ScoredSplit, source_id: int | None, metrics: Metrics) -> Iterator[Score]:
    of = {"iteration_id": iteration_id, "split": split, "source_id": source_id}
    for finding, own in metrics.per_finding.items():
        films = {"positives": own.positives, "negatives": own.negatives, "patients": own.patients, "level": own.level}
        counts = asdict(own.counts) if own.counts is not None else {}
        for metric in METRICS:
            measured = own.measure(metric)
            low, high = measured.interval or (None, None)
            yield Score(
                **of, finding=finding, metric=metric, value=measured.value, low=low, high=high, **films, **counts
            )
    for metric in METRICS:
        yield Score(**of, metric=metric, value=metrics.macro.value(metric))


def _metrics(rows: Sequence[Score]) -> Metrics:
    findings: dict[str | None, list[Score]] = {}
    for row in rows:
        findings.setdefault(row.finding, []).append(row)
    macro = {row.metric: row.value for row in findings.pop(None, [])}
    return Metrics({name: _of_finding(own) for name, own in findings.items() if name}, MacroMetrics(**macro))


def _of_finding(rows: Sequence[Score]) -> FindingMetrics:
    """Every row of a finding says the same films."""
    first, measured = rows[0], {row.metric: _measure(row) for row in rows}
    return FindingMetrics.of(first.positives or 0, first.negatives or 0, first.patients or 0, first.level, measured)


def _measure(row: Score) -> Measure:
    interval = [row.low, row.high] if row.low is not None and row.high is not None else None
    return Measure(row.value, interval)
