"""The loop on real rows: launch, label, audit, read, gate, and the training set that comes of it."""

from typing import Any

import pytest
from sqlalchemy import func, select, text

from overread.db.tables import (
    AuditItem,
    GateDecision,
    Image,
    Iteration,
    Job,
    Labelling,
    Read,
    TrailLine,
)  # fmt: skip
from overread.domain.errors import Conflict, GateShut, InvalidInput, InvalidMask, InvalidRecipe
from overread.domain.learning.manifest import Target
from overread.services import trail
from overread.services.audit import queue, reads
from overread.services.films import projects
from overread.services.gate import judging
from overread.services.labelling.labels import count_decisions
from overread.services.loop.iterations import cancel_iteration, resume_iteration
from overread.services.loop.training_sets import read_manifest
from overread.services.reports.report import project_report
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim, read_all, read_case


def test_the_whole_turn(loop: Loop) -> None:
    iteration, audit_id = audited(loop)
    assert iteration.stage == "auditing"
    with pytest.raises(GateShut, match="Read 10 more"):
        loop.launch()
    assert read_all(loop, audit_id) > 10
    second = loop.launch()
    assert second.index == 1
    lines = read_manifest(loop.blobs, second.training_set_sha256)
    kinds = [target.kind for line in lines for target in line.targets.values()]
    assert {"reference", "read", "pseudo"} == set(kinds)
    with loop.database.transaction() as session:
        closed = session.get_one(Iteration, iteration.id)
        assert (closed.stage, closed.closed_at is not None) == ("closed", True)
        lines = select(TrailLine).where(TrailLine.subject == f"iteration {iteration.id}").order_by(TrailLine.id)  # type: ignore[assignment]
        *_, judged, moved = session.scalars(lines)  # type: ignore[call-overload]
        assert (judged.action, moved.action) == ("gate.judged", "iteration.moved")
        assert moved.detail == {"before": "auditing", "after": "closed"}
        report = project_report(session, loop.project_id)
        assert trail.verify_trail(session).fault is None
        decisions = count_decisions(session, session.get_one(Iteration, iteration.id).labelling_id)
        assert list(decisions) == FINDINGS  # colours and tabs follow this order
    first = report.iterations[0]
    assert first.gate is not None
    assert first.gate.open is True
    assert first.audit.reads == first.audit.items > 0
    assert sum(first.pseudo_labels.values()) == 30 * 5
    assert len(set(report.training_sets)) == 2


def test_what_comes_next_is_told_before_and_held_by_nobody(loop: Loop) -> None:
    _, audit_id = audited(loop)
    told = []  # type: ignore[var-annotated]
    while (case := claim(loop, audit_id)) is not None:
        assert not told or told[-1] == case.id
        with loop.database.transaction() as session:
            following = queue.next_case(session, audit_id, loop.account_id, case.id)
            told.append(following.id if following else None)
            assert following is None or (following.lease_until is None and following.account_id is None)
        read_case(loop, case)
    assert len(told) > 10
    assert told[-1] is None


def test_bad_labels_shut_the_gate_and_withholding_or_a_name_opens_it(loop: Loop) -> None:
    iteration, audit_id = audited(loop, wrong=0.6)
    read_all(loop, audit_id, "cannot_tell")
    with pytest.raises(GateShut, match="withhold nodule") as shut:
        loop.launch()
    assert shut.value.status == 409
    clauses: Any = shut.value.extra["clauses"]
    assert {clause["name"] for clause in clauses} == {"certified-error"}
    with pytest.raises(InvalidInput, match="reason"):
        loop.launch(override="  ")
    second = loop.launch(override="pilot run, signed off by the board")
    assert second.index == 1
    with loop.database.transaction() as session:
        decisions = judging.list_decisions(session, iteration.id)
        assert [decision.override for decision in decisions] == [False, True]
        assert decisions[-1].reason == "pilot run, signed off by the board"
        assert decisions[-1].account_id == loop.account_id


def test_withheld_findings_add_no_pseudo_label(loop: Loop) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id)
    second = loop.launch(withhold=["nodule"])
    lines = read_manifest(loop.blobs, second.training_set_sha256)
    kinds = {line.targets["nodule"].kind for line in lines if "nodule" in line.targets}
    assert kinds == {"reference", "read"}


def test_a_fix_goes_into_the_next_training_set_and_outranks_the_machine(loop: Loop) -> None:
    _, audit_id = audited(loop)
    case = claim(loop, audit_id)
    assert case is not None
    answer = read_case(loop, case, "fix")
    read_all(loop, audit_id)
    second = loop.launch(override="only the reads matter here")
    with loop.database.transaction() as session:
        sha256 = session.get_one(Image, case.image_id).sha256
    line = next(line for line in read_manifest(loop.blobs, second.training_set_sha256) if line.image == sha256)
    for finding, mask in answer.masks.items():
        assert line.targets[finding] == Target("read", mask, 1.0)


def test_rejected_is_no_lesion_and_cannot_tell_is_unknown(loop: Loop) -> None:
    _, audit_id = audited(loop)
    (first,) = [claim(loop, audit_id)]
    assert first is not None
    read_case(loop, first, "reject")
    second = claim(loop, audit_id)
    assert second is not None
    read_case(loop, second, "cannot_tell")
    with loop.database.transaction() as session:
        names = {case.id: session.get_one(Image, case.image_id).sha256 for case in (first, second)}
        drawn = {
            case.id: session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id)).all()
            for case in (first, second)
        }
    targets = {
        line.image: line.targets
        for line in read_manifest(loop.blobs, loop.launch(override="look at the set").training_set_sha256)
    }
    assert all(targets[names[first.id]][f] == Target("read", None, 1.0) for f in drawn[first.id])
    assert all(f not in targets.get(names[second.id], {}) for f in drawn[second.id])


def test_a_retry_saves_once_and_the_same_key_for_another_body_is_refused(loop: Loop) -> None:
    _, audit_id = audited(loop)
    case = claim(loop, audit_id)
    assert case is not None
    first = read_case(loop, case, key="the-same-key")
    assert read_case(loop, case, key="the-same-key") == first
    with loop.database.transaction() as session:
        items = session.scalar(select(func.count()).select_from(AuditItem).where(AuditItem.case_id == case.id))
        assert session.scalar(select(func.count()).select_from(Read)) == items
    with pytest.raises(Conflict, match="Idempotency-Key"):
        read_case(loop, case, "reject", key="the-same-key")


def test_a_late_save_is_kept_beside_and_never_counted(loop: Loop) -> None:
    _, audit_id = audited(loop)
    case = claim(loop, audit_id)
    assert case is not None
    assert read_case(loop, case).sibling is False
    late = read_case(loop, case, "reject", key="from-another-tab")
    assert late.sibling is True
    with loop.database.transaction() as session:
        heads = reads.newest_reads(session, case.image_id)
        assert {read.verdict for read in heads.values()} == {"accept"}
        assert session.scalar(select(func.count()).select_from(Read).where(Read.sibling)) > 0  # type: ignore[operator]


def test_a_case_is_handed_to_one_reader_and_comes_back_when_released(loop: Loop) -> None:
    _, audit_id = audited(loop)
    with loop.database.transaction() as session:
        session.execute(
            text("insert into account (name, name_key, role) values ('reader two', 'reader two', 'reader')")
        )
        other = session.scalar(text("select id from account where name = 'reader two'"))
    mine, theirs = claim(loop, audit_id), claim(loop, audit_id, other)
    assert mine is not None
    assert theirs is not None
    assert mine.id != theirs.id
    again = claim(loop, audit_id)
    assert again is not None
    assert again.id == mine.id
    with loop.database.transaction() as session:
        queue.release_case(session, mine.id, loop.account_id, again.fence)
    taken = claim(loop, audit_id)
    assert taken is not None
    assert taken.id == mine.id
    with pytest.raises(InvalidMask, match="other pixels"):
        read_case(loop, taken, image_sha256="0" * 64)
    with pytest.raises(InvalidInput, match="missing"):
        read_case(loop, taken, verdicts=[])


def test_launches_that_cannot_be(loop: Loop) -> None:
    for changes, error in (
        ({"recipes": [{"name": "x", "network": "small-unet", "epochz": 3}]}, InvalidRecipe),
        ({"recipes": ["no-such"]}, InvalidRecipe),
        ({"recipes": []}, InvalidInput),
        ({"withhold": ["hernia"]}, InvalidInput),
        ({"alpha": 2.0}, InvalidInput),
    ):
        with pytest.raises(error):
            loop.launch(**changes)
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    loop.launch()
    with pytest.raises(Conflict, match="is training"):
        loop.launch()


@pytest.mark.parametrize(("role", "sentence"), [("pool", "No labelled image"), ("labelled", "The pool is empty")])
def test_a_launch_without_films_of_one_kind_is_refused_and_leaves_nothing(loop: Loop, role: str, sentence: str) -> None:
    with loop.database.transaction() as session:
        loop.project_id = projects.create_project(session, "half", FINDINGS).id
    loop.source("only", role, count=4, size=32, seed=9)
    with pytest.raises(InvalidInput, match=sentence):
        loop.launch()
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Iteration)) == 0


def test_a_student_smaller_than_its_teacher_is_refused_before_a_job_exists(loop: Loop) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id)
    with pytest.raises(InvalidRecipe, match="at least as large"):
        loop.launch(recipes=[{"name": "small", "network": "small-unet", "width": 4}])
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(GateDecision)) == 0


def test_labels_are_invisible_until_every_shard_is_done(loop: Loop) -> None:
    iteration = loop.launch()
    loop.run_job("train", iteration.id)
    loop.run_job("label", iteration.id)
    with loop.database.transaction() as session:
        half = session.get_one(Iteration, iteration.id)
        assert (half.stage, half.labelling_id) == ("labelling", None)
        assert session.scalar(select(func.count()).select_from(Labelling)) == 1


def test_cancel_and_resume(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as session:
        assert cancel_iteration(session, iteration.id).stage == "cancelled"
    with loop.database.transaction() as session:
        assert resume_iteration(session, iteration.id).stage == "training"
        assert session.scalars(select(Job.state)).all() == ["queued"]
    loop.run_job("train", iteration.id)
    with loop.database.transaction() as session:
        assert session.get_one(Iteration, iteration.id).stage == "labelling"
