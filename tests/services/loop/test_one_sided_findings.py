"""A finding that no labelled film has, and one that all have, go through the whole loop."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import select

from overread.db.tables import Score, TrainingSet
from overread.services.labelling.evaluation import ensemble_metrics
from overread.services.reports.report import project_report
from overread.settings import Settings
from tests.loop import FINDINGS, Loop
from tests.work_folders import TINY, work

PREVALENCE = dict.fromkeys(FINDINGS, 0.5) | {"fibrosis": 0.0, "nodule": 1.0}


@pytest.fixture
def one_sided(loop: Loop) -> Loop:
    from overread.db.tables import Project
    from overread.services.films import projects

    with loop.database.transaction() as session:
        project: Project = projects.create_project(session, "one-sided", FINDINGS, holdout=0.0)
    own = Loop(loop.database, loop.blobs, project.id, loop.account_id)
    shares = {"train": 0.6, "development": 0.4}
    own.source("hospital", "labelled", count=16, size=32, seed=1, shares=shares, prevalence=PREVALENCE)
    own.source("elsewhere", "external", count=8, size=32, seed=2, prevalence=PREVALENCE)
    own.source("pool", "pool", count=20, size=32, seed=3, prevalence=PREVALENCE)
    return own


def test_what_is_not_defined_is_null_and_nothing_breaks(one_sided: Loop, settings: Settings) -> None:
    labelling = {**TINY["labelling"], "temperature": True}
    first = one_sided.launch(recipes=[TINY | {"rare": 1.0, "labelling": labelling}])
    assert work(one_sided, settings) == ["train", "label", "evaluate", "audit"]
    with one_sided.database.transaction() as session:
        counts = session.get_one(TrainingSet, first.training_set_sha256).counts
        assert (counts.nobody_has, counts.everybody_has, counts.nobody_tells) == (("fibrosis",), ("nodule",), ())
        told = ensemble_metrics(session, [first.id])[first.id]
        for split in ("development", "external"):
            none, every = (told[split].per_finding[finding] for finding in ("fibrosis", "nodule"))
            assert (none.positives, every.negatives) == (0, 0)
            assert (none.level, none.dice, none.sensitivity, none.d_auc, none.auroc) == (None,) * 5
            assert (every.d_auc, every.id_auc, every.specificity, every.auroc) == (None,) * 4
            assert every.dice is not None
        assert not [value for value in session.scalars(select(Score.value)) if value is not None and value != value]
        json.dumps(asdict(project_report(session, one_sided.project_id)), allow_nan=False)
    one_sided.launch(recipes=[TINY], override="a test")
    assert work(one_sided, settings) == ["train", "label", "evaluate", "audit"]
