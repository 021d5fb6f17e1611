"""The four streams on real rows: drawn from a stored design, drawn again bit for bit; what is never trained on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.session import Database
from overread.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Iteration,
    KeptOut,
    Patient,
    PseudoLabel,
    Read,
    TrainingImage,
)
from overread.domain.errors import InvalidInput
from overread.domain.policy.plan import AuditDesign
from overread.services.audit import draw, fix_list, queue
from overread.services.audit.audits import audit_of
from overread.services.audit.kept_out import stays_out
from overread.services.audit.more import extend
from overread.services.audit.sample import population
from overread.services.estimates.strata import population_labels
from overread.services.loop.training_sets import read_manifest
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop, make_loop
from tests.reading import audited, claim, read_all, read_case

FOUR = {"measure": 10, "fix": 9, "sentinel": 8, "holdout": 7}


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    """A project that holds out about a third of its pool's patients."""
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)


def items(loop: Loop, audit_id: int) -> list[Any]:
    """Each item of a first look with its label and whether its patient is held out."""
    with loop.database.transaction() as session:
        query = (
            select(AuditItem, PseudoLabel, Patient.held)
            .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
            .join(Image, Image.id == PseudoLabel.image_id)
            .join(Patient, Patient.id == Image.patient_id)
            .join(AuditCase, AuditCase.id == AuditItem.case_id)
            .where(AuditCase.audit_id == audit_id, AuditCase.look == "first")
        )
        return list(session.execute(query))


def test_each_item_keeps_stream_stratum_and_probability_and_the_row_draws_it_again(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR)
    drawn = items(held, audit_id)
    count = {s: sum(i.stream == s for i, _, _ in drawn) for s in ("FIX", "MEASURE", "SENTINEL", "HOLDOUT")}
    assert count == {"FIX": 9, "MEASURE": 50, "SENTINEL": 8, "HOLDOUT": 7}
    assert all(out == (item.stream == "HOLDOUT") for item, _, out in drawn)
    with held.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        assert draw.redraw(session, audit_id) == (True, 75)  # one of the sentinels comes again
        units = session.scalar(select(func.count()).select_from(PseudoLabel))
        out = session.scalar(select(func.count()).select_from(Image).join(Patient).where(Patient.held))
    assert sum(row.size for row in audit.strata if not row.held) == (units or 0) - (out or 0) * 5
    for item, label, _ in drawn:
        row = audit.strata[item.stratum]
        assert (row.finding, row.decision) == (label.finding, label.decision)
        if item.stream == "FIX":
            assert item.inclusion_probability is None
        elif item.stream == "HOLDOUT":
            assert item.inclusion_probability == 7 / (5 * (out or 0))
        elif item.stream == "MEASURE":
            assert item.inclusion_probability == row.measure / row.population
            assert item.rank < audit.sample[label.finding] == 10
        else:
            own = [r for r in audit.strata if r.finding == label.finding]
            assert item.inclusion_probability == sum(r.sentinel for r in own) / sum(r.population or 0 for r in own)
    with held.database.transaction() as session:
        session.execute(text("update audit set seed = seed + 1"))
        assert draw.redraw(session, audit_id)[0] is False  # another seed is another draw: the check can fail


def test_one_look_serves_what_is_measured_of_all_findings(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR | {"fix": 0, "holdout": 0})
    drawn = items(held, audit_id)
    orders: dict[str, list[int]] = {}
    for item, label, _ in sorted(drawn, key=lambda row: row[0].rank):
        if item.stream == "MEASURE" and item.rank < 10:
            orders.setdefault(label.finding, []).append(label.image_id)
    for one in orders.values():
        for other in orders.values():
            assert [film for film in one if film in other] == [film for film in other if film in one]
    films = {label.image_id for item, label, _ in drawn}
    assert len(drawn) == 58
    assert len(films) < 25  # 10 or 12 where every label decides; each finding goes past those that do not


def test_fix_reads_the_rest_of_the_films_that_are_looked_at_and_opens_none(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR | {"fix": 500}, fix_by="film", teaches="contour")
    drawn = items(held, audit_id)
    films = {label.image_id for item, label, _ in drawn if item.stream in ("MEASURE", "SENTINEL")}
    fixed = {label.id for item, label, _ in drawn if item.stream == "FIX"}
    tests = {label.id for item, label, _ in drawn if item.stream == "SENTINEL"}
    with held.database.transaction() as session:
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.image_id.in_(films))).all()
        assert fixed == {label.id for label in labels if label.decision == "negative"} - tests
        assert draw.redraw(session, audit_id)[0]
    assert fixed
    with pytest.raises(InvalidInput, match="here they look at none"):
        held.launch(fix_by="film", fix=9, measure=0, sentinel=0)


def test_an_audit_that_an_older_version_drew_is_drawn_again_and_goes_on_unit_by_unit(
    held: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says nothing of films: a unit's number is the next one of the seed's generator, in the labels' order."""
    made = AuditDesign.of
    monkeypatch.setattr(AuditDesign, "of", lambda *terms: replace(made(*terms), by_film=False))
    _, audit_id = audited(held, **FOUR)
    with held.database.transaction() as session:
        session.execute(text("update audit set design = design - 'by_film'"))
    with held.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        assert draw.redraw(session, audit_id)[0]
        order = population(session, audit)
        out = [label.id for item, label, _ in items(held, audit_id) if item.stream == "HOLDOUT"]
        drawn = order.units.label[~order.units.held | np.isin(order.units.label, out)]
        number = dict(zip(drawn.tolist(), np.random.default_rng(audit.seed).random(len(drawn)).tolist(), strict=True))
    for rows in order.rows.values():
        numbers = [number[label] for label in order.units.label[rows].tolist()]
        assert numbers == sorted(numbers)
    with held.database.transaction() as session:
        extend(session, audit_id, "MEASURE", "nodule", 2, held.account_id)
        assert draw.redraw(session, audit_id)[0]
    ranks = sorted(i.rank for i, label, _ in items(held, audit_id) if i.finding == "nodule" and i.stream == "MEASURE")
    assert ranks == list(range(12))


def test_each_audit_reads_the_next_holdout_units_whatever_came_meanwhile(held: Loop) -> None:
    first, audit_id = audited(held, **FOUR)
    units = drawn_from(held, audit_id)
    with held.database.transaction() as session:
        before = set(session.scalars(select(Patient.id).where(Patient.held)))
    held.source("later", "pool", count=20, size=32, seed=30, labelled=0.0)
    with held.database.transaction() as session:
        one = select(AuditItem.case_id).where(AuditItem.stream == "HOLDOUT").order_by(AuditItem.id).limit(1)
        case = queue.claim_case(session, session.scalars(one).one(), held.account_id)
    read_case(held, case)
    with held.database.transaction() as session:
        blind = {tuple(row) for row in session.execute(select(Read.image_id, Read.finding).where(Read.blind))}
    assert blind
    assert blind <= units
    second = held.launch(**FOUR | {"holdout": 9, "seed": 5}, override="a second audit")
    held.label(second, wrong=0.5)
    with held.database.transaction() as session:
        assert set(session.scalars(select(Patient.id).where(Patient.held))) > before
        assert first.id != second.id
        later_id = session.scalars(select(Audit.id).where(Audit.iteration_id == second.id)).one()
        assert draw.redraw(session, later_id)[0]
        assert draw.redraw(session, audit_id)[0]
    later = drawn_from(held, later_id)
    assert len(later) == 9  # the budget is new units: what was read costs nothing again
    assert not later & blind
    assert len(later & units) >= len(units - blind) - 3  # what nobody read comes first, but for what came meanwhile


def test_the_population_is_one_as_the_draw_has_it_and_as_postgres_counts_it(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR | {"second": 0.3})
    for verdict in ("accept", "reject", "cannot_tell"):
        case = claim(held, audit_id)
        assert case is not None
        read_case(held, case, verdict)
    second = held.launch(**FOUR, override="a second audit")
    held.label(second, wrong=0.5)
    with held.database.transaction() as session:
        audit = audit_of(session, session.get_one(Iteration, second.id))
        found = population(session, audit)
        ours = {int(one) for rows in found.rows.values() for one in found.units.label[rows]}
        theirs = set(session.scalars(population_labels(audit).with_only_columns(PseudoLabel.id)))
        size = sum(row.population or 0 for row in audit.strata)
        told = found.units.read_before & found.units.decided & ~found.units.held
    assert told.any()
    assert ours == theirs
    assert len(ours) == size


def drawn_from(loop: Loop, audit_id: int) -> set[tuple[int, str]]:
    return {(label.image_id, label.finding) for item, label, _ in items(loop, audit_id) if item.stream == "HOLDOUT"}


@pytest.mark.parametrize(
    ("plan", "reads"),
    [
        ({"measure": 0, "fix": 0, "sentinel": 0, "holdout": 0}, 0),
        ({"minutes": 20, "seconds_per_read": 30, "shares": [50, 35, 10, 5]}, 40),
        ({"minutes": 0}, 0),
    ],
)
def test_budgets_in_reads_and_in_minutes_and_of_nothing(held: Loop, plan: dict[str, Any], reads: int) -> None:
    _, audit_id = audited(held, **plan)
    assert len(items(held, audit_id)) == reads
    with held.database.transaction() as session:
        same, drawn = draw.redraw(session, audit_id)
        assert (same, drawn >= reads) == (True, True)


def test_a_design_that_cannot_be_met_says_so_and_takes_all(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR | {"measure": 30, "holdout": 10_000})
    with held.database.transaction() as session:
        notes = session.get_one(Audit, audit_id).notes
    assert any(note.startswith("HOLDOUT asked for 10000") for note in notes)
    with pytest.raises(InvalidInput, match="add up to 100"):
        held.launch(shares=[50, 50, 50, 0])


def test_no_road_leads_a_held_film_into_training(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR | {"sentinel": 0})
    read_all(held, audit_id)
    drawn = items(held, audit_id)
    with held.database.transaction() as session:
        hashes = set(session.scalars(select(Image.sha256).join(Patient).where(Patient.held)))
        label = session.scalars(
            select(PseudoLabel.id).join(Image, Image.id == PseudoLabel.image_id).join(Patient).where(Patient.held)
        ).first()
    with pytest.raises(InvalidInput, match="held out"), held.database.transaction() as session:
        fix_list.add_to_fix_list(session, audit_id, [label or 0], held.account_id)
    second = held.launch(override="only the set matters here")
    lines = {line.image for line in read_manifest(held.blobs, second.training_set_sha256)}
    assert len(hashes) >= 3
    assert not lines & hashes
    assert any(item.stream == "HOLDOUT" for item, _, _ in drawn)  # read, and left out all the same
    with held.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(TrainingImage)) > 0  # type: ignore[operator]
    planted = "insert into training_image select (select sha256 from training_set limit 1), image.id, "
    planted += "array['nodule'], array['read'], array[null::bigint] from image join patient on patient.id = patient_id"
    with pytest.raises(IntegrityError, match="HOLDOUT"), held.database.transaction() as session:
        session.execute(text(f"{planted} where held"))
    for statement in ("update patient set held = false where held", "update project set holdout = 0.1, seed = 4"):
        with pytest.raises(IntegrityError, match="never changed"), held.database.transaction() as session:
            session.execute(text(statement))
    with pytest.raises(IntegrityError, match="never changed"), held.database.transaction() as session:
        session.execute(text("delete from training_image"))


def test_a_share_of_what_was_found_wrong_stays_out_for_ever(loop: Loop) -> None:
    _, audit_id = audited(loop, keep_out=0.3, wrong=0.5)
    while (case := claim(loop, audit_id)) is not None:
        read_case(loop, case, "fix")
    with loop.database.transaction() as session:
        wrong = session.execute(select(Read.image_sha256, Read.finding).where(Read.unacceptable)).all()
        query = select(Image.sha256, KeptOut.finding).join(Image, Image.id == KeptOut.image_id)
        kept = {(sha256, finding) for sha256, finding in session.execute(query)}
    assert kept == {(sha256, finding) for sha256, finding in wrong if stays_out(0, sha256, finding, 0.3)}
    assert 0.1 < len(kept) / len(wrong) < 0.5
    second = loop.launch(override="only the set matters here")
    targets = {line.image: line.targets for line in read_manifest(loop.blobs, second.training_set_sha256)}
    assert all(finding not in targets.get(sha256, {}) for sha256, finding in kept)
    assert any(finding in targets.get(sha256, {}) for sha256, finding in wrong)
    planted = "insert into training_image select (select sha256 from training_set limit 1), image_id, "
    planted += "array[finding], array['read'], array[null::bigint] from kept_out limit 1"
    with pytest.raises(IntegrityError, match="sentinel"), loop.database.transaction() as session:
        session.execute(text(planted))
    with pytest.raises(IntegrityError, match="never changed"), loop.database.transaction() as session:
        session.execute(text("delete from kept_out"))
