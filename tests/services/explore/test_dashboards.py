"""Dashboards count what the rows hold: paired changes on the films of both iterations, audits hour by hour."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from overread.db.tables import Image, Iteration, PseudoLabel
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics, Metrics
from overread.domain.words import ScoredSplit
from overread.services.audit import queue
from overread.services.explore import dashboards
from overread.services.labelling.evaluation import record_evaluation
from tests.loop import FINDINGS, Loop
from tests.reading import audited, read_all


def test_changes_are_paired_and_audits_add_up(loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.4, alpha=0.95)
    done = read_all(loop, audit_id)
    second = loop.launch(alpha=0.95, override="to compare with")
    loop.label(second)
    with loop.database.transaction() as session:
        scores = dashboards.source_scores(session, loop.project_id)
        points = dashboards.audit_progress(session, loop.project_id)
        items = queue.audit_progress(session, audit_id).items
        dice = {
            iteration.index: {
                (label.finding, label.image_id): label.public_dice
                for label in session.scalars(select(PseudoLabel).filter_by(labelling_id=iteration.labelling_id))
                if label.public_dice is not None
            }
            for iteration in session.scalars(select(Iteration))
        }
        films = set(session.scalars(select(Image.id).where(Image.split == "pool")))
    assert done > 0
    assert len(films) == 30
    means = {(one.iteration, one.finding): one for one in scores if one.since is None}
    changes = {one.finding: one for one in scores if one.since is not None}
    for (index, finding), one in means.items():
        values = [value for (name, _), value in dice[index].items() if name == finding]
        assert (one.mean.n, one.mean.value) == (len(values), pytest.approx(np.mean(values)))
    assert changes
    for finding, one in changes.items():
        both = [pair for pair in dice[1] if pair in dice[0] and pair[0] == finding]
        wanted = np.mean([dice[1][pair] - dice[0][pair] for pair in both])
        assert (one.iteration, one.since, one.mean.n) == (1, 0, len(both))
        assert one.mean.value == pytest.approx(wanted)
        assert one.mean.low <= one.mean.value <= one.mean.high  # type: ignore[operator]
    first = [point for point in points if point.iteration == 0]
    assert (first[0].done, first[-1].done, {point.items for point in first}) == (0, items, {items})
    assert [point.at for point in first] == sorted(point.at for point in first)
    assert [point.done for point in points if point.iteration == 1] == [0]
    assert [one.finding for one in scores if one.iteration == 0] == [name for name in FINDINGS if name in changes]


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
