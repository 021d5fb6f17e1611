"""The iteration before, in a chain where iterations failed, were cancelled and had their place taken."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from overread.db.tables import Iteration, Job, Labelling, PseudoLabel, Run
from overread.services import history
from overread.services.loop.iterations import advance_iteration, cancel_iteration
from overread.services.loop.lineage import teacher_parameters, teacher_weights
from tests.loop import Loop

PUBLISHED = {"min_reads": 0, "override": "a test"}


@pytest.fixture
def chain(loop: Loop) -> dict[str, Iteration]:
    """0 published; 1 cancelled, 1 failed, 1 published; 2 cancelled, 2 at work."""
    found = {"first": loop.launch(min_reads=0)}
    loop.label(found["first"])
    found["cancelled"] = loop.launch(**PUBLISHED)
    with loop.database.transaction() as session:
        cancel_iteration(session, found["cancelled"].id)
    found["failed"] = loop.launch(**PUBLISHED)
    with loop.database.transaction() as session:
        session.execute(update(Job).where(Job.iteration_id == found["failed"].id).values(state="failed"))
        assert advance_iteration(session, found["failed"].id).stage == "failed"
    found["second"] = loop.launch(**PUBLISHED)
    loop.label(found["second"])
    found["again"] = loop.launch(**PUBLISHED)
    with loop.database.transaction() as session:
        cancel_iteration(session, found["again"].id)
    found["work"] = loop.launch(**PUBLISHED)
    assert [one.index for one in found.values()] == [0, 1, 1, 1, 2, 2]
    return found


def test_one_iteration_is_before_whatever_failed_between(loop: Loop, chain: dict[str, Iteration]) -> None:
    before = {"cancelled": "first", "failed": "first", "second": "first", "again": "second", "work": "second"}
    names = {one.id: name for name, one in chain.items()}
    with loop.database.transaction() as session:
        rows = {name: session.get_one(Iteration, one.id) for name, one in chain.items()}
        found = {name: history.previous_published(session, row) for name, row in rows.items()}
        assert {name: names[one.id] for name, one in found.items() if one is not None} == before
        newest = history.newest_iteration(session, loop.project_id)
        last = history.last_published(session, loop.project_id)
        assert newest is not None
        assert last is not None
        assert (names[newest.id], names[last.id]) == ("work", "second")
        turns = [names[one.id] for one in history.list_iterations(session, loop.project_id)]
        assert turns == ["first", "second", "work"]
        assert history.list_iterations(session, loop.project_id, published=True)[-1].id == last.id
        image_id = session.scalars(select(PseudoLabel.image_id).limit(1)).one()
        labels = history.previous_labels(session, session.get_one(Iteration, chain["work"].id), image_id)
        assert {label.labelling_id for label in labels.values()} == {last.labelling_id}


def test_the_teachers_are_those_of_the_iteration_before(loop: Loop, chain: dict[str, Iteration]) -> None:
    with loop.database.transaction() as session:
        for run in session.scalars(select(Run)):
            run.parameters, run.checkpoint_sha256 = 1000 + run.iteration_id, loop.blobs.put(str(run.id).encode())
        (teacher,) = session.scalars(select(Run).where(Run.iteration_id == chain["second"].id))
        assert teacher_parameters(session, loop.project_id, 2) == 1000 + chain["second"].id
        recipe = replace(teacher.recipe, from_teacher=True)
        assert teacher_weights(session, loop.project_id, 2, recipe, 0) == teacher.checkpoint_sha256
        assert teacher_parameters(session, loop.project_id, 0) == 0


def test_labels_of_what_failed_are_nobodys_before(loop: Loop, chain: dict[str, Iteration]) -> None:
    """A pointer that no legal move leaves there: none of the questions may follow it."""
    with loop.database.transaction() as session:
        stray = Labelling(iteration_id=chain["again"].id)
        session.add(stray)
        session.flush()
        session.get_one(Iteration, chain["again"].id).labelling_id = stray.id
        work = session.get_one(Iteration, chain["work"].id)
        work.index = 3
        session.flush()
        before = history.previous_published(session, work)
        assert before is not None
        assert before.id == chain["second"].id
        image_id = session.scalars(select(PseudoLabel.image_id).limit(1)).one()
        assert history.previous_labels(session, work, image_id)
        assert teacher_parameters(session, loop.project_id, 3) == 77_186
