"""Rows that an older version wrote are read as what they meant, not as what a newer version would declare."""

import json
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from overread.db.session import Database
from overread.db.tables import Audit, Iteration, Run
from overread.domain.learning.recipe import Recipe
from overread.domain.policy.plan import DEFAULT, AuditDesign, declared_next
from tests.conftest import _database
from tests.migrating import migrate

BEFORE = "f1c7a94e20bd"
RECIPE = {"name": "old", "network": "small-unet", "width": 8, "learning_rate": 0.001, "a setting that is gone": 1}
PLAN = {"recipes": [RECIPE], "seed": 7, "alpha": 0.2, "delta": 0.1, "min_reads": 5, "measure": 9, "fix": 3}
STRATA = [
    {"finding": "nodule", "decision": "negative", "held": False, "size": 30, "reads": {"FIX": 1, "MEASURE": 9}},
    {"finding": "nodule", "decision": "positive", "held": True, "size": 4, "population": 0, "reads": {"HOLDOUT": 2}},
]

FILM = [
    "insert into project (id, name, findings) values (1, 'p', '{nodule}')",
    "insert into source (id, project_id, name, reader, options, role, namespace, licence)"
    " values (1, 1, 's', 'folder', '{}', 'pool', 'n', 'ours')",
    "insert into patient (id, project_id, namespace, key, split) values (1, 1, 'n', 'k', 'pool')",
    "insert into image (project_id, source_id, patient_id, split, file_name, file_sha256, sha256, width, height, bits,"
    " spacing_mm) values (1, 1, 1, 'pool', 'a.dcm', 'f', 's', 4, 4, 8, :spacing)",
]


def test_a_plan_of_before_declares_nothing_that_did_not_exist(database_url: str) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, BEFORE)
        lay(url)
        migrate(url)
        database = Database(url)
        with database.transaction() as session:
            plan = session.get_one(Iteration, 1).plan
            run = session.get_one(Run, 1)
            audit = session.get_one(Audit, 1)
            rows = [(row.number, row.finding, row.decision, row.held, row.population) for row in audit.strata]
            raw = "select plan->'recipes'->0->'pseudo' from iteration union all select recipe->'pseudo' from run"
            recipes = list(session.scalars(text(raw)))
            reads = [(row.fix, row.measure, row.sentinel, row.holdout) for row in audit.strata]
        database.engine.dispose()
    assert (plan.seed, plan.alpha, plan.delta, plan.measure, plan.fix) == (7, 0.2, 0.1, 9, 3)
    assert (plan.sentinel, plan.holdout, plan.positives, plan.keep_out, plan.second) == (0, 0, 0, 0, 0)
    assert (plan.red_line, plan.holdout_margin, plan.subgroup_margin) == (0.5, 0.1, 0.2)
    assert (plan.teaches, plan.fix_by) == ("all", "risk")
    assert {recipe.pseudo.teaches for recipe in (*plan.recipes, run.recipe)} == {"all"}
    assert recipes == [{"teaches": "all"}] * 2  # it is written, so that no later default is read into it
    assert set(plan.undeclared) >= {
        "teaches",
        "sentinel",
        "holdout",
        "positives",
        "keep_out",
        "second",
        "holdout_margin",
    }
    following = declared_next(plan)  # it promises no less unsaid, and what was not declared is as by default
    assert (following.alpha, following.measure, following.fix_by) == (0.2, 9, "risk")
    assert (following.sentinel, following.holdout, following.second) == (
        DEFAULT.sentinel, DEFAULT.holdout, DEFAULT.second
    )  # fmt: skip
    assert plan.recipes == (run.recipe,) == (Recipe("old", "small-unet", width=8, learning_rate=0.001),)
    assert audit.design == AuditDesign(3, 45, 0, 0, teaches="all", fix_by="risk")
    assert rows == [(0, "nodule", "negative", False, None), (1, "nodule", "positive", True, 0)]
    assert reads == [(1, 9, 0, 0), (0, 0, 0, 2)]


def lay(url: str) -> None:
    """An iteration, its run and its audit, as the version of then wrote them."""
    design = {"fix": 3, "measure": 45, "sentinel": 0, "holdout": 0}
    engine = create_engine(url)
    with engine.begin() as connection:

        def write(statement: str, **values: Any) -> None:
            connection.execute(text(statement), {k: json.dumps(v) for k, v in values.items()})

        write("insert into project (name, findings) values ('p', '{nodule}')")
        write("insert into training_set (sha256, project_id, counts) values ('a', 1, '{}')")
        columns = "project_id, index, plan, training_set_sha256, code_version"
        write(f"insert into iteration ({columns}) values (1, 0, :plan, 'a', 'old')", plan=PLAN)
        write("insert into run (iteration_id, position, recipe, seed) values (1, 0, :recipe, 0)", recipe=RECIPE)
        write("insert into labelling (iteration_id) values (1)")
        columns = "iteration_id, labelling_id, seed, design, strata"
        write(f"insert into audit ({columns}) values (1, 1, 0, :design, :strata)", design=design, strata=STRATA)
    engine.dispose()


@pytest.mark.parametrize(("before", "after"), [(0.2, (0.2, 0.2)), (0.0, (None, None)), (float("nan"), (None, None))])
def test_a_spacing_of_before_is_of_square_pixels_or_none(
    database_url: str, before: float, after: tuple[float | None, float | None]
) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, "8e3c51d7a2f4")
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in FILM:
                connection.execute(text(statement), {"spacing": before})
        migrate(url)
        with engine.connect() as connection:
            (row,) = connection.execute(text("select row_spacing_mm, column_spacing_mm from image"))
        engine.dispose()
    assert tuple(row) == after


LABEL = [
    *(
        "insert into mask (image_id, image_sha256, finding, origin, height, width, counts, area, sha256)"
        f" values (1, 's', 'nodule', 'SEMIAUTOMATIC', 4, 4, '', 1, '{name}')"
        for name in ("old", "new")
    ),
    "insert into source_mask (image_id, finding, kind, mask_id) values (1, 'nodule', 'public', 1)",
    "insert into mask_change (image_id, finding, old_mask_id, mask_id) values (1, 'nodule', 1, 2)",
]
MENDED = "update source_mask set mask_id = 2"


def test_a_public_label_of_before_may_be_mended(database_url: str) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, "e6a40d81b95f")
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in [*(one.replace("spacing_mm", "view").replace(":spacing", "'PA'") for one in FILM), *LABEL]:
                connection.execute(text(statement))
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(MENDED))
        migrate(url)
        with engine.begin() as connection:
            connection.execute(text(MENDED))
            stands = connection.scalar(text("select sha256 from source_mask join mask on mask.id = mask_id"))
        engine.dispose()
    assert stands == "new"
