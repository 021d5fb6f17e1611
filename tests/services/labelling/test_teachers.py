"""The single networks' masks: kept where one marked something, named, taken over by name, and no road to a plant."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import Image, Mask, MemberMask, Plant, PseudoLabel, Read, Run
from overread.domain.errors import InvalidInput
from overread.domain.imaging import masks
from overread.domain.imaging.masks import Rle
from overread.domain.readers.plants import WRONG_DICE
from overread.services.audit import cases, reads
from overread.services.films.masks import mask_pixels
from overread.services.labelling import recording
from overread.services.labelling.members import Teacher
from tests.loop import FINDINGS, Loop, beside, labelled
from tests.reading import audited, claim
from tests.sentinels import PLAN, cases_with, finding_of, open_case, submit

TWO: dict[str, Any] = {"recipes": ["demo-teacher-a", "demo-teacher-b"]}


def shown(loop: Loop, told: cases.Case, finding: str) -> list[np.ndarray[Any, Any]]:
    return [one.mask.pixels for one in finding_of(told, finding).teachers]


def test_a_case_names_each_teachers_mask_where_one_marked_something(loop: Loop) -> None:
    iteration, audit_id = audited(loop, **TWO)
    case = claim(loop, audit_id)
    assert case is not None
    told = open_case(loop, case.id)
    drawn = [one.finding for one in told.findings if one.pseudo is not None]
    assert drawn
    for finding in FINDINGS:
        found = shown(loop, told, finding)
        assert [one.number for one in finding_of(told, finding).teachers] == ([1, 2] if finding in drawn else [])
        for n, mask in enumerate(found, 1):
            assert np.array_equal(mask, np.roll(mask_pixels(finding_of(told, finding).pseudo), n, axis=1))  # type: ignore[arg-type]
    with loop.database.transaction() as session:
        runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
        hashes = {row.teacher: row.checkpoint_sha256 for row in session.scalars(select(MemberMask))}
        kept = session.scalars(select(MemberMask)).all()
        masked = session.scalars(select(PseudoLabel.id).where(PseudoLabel.mask_id.is_not(None))).all()
    assert hashes == {run.position + 1: f"{run.id:064x}" for run in runs}
    assert len(kept) == 2 * len(masked)


def test_a_lone_network_keeps_none(loop: Loop) -> None:
    _, audit_id = audited(loop)
    case = claim(loop, audit_id)
    assert case is not None
    assert [one.teachers for one in open_case(loop, case.id).findings] == [[]] * 5
    with loop.database.transaction() as session:
        assert session.scalars(select(MemberMask)).all() == []


def test_a_shard_that_runs_again_replaces_them_and_an_empty_one_is_kept_as_such(loop: Loop) -> None:
    iteration, _ = audited(loop, **TWO)
    labelling_id = iteration.labelling_id or 0
    with loop.database.transaction() as session:
        image = session.scalars(select(Image).join(PseudoLabel, PseudoLabel.image_id == Image.id)
                                .where(PseudoLabel.mask_id.is_not(None)).order_by(Image.id).limit(1)).one()  # fmt: skip
        film = beside(labelled(image, np.random.default_rng(0), 0.0), [Teacher(1, "a" * 64), Teacher(3, "b" * 64)])
        for proposal in film.proposals:
            if proposal.members:
                proposal.members[1] = None  # type: ignore[index]
        # As it was before publication: no audit refers to the labels yet.
        for table in ("plant", "audit_item", "audit_case", "audit"):
            session.execute(text(f"alter table {table} disable trigger all"))
            session.execute(text(f"delete from {table}"))
        recording.record_labels(session, loop.blobs, labelling_id, [film])
        rows = session.scalars(select(MemberMask).filter_by(labelling_id=labelling_id, image_id=image.id)).all()
        assert {(row.teacher, row.mask_id is None) for row in rows} == {(1, False), (3, True)}


def fix(loop: Loop, told: cases.Case, **made: Any) -> None:
    case, image = told.case, told.image
    square = np.zeros((image.height, image.width), bool)
    square[3:9, 3:9] = True
    rle = Rle.of(square)
    drawn = [one.finding for one in told.findings if one.drawn]
    verdicts = [reads.FindingRead(finding, "fix", rle, **made) for finding in drawn]
    body = reads.CaseRead(image.sha256, case.fence, case.version, 4.0, verdicts)
    with loop.database.transaction() as session:
        reads.submit_read(session, case.id, loop.account_id, f"key-{made}", body)


def test_a_read_says_whose_mask_was_taken_over(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    case = claim(loop, audit_id)
    assert case is not None
    told = open_case(loop, case.id)
    for wrong in ({"adopted": "teacher"}, {"teacher": 1}, {"adopted": "public", "teacher": 1}):
        with pytest.raises(InvalidInput, match="teacher is the number"):
            fix(loop, told, **wrong)
    with pytest.raises(InvalidInput, match="no teacher 3"):
        fix(loop, told, adopted="teacher", teacher=3)
    fix(loop, told, adopted="teacher", teacher=2)
    with loop.database.transaction() as session:
        said = session.scalars(select(Read)).all()
        assert {(read.adopted, read.teacher) for read in said} == {("teacher", 2)}
    columns = "case_id, image_id, image_sha256, finding, pseudo_label_id, account_id, verdict, mask_id, unacceptable"
    columns += ", seconds, fence"
    with pytest.raises(IntegrityError, match="teacher_named"), loop.database.transaction() as session:
        session.execute(text(f"insert into read ({columns}, adopted) select {columns}, 'teacher' from read limit 1"))


def test_teachers_follow_a_planted_error_and_do_not_give_it_away(loop: Loop) -> None:
    audited(loop, **TWO, **PLAN)
    blind = {case_id for case_id, _, _ in cases_with(loop, "blind")}
    kinds = set()
    for case_id, finding, label_id in cases_with(loop, "planted"):
        if case_id in blind:
            continue
        told = open_case(loop, case_id)
        with loop.database.transaction() as session:
            plant = session.scalars(select(Plant).where(Plant.label_id == label_id)).one()
            label = session.get_one(PseudoLabel, label_id)
            wrong = mask_pixels(session.get_one(Mask, plant.mask_id))
            right = np.zeros_like(wrong)
            if label.mask_id is not None:
                right = mask_pixels(session.get_one(Mask, label.mask_id))
        found = shown(loop, told, finding)
        kinds.add(plant.kind)
        # What stands beside the mask is what would stand beside a right one that looks like it.
        assert bool(found) == bool(wrong.any())
        for n, mask in enumerate(found, 1):
            before = masks.dice(np.roll(right, n, axis=1), right) if right.any() else 1.0
            assert masks.dice(mask, wrong) >= before - 0.3  # type: ignore[operator]
            assert masks.dice(mask, wrong) > masks.dice(mask, right) or plant.kind in ("eroded", "dilated")  # type: ignore[operator]
            assert not np.array_equal(mask, np.roll(right, n, axis=1))
            assert masks.dice(mask, right) <= WRONG_DICE + 0.3  # type: ignore[operator]
    assert kinds


def test_nothing_of_them_is_told_before_a_blind_read_is_frozen(loop: Loop) -> None:
    audited(loop, **TWO, **PLAN)
    seen = 0
    for case_id in sorted({case_id for case_id, _, _ in cases_with(loop, "blind")}):
        told = open_case(loop, case_id)
        assert [one.teachers for one in told.findings] == [[]] * 5
        submit(loop, told, f"key-{case_id}", "reject")
        seen += sum(len(one.teachers) for one in open_case(loop, case_id).findings)
    assert seen > 0


def test_a_planted_mask_can_be_no_members(loop: Loop) -> None:
    audited(loop, **TWO, **PLAN)
    with loop.database.transaction() as session:
        planted = session.scalars(select(Mask.id).where(Mask.planted).limit(1)).one()
    with pytest.raises(IntegrityError, match="planted"), loop.database.transaction() as session:
        session.execute(text(f"update member_mask set mask_id = {planted}"))
