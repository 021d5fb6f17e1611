"""Blind first, planted errors, looks again: what a reader sees, cannot tell, and what never enters training."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import AuditCase, AuditItem, Image, Mask, Plant, PseudoLabel, Read
from overread.domain.errors import Conflict, InvalidInput
from overread.domain.imaging import masks
from overread.services.audit import cases, draw, queue, reads
from overread.services.blinding import planted, rules
from overread.services.explore import listing, pool
from overread.services.films.masks import mask_pixels, mask_rle
from overread.services.labelling import labels
from overread.services.loop.training_sets import read_manifest
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim
from tests.sentinels import PLAN, cases_with, finding_of, open_case, submit


def square(told: cases.Case) -> Any:
    mask = np.zeros((told.image.height, told.image.width), bool)
    mask[3:9, 3:9] = True
    return mask


def test_the_draw_settles_every_task_and_repeats_them_bit_for_bit(loop: Loop) -> None:
    _, audit_id = audited(loop, **PLAN)
    with loop.database.transaction() as session:
        tasks = dict(session.execute(select(AuditItem.task, func.count()).group_by(AuditItem.task)).all())
        assert draw.redraw(session, audit_id) == (True, 24)
        streams = set(session.scalars(select(AuditItem.stream)))
    assert (tasks["again"], streams) == (4, {"SENTINEL"})
    assert tasks["planted"] + tasks["blind"] == 16
    assert tasks["planted"] == 12


def test_a_blind_film_shows_nothing_until_the_blind_read_is_frozen_and_both_masks_stay(loop: Loop) -> None:
    iteration, _ = audited(loop, **PLAN)
    case_id, finding, label_id = cases_with(loop, "blind")[0]
    told = open_case(loop, case_id)
    assert told.blind is True
    image = told.image.id
    assert all(one == cases.CaseFinding(one.finding, one.drawn) for one in told.findings)
    assert finding in [one.finding for one in told.findings if one.drawn]
    with loop.database.transaction() as session:
        for refused in (lambda: rules.require_open_eyes(session, loop.account_id, image),):
            with pytest.raises(Conflict, match="blind"):
                refused()
        wall = pool.Wall(finding)
        hung = [tile.image.id for tile in pool.list_tiles(session, iteration.labelling_id or 0, wall, None)]
        assert image not in hung
        page = listing.list_labels(
            session, iteration.labelling_id or 0, listing.LabelFilter(), None, 500, loop.account_id
        )
        assert label_id not in [row.label.id for row in page]
    with pytest.raises(InvalidInput, match="blind first"):
        submit(loop, told, "key-accept", "accept")
    answer = submit(loop, told, "key-blind", "fix", square(told))
    assert (answer.blind, answer.done, answer.version) == (True, False, told.case.version + 1)
    shown = open_case(loop, case_id)
    assert shown.blind is False
    frozen = finding_of(shown, finding)
    assert np.array_equal(mask_pixels(frozen.frozen_mask), square(told))  # type: ignore[arg-type]
    assert frozen.label is not None
    final = submit(loop, shown, "key-final", "reject")
    assert (final.blind, final.done) == (False, True)
    with loop.database.transaction() as session:
        both = session.scalars(select(Read).where(Read.case_id == case_id, Read.finding == finding).order_by(Read.id))
        assert [(read.blind, read.verdict, read.task) for read in both] == [
            (True, "fix", "blind"),
            (False, "reject", "blind"),
        ]
        assert reads.newest_reads(session, image, loop.account_id)[finding].verdict == "reject"


def test_another_reader_of_the_same_case_reads_blind_as_well(loop: Loop) -> None:
    audited(loop, **PLAN)
    case_id, _, _ = cases_with(loop, "blind")[0]
    told = open_case(loop, case_id)
    submit(loop, told, "key-blind", "reject")
    with loop.database.transaction() as session:
        other = session.scalar(
            text("insert into account (name, name_key, role) values ('two', 'two', 'reader') returning id")
        )
        case = session.get_one(AuditCase, case_id)
        queue.release_case(session, case_id, loop.account_id, case.fence)
    with loop.database.transaction() as session:
        assert cases.describe_case(session, queue.claim_case(session, case_id, other), other).blind is True
        with pytest.raises(Conflict, match="blind"):  # that somebody froze theirs opens nobody else's eyes
            rules.require_open_eyes(session, other, case.image_id)
        rules.require_open_eyes(session, loop.account_id, case.image_id)


def test_a_planted_error_looks_like_any_label_in_every_answer(loop: Loop) -> None:
    iteration, _ = audited(loop, **PLAN)
    labelling = iteration.labelling_id or 0
    for case_id, finding, label_id in cases_with(loop, "planted"):
        with loop.database.transaction() as session:
            case, label = session.get_one(AuditCase, case_id), session.get_one(PseudoLabel, label_id)
            plant = session.scalars(select(Plant).where(Plant.label_id == label_id)).one()
            mask = session.get_one(Mask, plant.mask_id)
            real = mask_pixels(session.get_one(Mask, label.mask_id)) if label.mask_id else None
            wrong = mask_pixels(mask)
            assert real is None or not np.array_equal(real, wrong)
            if not rules.pending_blind(session, case, loop.account_id):
                told = finding_of(cases.describe_case(session, case, loop.account_id), finding)
                assert (told.pseudo.id if told.pseudo else None) == (mask.id if mask.area else None)
                assert told.label.decision == ("positive" if mask.area else "negative")  # type: ignore[union-attr]
            shown = planted.shown_labels(session, [label])[label_id]
            assert (shown.mask_id, shown.area) == (mask.id if mask.area else None, mask.area)
            row = labels.get_map(session, labelling, case.image_id)
            from overread.domain.imaging.films import unpack_maps

            plane = unpack_maps(planted.shown_maps(session, loop.blobs, row))[FINDINGS.index(finding)]
            tau = iteration.plan.recipes[0].labelling.tau_mask
            assert (masks.dice(plane >= round(255 * tau), wrong) or 0.0) > 0.9 or not wrong.any()


def test_reads_of_planted_errors_say_nothing_of_the_film(loop: Loop) -> None:
    audited(loop, **PLAN)
    planted = cases_with(loop, "planted")
    while (case := claim(loop, case_of_audit(loop))) is not None:
        told = open_case(loop, case.id)
        submit(loop, told, f"key-{case.id}-{case.version}", "reject" if told.blind else "accept")
    with loop.database.transaction() as session:
        taken = session.scalars(select(Read).where(Read.task == "planted")).all()
        assert len(taken) == len(planted)
        for read in taken:
            plant = session.scalars(select(Plant).where(Plant.label_id == read.pseudo_label_id)).one()
            mask = session.get_one(Mask, plant.mask_id)
            shown = reads.read_mask(session, read)
            assert (shown.id if shown else None) == (mask.id if mask.area else None)
            assert read.finding not in reads.newest_reads(session, read.image_id)
            assert reads.newest_reads(session, read.image_id, loop.account_id)[read.finding].id == read.id
        wrong = {session.get_one(Mask, plant.mask_id).sha256 for plant in session.scalars(select(Plant))}
    second = loop.launch(override="only the set matters here")
    lines = read_manifest(loop.blobs, second.training_set_sha256)
    assert not wrong & {target.mask for line in lines for target in line.targets.values()}


def test_a_save_after_the_audit_closed_still_speaks_of_the_mask_that_was_shown(loop: Loop) -> None:
    audited(loop, **PLAN)
    blind = {case_id for case_id, _, _ in cases_with(loop, "blind")}
    with loop.database.transaction() as session:
        visible = set(session.scalars(select(Plant.label_id).join(Mask, Mask.id == Plant.mask_id).where(Mask.area > 0)))
    units = [one for one in cases_with(loop, "planted") if one[0] not in blind and one[2] in visible]
    case_id, finding, label_id = units[0]
    told = open_case(loop, case_id)
    loop.launch(override="closes the audit")
    submit(loop, told, "key-late", "accept")
    with loop.database.transaction() as session:
        said = session.scalars(select(Read).where(Read.case_id == case_id, Read.finding == finding)).one()
        plant = session.scalars(select(Plant).where(Plant.label_id == label_id)).one()
        assert (said.task, said.mask_id) == ("planted", plant.mask_id)
        assert reads.newest_reads(session, said.image_id) == {}
        label = session.get_one(PseudoLabel, label_id)
        assert planted.shown_labels(session, [label])[label_id] is label  # elsewhere the truth is told now


def case_of_audit(loop: Loop) -> int:
    with loop.database.transaction() as session:
        return session.scalars(select(AuditCase.audit_id)).first() or 0


def test_no_road_leads_a_planted_mask_into_training(loop: Loop) -> None:
    audited(loop, **PLAN)
    with loop.database.transaction() as session:
        mask = session.scalars(select(Mask).where(Mask.planted)).first()
        assert mask is not None
        sha256 = session.get_one(Image, mask.image_id).sha256
    training = (
        "insert into training_image values ((select sha256 from training_set limit 1), "
        f"{mask.image_id}, array['nodule'], array['read'], array[{mask.id}])"
    )
    label = f"update pseudo_label set mask_id = {mask.id} where image_id = {mask.image_id}"
    reference = f"insert into source_mask values ({mask.image_id}, 'planted', 'reference', {mask.id})"
    columns = "case_id, image_id, image_sha256, finding, pseudo_label_id, account_id, verdict, mask_id, unacceptable"
    read = (
        f"insert into read ({columns}, seconds, fence) select case_id, {mask.image_id}, '{sha256}', finding, "
        f"pseudo_label_id, {loop.account_id}, 'fix', {mask.id}, true, 1, 1 from audit_item limit 1"
    )
    for statement in (training, label, reference, read):
        with pytest.raises(IntegrityError, match="planted"), loop.database.transaction() as session:
            session.execute(text(statement))
    with pytest.raises(IntegrityError, match="never changed"), loop.database.transaction() as session:
        session.execute(text("update mask set planted = false"))
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Mask).where(Mask.planted)) == 12
        assert mask_rle(mask).size == (32, 32)


def test_a_look_again_is_for_the_same_reader_and_shows_nothing_of_the_first(loop: Loop) -> None:
    audited(loop, **PLAN)
    case_id, finding, _ = cases_with(loop, "again")[0]
    with pytest.raises(Conflict, match="not for you"):
        open_case(loop, case_id)
    with loop.database.transaction() as session:
        again = session.get_one(AuditCase, case_id)
        first = session.scalars(select(AuditCase).filter_by(image_id=again.image_id, look="first")).one()
        other = session.scalar(
            text("insert into account (name, name_key, role) values ('two', 'two', 'reader') returning id")
        )
        assert again.position > first.position
    told = open_case(loop, first.id)
    if told.blind:
        submit(loop, told, "key-blind", "reject")
        told = open_case(loop, first.id)
    submit(loop, told, "key-first", "reject")
    with pytest.raises(Conflict, match="not for you"), loop.database.transaction() as session:
        queue.claim_case(session, case_id, other)
    shown = finding_of(open_case(loop, case_id), finding)
    assert (shown.drawn, shown.read) == (True, None)


def test_a_planted_error_has_no_digits_of_a_label_that_is_listed(loop: Loop) -> None:
    iteration, _ = audited(loop, **PLAN)
    with loop.database.transaction() as session:
        hidden = set(session.scalars(planted.planted_labels()))
        stored = list(session.scalars(select(PseudoLabel).where(PseudoLabel.labelling_id == iteration.labelling_id)))
        shown = planted.shown_labels(session, stored)
        twice = planted.shown_labels(session, stored)
    assert hidden
    for label_id in hidden:
        one = shown[label_id]
        same = [label.id for label in shown.values() if label.presence == one.presence]
        assert same == [label_id]
        assert one.weight == abs(2 * one.presence - 1)
        assert (one.presence, one.risk, one.agreement) == (
            twice[label_id].presence,
            twice[label_id].risk,
            twice[label_id].agreement,
        )
