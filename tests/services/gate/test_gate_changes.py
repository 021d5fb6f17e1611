"""Clauses (c)–(e) on real rows: errors that come back shut the gate, and what is not there is not judged."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from overread.db.session import Database
from overread.db.tables import Image, Iteration, Patient
from overread.domain.errors import GateShut
from overread.services.estimates import bias
from overread.services.estimates.followed import followed_units
from overread.services.history import previous_published
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import FINDINGS, Loop, make_loop
from tests.reading import audited, claim, clauses, read_all, read_truly

# Of thirty patients nine are held out, who can show a margin of four tenths.
PLAN: dict[str, Any] = {
    "measure": 0,
    "fix": 0,
    "min_reads": 0,
    "withhold": FINDINGS,
    "holdout": 200,
    "holdout_margin": 0.4,
}


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    """A project that holds out as many of its pool's patients as may be."""
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.5)


def shares(loop: Loop, held: float, others: float) -> Callable[[Image], float]:
    """The share of wrong labels, on films of patients who are held out and on others."""
    with loop.database.transaction() as session:
        out = set(session.scalars(select(Image.id).join(Patient).where(Patient.held)))
    return lambda image: held if image.id in out else others


def turned(
    loop: Loop, before: float | Callable[[Image], float], after: float | Callable[[Image], float], **changes: Any
) -> tuple[Iteration, int]:
    """The second iteration, with these shares of wrong labels; the first one's audit is read."""
    _, audit_id = audited(loop, before, **PLAN | changes)
    read_truly(loop, audit_id)
    return audited(loop, after, **PLAN | changes)


def test_the_first_iteration_has_no_pair_and_says_so(loop: Loop) -> None:
    iteration, audit_id = audited(loop)
    read_all(loop, audit_id)
    found = clauses(loop, iteration)
    for name in ("holdout-regression", "error-reinforcement", "subgroup-regression"):
        assert found[name].passed
        assert "first iteration" in found[name].sentence


def test_what_holds_nothing_out_says_that_nobody_would_see_a_regression(loop: Loop) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id)
    second, _ = audited(loop)
    undeclared = clauses(loop, second)["holdout-regression"]
    assert undeclared.passed
    assert "declared no HOLDOUT reads, so nobody would see a regression" in undeclared.sentence
    third, _ = audited(loop, override="its reads matter to no one", holdout=20)
    declared = clauses(loop, third)
    for name in ("holdout-regression", "subgroup-regression"):
        assert not declared[name].passed
        assert "this project holds no patient out" in declared[name].sentence


def test_holdout_without_a_reference_does_not_pass(held: Loop) -> None:
    audited(held, **PLAN)
    second, _ = audited(held, **PLAN, override="its HOLDOUT is read later")
    unread = clauses(held, second)["holdout-regression"]
    assert not unread.passed
    assert "HOLDOUT items of this audit have no reference" in unread.sentence


def test_a_teacher_that_repeats_its_errors_shuts_the_gate_and_the_panel_is_red(held: Loop) -> None:
    second, audit_id = turned(held, 0.5, 0.5)
    read_truly(held, audit_id)
    found = clauses(held, second)
    assert not found["error-reinforcement"].passed
    assert "come back in the same place" in found["error-reinforcement"].sentence
    with pytest.raises(GateShut, match="Repair the wrong items"):
        held.launch()
    with held.database.transaction() as session:
        told = bias.project_bias(session, held.project_id)
        assert {one.finding for one in told if one.measure.name == "volume"} == set(FINDINGS)
        red = next(one for one in told if one.index == 1 and one.measure.name == "reinforcement")
        story = bias.image_story(session, red.images[0], held.account_id)
    assert red.measure.light == "red"
    assert red.measure.value == 1.0
    assert [step.iteration.index for step in story] == [0] * 5 + [1] * 5
    assert any(step.reads for step in story)
    first = [one for one in told if one.index == 0]
    assert {one.measure.name for one in first} == {"volume", "selection"}


def test_a_good_teacher_passes_and_few_patients_prove_little(held: Loop) -> None:
    second, audit_id = turned(held, 0.0, 0.0)
    assert claim(held, audit_id) is None  # what was read once costs nothing again
    found = clauses(held, second)
    assert found["error-reinforcement"].passed
    assert found["holdout-regression"].passed
    assert -0.4 < found["holdout-regression"].value < 0
    assert "no two sources" in found["subgroup-regression"].sentence
    third, _ = audited(held, **PLAN | {"holdout_margin": 0.1})
    unshown = clauses(held, third)["holdout-regression"]
    assert not unshown.passed
    assert "HOLDOUT cannot show its margin" in unshown.sentence
    assert "98 are needed for −0.10" in unshown.sentence


def test_units_that_were_kept_out_for_being_wrong_hide_no_fall_on_holdout(held: Loop) -> None:
    """A third of HOLDOUT falls; what was found wrong elsewhere and kept out comes right, and is in no such mean."""
    changes = {"measure": 12, "keep_out": 1.0}
    second, audit_id = turned(held, shares(held, 0.0, 1.0), shares(held, 1 / 3, 0.0), **changes)
    read_truly(held, audit_id)
    with held.database.transaction() as session:
        before = previous_published(session, session.get_one(Iteration, second.id))
        assert before is not None
        units = followed_units(session, before, session.get_one(Iteration, second.id))
        told = bias.iteration_bias(session, session.get_one(Iteration, second.id))
    kept = [unit for unit in units if unit.kept_out]
    assert len(kept) > 40
    assert all(unit.wrong_before and not unit.wrong_after for unit in kept)
    found = clauses(held, second)["holdout-regression"]
    assert not found.passed
    assert found.value < -0.333
    rows = {one.measure.name: one for one in told}
    assert (rows["kept-out"].measure.value, rows["kept-out"].measure.light) == (0.0, "green")
    assert rows["kept-out"].measure.n == len(kept)
    assert rows["new"].measure.value == pytest.approx(1 / 3, abs=0.1)
    assert rows["reinforcement"].measure.value is None  # of HOLDOUT nothing was wrong before


@pytest.mark.parametrize("anchored", [0.25, 0.5, 1.0])
def test_a_reader_who_takes_over_what_is_shown_hides_no_fall(held: Loop, anchored: float) -> None:
    """Whatever they accept once the new masks are shown, the reference is what they drew before any was."""
    _, audit_id = audited(held, 0.0, **PLAN)
    read_truly(held, audit_id, anchored)
    second, audit_id = audited(held, shares(held, 0.45, 0.0), **PLAN)
    read_truly(held, audit_id, anchored)
    found = clauses(held, second)["holdout-regression"]
    assert not found.passed
    assert found.value < -0.45
