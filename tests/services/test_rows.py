"""Rows that must not lie, tried by hand on the database itself."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import Mask, PseudoLabel
from overread.services import trail
from overread.services.loop.iterations import cancel_iteration
from tests.loop import Loop
from tests.reading import audited, read_all


@pytest.mark.parametrize("table", ["mask", "read", "audit_item", "gate_decision", "trail", "training_set"])
def test_rows_that_must_not_lie_refuse_every_change(loop: Loop, table: str) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id)
    loop.launch()
    column = {"training_set": "project_id", "trail": "action"}.get(table, "id")
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table} cascade"):
        with pytest.raises(IntegrityError, match="never changed"), loop.database.transaction() as session:
            session.execute(text(statement))


def test_a_machines_mask_names_its_labelling_and_its_image(loop: Loop) -> None:
    with loop.database.transaction() as session:
        mask = session.scalars(select(Mask).limit(1)).one()
    columns = "image_id, image_sha256, finding, origin, labelling_id, height, width, counts, area, sha256"
    for change in ("'AUTOMATIC', null", "'MANUAL', null"):
        sha = "image_sha256" if "AUTO" in change else "repeat('0', 64)"
        values = f"image_id, {sha}, finding, {change}, height, width, counts, area, sha256"
        with pytest.raises(IntegrityError), loop.database.transaction() as session:
            session.execute(text(f"insert into mask ({columns}) select {values} from mask where id = {mask.id}"))


def test_the_same_content_is_the_same_training_set(loop: Loop) -> None:
    first = loop.launch()
    with loop.database.transaction() as session:
        cancel_iteration(session, first.id)
    assert loop.launch(seed=9).training_set_sha256 == first.training_set_sha256


def test_the_trail_finds_a_changed_line(loop: Loop) -> None:
    with loop.database.transaction() as session:
        assert trail.verify_trail(session).fault is None
        session.execute(text("alter table trail disable trigger all"))
        session.execute(text("update trail set detail = '{\"name\": \"other\"}' where action = 'project.created'"))
        bad = session.scalar(text("select id from trail where action = 'project.created'"))
        session.expire_all()
        fault = trail.verify_trail(session).fault
        assert fault is not None
        assert fault.entry is not None
        assert fault.entry.id == bad


def test_every_label_keeps_how_far_its_members_are_apart(loop: Loop) -> None:
    loop.label(loop.launch())
    with loop.database.transaction() as session:
        assert set(session.execute(select(PseudoLabel.agreement, PseudoLabel.variance))) == {(0.8, 0.01)}
