"""Agreement with public labels: films that both leave empty are films too, and no change contradicts its levels."""

import pytest
from sqlalchemy import select

from overread.db.tables import Image, Mask, SourceMask
from overread.services.explore.agreement import agreement
from tests.loop import FINDINGS, Loop
from tests.reading import audited

FINDING = "pleural_effusion"


def labelled_films(loop: Loop) -> tuple[set[int], set[int]]:
    """The films whose public label of the finding marks something, and those whose marks nothing."""
    with loop.database.transaction() as session:
        query = (
            select(Image.id, Mask.area)
            .join(SourceMask, SourceMask.image_id == Image.id)
            .join(Mask, Mask.id == SourceMask.mask_id)
            .where(SourceMask.kind == "public", SourceMask.finding == FINDING)
        )
        rows = session.execute(query).all()
    return {film for film, area in rows if area}, {film for film, area in rows if not area}


def test_a_change_is_the_difference_of_the_levels_beside_it(loop: Loop) -> None:
    """One lesion is missed at first; then all are found, and something is marked on every film without one. Over films
    where either marks something, Dice falls from .88 to .62, and on those of both iterations it rises by .13."""
    there, nothing = labelled_films(loop)
    missed, alarms = {min(there)}, nothing
    assert (len(there), len(nothing)) == (8, 5)
    audited(loop, wrong=lambda film: float(film.id in missed))
    loop.label(loop.launch(override="to compare with"), wrong=lambda film: float(film.id in alarms))
    with loop.database.transaction() as session:
        told = agreement(session, loop.project_id)
    levels = {(one.iteration, one.measure): one for one in told.scores if one.finding == FINDING}
    changes = {one.measure: one for one in told.changes if one.finding == FINDING}
    films = len(there) + len(nothing)
    wanted = {
        "presence": (films, 1 - len(missed) / films, 1 - len(alarms) / films),
        "dice": (len(there), 1 - len(missed) / len(there), 1.0),
    }
    for measure, (n, before, after) in wanted.items():
        change = changes[measure]  # type: ignore[index]
        assert (change.iteration, change.since, change.n) == (1, 0, n)
        assert (change.before, change.after) == (pytest.approx(before), pytest.approx(after))
        assert change.value == pytest.approx(after - before)
        assert change.low <= change.value <= change.high  # type: ignore[operator]
        for index, level in enumerate((before, after)):
            one = levels[index, measure]  # type: ignore[index]
            assert (one.n, one.value) == (n, pytest.approx(level))
    assert list(dict.fromkeys(one.finding for one in told.scores)) == FINDINGS


def test_a_change_is_of_the_films_of_both_iterations_alone(loop: Loop) -> None:
    audited(loop)
    loop.source("later", "pool", count=6, size=32, seed=9, labelled=1.0)
    loop.label(loop.launch(override="to compare with"), wrong=0.4)
    with loop.database.transaction() as session:
        told = agreement(session, loop.project_id)
    assert {one.source for one in told.scores} == {"pool", "later"}
    assert {one.source for one in told.changes} == {"pool"}
    assert all(one.value == pytest.approx(one.after - one.before) for one in told.changes)
