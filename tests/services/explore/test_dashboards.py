"""Dashboards count what the rows hold: audits hour by hour, scores by source."""

from dataclasses import replace

from overread.db.tables import Iteration
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics, Metrics
from overread.domain.words import ScoredSplit
from overread.services.audit import queue
from overread.services.explore import dashboards
from overread.services.labelling.evaluation import record_evaluation
from tests.loop import Loop
from tests.reading import audited, read_all


def test_audits_add_up(loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.4, alpha=0.95)
    done = read_all(loop, audit_id)
    loop.label(loop.launch(alpha=0.95, override="to compare with"))
    with loop.database.transaction() as session:
        points = dashboards.audit_progress(session, loop.project_id)
        items = queue.audit_progress(session, audit_id).items
    assert done > 0
    first = [point for point in points if point.iteration == 0]
    assert (first[0].done, first[-1].done, {point.items for point in first}) == (0, items, {items})
    assert [point.at for point in first] == sorted(point.at for point in first)
    assert [point.done for point in points if point.iteration == 1] == [0]


def test_scores_by_source_are_told_in_order_with_their_intervals(loop: Loop) -> None:
    first, second = audited(loop)[0], loop.launch(override="not evaluated by source")
    none = FindingMetrics(3, 2, 5, None)
    row = replace(none, d_auc=0.8, d_auc_interval=[0.7, 0.9])
    mean = MacroMetrics(d_auc=0.8)
    whole = Metrics({"nodule": replace(row, dice=0.5, dice_interval=[0.4, 0.6]), "fibrosis": row}, mean)
    told_first: dict[ScoredSplit, EnsembleMetrics] = {
        "development": EnsembleMetrics({}, mean, {"hospital": whole, "pool": Metrics({"nodule": none}, mean)}),
        "external": EnsembleMetrics({}, mean, {"pool": whole}),
    }
    with loop.database.transaction() as session:
        record_evaluation(session, session.get_one(Iteration, first.id), told_first)
        told_second = EnsembleMetrics(whole.per_finding, mean)
        record_evaluation(session, session.get_one(Iteration, second.id), {"external": told_second})
    with loop.database.transaction() as session:
        told = dashboards.evaluated_scores(session, loop.project_id)
    assert [(one.split, one.source, one.finding, one.score, one.value, one.low, one.high) for one in told] == [
        (split, source, finding, score, *values)
        for split, source in (("external", "pool"), ("development", "hospital"))
        for finding, score, values in (
            ("fibrosis", "d_auc", (0.8, 0.7, 0.9)),
            ("nodule", "d_auc", (0.8, 0.7, 0.9)),
            ("nodule", "dice", (0.5, 0.4, 0.6)),
        )
    ]
    assert {(one.iteration, one.positives, one.negatives) for one in told} == {(0, 3, 2)}
