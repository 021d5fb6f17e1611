"""Scores are rows: written and read again as they were, and what older rows said in JSON is all there."""

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from overread.db.session import Database
from overread.db.tables import Encoder, Epoch, Iteration, Job, Run, Score, TrainingSet
from overread.db.tables.stored import Stored
from overread.domain.imaging.evaluation import (
    METRICS,
    EnsembleMetrics,
    FindingMetrics,
    MacroMetrics,
    Measure,
    Metrics,
)
from overread.domain.learning.reports import EpochReport, JobProgress, StartReport, TrainingSetCounts
from overread.domain.words import Metric, ScoredSplit
from overread.services.labelling.evaluation import ensemble_metrics, record_evaluation, shown_metrics
from tests.conftest import _database
from tests.loop import Loop
from tests.migrating import migrate

BEFORE = "f1c7a94e20bd"
NODULE = FindingMetrics.of(8, 5, 11, 131, {
    "d_auc": Measure(0.775, [0.6, 0.9]), "d_auc_usable": Measure(0.5, [0.25, 0.75]), "id_auc": Measure(0.3, [0.2, 0.4]),
    "dice": Measure(0.41, [0.3, 0.5]), "sensitivity": Measure(0.625, [0.25, 1.0]),
    "specificity": Measure(0.6, [0.2, 1.0]), "auroc": Measure(0.9, [0.8, 1.0]),
})  # fmt: skip
UNSEEN = FindingMetrics(0, 13, 12, None)
MEAN = MacroMetrics(0.775, 0.5, 0.3, 0.41, 0.625, 0.6, 0.9)
WHOLE = EnsembleMetrics({"nodule": NODULE, "fibrosis": UNSEEN}, MEAN)
ENSEMBLE: dict[ScoredSplit, EnsembleMetrics] = {
    "development": replace(WHOLE, sources={"hospital": Metrics(WHOLE.per_finding, MEAN)}),
    "external": EnsembleMetrics({"nodule": replace(UNSEEN, negatives=0, patients=0)}, MacroMetrics()),
}
# As an evaluation was written in November 2026.
TOLD: dict[str, Any] = {
    "nodule": {
        "positives": 8, "negatives": 5, "patients": 11, "level": 131,
        "d_auc": 0.775, "d_auc_interval": [0.6, 0.9], "d_auc_usable": 0.5, "d_auc_usable_interval": [0.25, 0.75],
        "id_auc": 0.3, "id_auc_interval": [0.2, 0.4], "dice": 0.41, "dice_interval": [0.3, 0.5],
        "sensitivity": 0.625, "sensitivity_interval": [0.25, 1.0], "specificity": 0.6,
        "specificity_interval": [0.2, 1.0], "auroc": 0.9, "auroc_interval": [0.8, 1.0],
    },
    "fibrosis": {
        "positives": 0, "negatives": 13, "patients": 12, "level": None,
        "d_auc": None, "d_auc_interval": None, "d_auc_usable": None, "d_auc_usable_interval": None,
        "id_auc": None, "id_auc_interval": None, "dice": None, "dice_interval": None, "sensitivity": None,
        "sensitivity_interval": None, "specificity": None, "specificity_interval": None, "auroc": None,
        "auroc_interval": None,
    },
}  # fmt: skip
TOLD_MEAN = {
    "d_auc": 0.775, "d_auc_usable": 0.5, "id_auc": 0.3, "dice": 0.41, "sensitivity": 0.625, "specificity": 0.6,
    "auroc": 0.9,
}  # fmt: skip
TOLD_WHOLE = {"per_finding": TOLD, "macro": TOLD_MEAN}
OF_SOURCES = {"hospital": TOLD_WHOLE, "gone": TOLD_WHOLE}
EPOCH: dict[str, float | None] = {
    "loss": 0.9,
    "class_loss": 0.5,
    "mask_loss": 0.4,
    "learning_rate": 0.01,
    "images_per_second": 50.0,
}
EPOCH |= {"truth_share": 1.0, "d_auc": None, "dice": None}  # and neither pool_loss nor waited
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("project (name, findings) values ('of before', '{nodule,fibrosis}')", {}),
    (
        "source (project_id, name, reader, role, licence, namespace, options) "
        "values (1, 'hospital', '', 'labelled', '', '', '{}')",
        {},
    ),
    ("training_set (sha256, project_id, counts) values ('one', 1, :a)", {"a": {"images": 12, "reference": 40}}),
    (
        "training_set (sha256, project_id, counts) values ('two', 1, :a)",
        {"a": {"images": 9, "reference": 30, "pseudo": 7, "read": 2, "nobody_has": ["fibrosis"]}},
    ),
    *(
        (
            "iteration (project_id, index, stage, plan, training_set_sha256, code_version, metrics) "
            f"values (1, {index}, 'closed', '{{}}', 'one', '', :a)",
            {"a": told},
        )
        for index, told in enumerate(
            (
                {"ensemble": {"development": TOLD_WHOLE | {"sources": OF_SOURCES}, "external": TOLD_WHOLE}},
                {"ensemble": {"external": TOLD_WHOLE}},
                None,
            )
        )
    ),
    (
        "run (iteration_id, position, recipe, seed, metrics) values (1, 0, '{}', 0, :a), (1, 1, '{}', 0, :b)",
        {"a": {"external": TOLD_WHOLE}, "b": None},
    ),
    (
        "epoch (run_id, epoch, values) values (1, 0, :a), (1, 1, :b)",
        {"a": EPOCH, "b": EPOCH | {"pool_loss": 0.2, "waited": 0.1, "dice": 0.5}},
    ),
    (
        "encoder (project_id, recipe, values) values (1, '{}', default), (1, '{}', :a)",
        {"a": {"epoch": 3, "loss": 1.5, "first": 0.5, "learning_rate": 0.1, "images_per_second": 9.5}},
    ),
    (
        "job (kind, queue, project_id, arguments, progress) "
        "values ('train', 'cpu', 1, '{}', default), ('train', 'cpu', 1, '{}', :a)",
        {"a": {"done": 3, "total": None, "what": "a.png"}},
    ),
)


def test_an_evaluation_is_read_as_it_was_written_and_a_second_one_replaces_it(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        assert shown_metrics(session, row) is None
        record_evaluation(session, row, {"external": WHOLE})
    with loop.database.transaction() as session:
        record_evaluation(session, session.get_one(Iteration, iteration.id), ENSEMBLE)
    with loop.database.transaction() as session:
        assert ensemble_metrics(session, [iteration.id]) == {iteration.id: ENSEMBLE}
        # No external film was scored: what is told is of development films.
        assert shown_metrics(session, session.get_one(Iteration, iteration.id)) == (
            "development",
            ENSEMBLE["development"],
        )
        rows = session.scalars(select(Score).where(Score.metric == "dice", Score.finding == "nodule")).all()
    counts = [(one.true_positives, one.false_positives, one.true_negatives, one.false_negatives) for one in rows]
    assert counts == [(5, 2, 3, 3)] * 2 + [(None,) * 4]


def test_a_score_cannot_be_told_twice_or_count_a_film_twice(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as session:
        record_evaluation(session, session.get_one(Iteration, iteration.id), ENSEMBLE)
    again = "insert into score (iteration_id, split, metric) select iteration_id, split, metric from score limit 1"
    for statement in (again, "update score set true_positives = true_positives + 1 where level is not null"):
        with pytest.raises(IntegrityError), loop.database.transaction() as session:
            session.execute(text(statement))


def test_every_metric_has_its_fields() -> None:
    names = {field.name for field in fields(FindingMetrics)}
    assert names == {"positives", "negatives", "patients", "level"} | {n for m in METRICS for n in (m, f"{m}_interval")}
    assert tuple(field.name for field in fields(MacroMetrics)) == METRICS == get_args(Metric)


def test_metrics_are_stored_under_the_names_that_they_always_had() -> None:
    own: dict[ScoredSplit, Metrics] = {"external": Metrics(WHOLE.per_finding, MEAN)}
    column = Stored(dict[ScoredSplit, Metrics])  # type: ignore[var-annotated]
    assert column.process_bind_param(own, postgresql.dialect()) == {"external": TOLD_WHOLE}


def test_what_was_measured_before_there_were_rows_is_kept(database_url: str) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, BEFORE)
        engine = create_engine(url)
        with engine.begin() as connection:
            for row, values in ROWS:
                stored = {name: None if told is None else json.dumps(told) for name, told in values.items()}
                connection.execute(text(f"insert into {row}"), stored)
        engine.dispose()
        migrate(url)
        database = Database(url)
        with database.transaction() as session:
            of_source = Metrics(WHOLE.per_finding, MEAN)  # the other source is no longer there
            assert ensemble_metrics(session, [1, 2, 3]) == {
                1: {"development": replace(WHOLE, sources={"hospital": of_source}), "external": WHOLE},
                2: {"external": WHOLE},
            }
            dice = select(Score.true_positives, Score.false_positives, Score.true_negatives, Score.false_negatives)
            dice = dice.where(Score.iteration_id == 2, Score.metric == "dice").order_by(Score.finding)
            assert session.execute(dice).all() == [(None,) * 4, (5, 2, 3, 3), (None,) * 4]
            assert session.scalars(select(Run.metrics).order_by(Run.id)).all() == [{"external": of_source}, None]
            assert session.scalars(select(Epoch.values).order_by(Epoch.epoch)).all() == [
                EpochReport(0, 0.9, 0.5, 0.4, None, 0.01, 50.0, 1.0, 0.0),
                EpochReport(1, 0.9, 0.5, 0.4, 0.2, 0.01, 50.0, 1.0, 0.1, dice=0.5),
            ]
            encoders = session.scalars(select(Encoder.values).order_by(Encoder.id)).all()
            assert encoders == [None, StartReport(3, 1.5, 0.5, 0.1, 9.5)]
            jobs = session.scalars(select(Job.progress).order_by(Job.id)).all()
            assert jobs == [JobProgress(), JobProgress(3, None, "a.png")]
            assert session.scalars(select(TrainingSet.counts).order_by(TrainingSet.sha256)).all() == [
                TrainingSetCounts(12, 40),
                TrainingSetCounts(9, 30, 2, 7, ("fibrosis",)),
            ]
        database.engine.dispose()
