"""Reads that decide are final: whoever saves, by whatever road, and when; what comes too late is kept beside."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import AuditCase, AuditItem, Image, Iteration, PseudoLabel, Read, TrailLine
from overread.domain.errors import AuditClosed, GateShut, InvalidInput, StaleMask
from overread.domain.readers.saves import SavedRead
from overread.services.audit import adjudication, cases, queue, reads
from overread.services.audit.finality import standing
from overread.services.audit.fix_list import add_to_fix_list
from overread.services.gate import judging
from tests.loop import Loop
from tests.reading import audited
from tests.two_readers import TWO, claim, first_case, person, rle, square, two_looks
from tests.two_readers import read as read_whole


def submit(loop: Loop, case: AuditCase, account_id: int, verdict: str, key: str, **told: Any) -> SavedRead:
    """Save every finding that is drawn for this account by one verdict."""
    with loop.database.transaction() as session:
        shown = cases.describe_case(session, case, account_id)
        mask = rle(square(shown.image, 7)) if verdict == "fix" else None
        said = [reads.FindingRead(one.finding, verdict, mask, **told) for one in shown.findings if one.drawn]
        body = reads.CaseRead(shown.image.sha256, case.fence, case.version, 3.0, said)
        return reads.submit_read(session, case.id, account_id, key, body)


def deciding(loop: Loop, case_id: int) -> list[tuple[int, str]]:
    with loop.database.transaction() as session:
        rows = select(Read.account_id, Read.verdict).where(Read.case_id == case_id, ~Read.sibling).order_by(Read.id)
        return [tuple(row) for row in session.execute(rows)]  # type: ignore[misc]


def kept(loop: Loop, case_id: int) -> list[tuple[int, str]]:
    with loop.database.transaction() as session:
        rows = select(Read.account_id, Read.verdict).where(Read.case_id == case_id, Read.sibling).order_by(Read.id)
        return [tuple(row) for row in session.execute(rows)]  # type: ignore[misc]


def test_a_closed_audit_takes_nothing_and_keeps_what_was_drawn(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    loop.launch(override="closes the audit")
    answer = submit(loop, case, ada, "fix", "key-closed")
    assert (answer.sibling, answer.why, answer.version) == (True, "audit-closed", case.version)
    assert (deciding(loop, case_id), kept(loop, case_id)) == ([], [(ada, "fix")])
    assert submit(loop, case, ada, "fix", "key-closed") == answer
    assert kept(loop, case_id) == [(ada, "fix")]
    with loop.database.transaction() as session:
        assert queue.claim_next(session, audit_id, ada) is None
        again = queue.claim_case(session, case_id, ada)
        assert again.fence == case.fence
        assert cases.describe_case(session, again, ada).why == "audit-closed"
        with pytest.raises(AuditClosed):
            queue.renew_case(session, case_id, ada, case.fence)


def test_a_key_that_was_answered_before_the_audit_closed_gets_that_answer_after_it(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    answer = submit(loop, case, ada, "accept", "key-in-time")
    loop.launch(override="closes the audit")
    assert submit(loop, case, ada, "accept", "key-in-time") == answer
    assert (answer.sibling, answer.why, deciding(loop, case_id)) == (False, None, [(ada, "accept")])


def test_nobody_overturns_a_finished_read_but_its_own_reader(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, bob, case_id = person(loop, "ada"), person(loop, "bob"), first_case(loop, audit_id)
    submit(loop, claim(loop, case_id, ada), ada, "accept", "key-ada-1")
    his = claim(loop, case_id, bob)
    answer = submit(loop, his, bob, "fix", "key-bob-1")
    assert (answer.sibling, answer.why) == (True, "read-final")
    hers = claim(loop, case_id, ada)  # his look took nothing from her
    assert submit(loop, hers, ada, "reject", "key-ada-2").sibling is False
    assert (deciding(loop, case_id), kept(loop, case_id)) == ([(ada, "accept"), (ada, "reject")], [(bob, "fix")])


def test_once_a_gate_was_judged_its_own_reader_changes_nothing_either(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    submit(loop, claim(loop, case_id, ada), ada, "accept", "key-ada-1")
    with pytest.raises(GateShut):
        loop.launch()
    answer = submit(loop, claim(loop, case_id, ada), ada, "fix", "key-ada-2")
    assert (answer.sibling, answer.why) == (True, "read-final")
    assert (deciding(loop, case_id), kept(loop, case_id)) == ([(ada, "accept")], [(ada, "fix")])
    other = claim_next(loop, audit_id, ada)
    assert submit(loop, other, ada, "accept", "key-ada-3").sibling is False  # the rest is still to be read


def claim_next(loop: Loop, audit_id: int, account_id: int) -> AuditCase:
    with loop.database.transaction() as session:
        case = queue.claim_next(session, audit_id, account_id)
        assert case is not None
        session.expunge(case)
        return case


def test_a_word_that_its_reader_softened_before_the_verdict_is_told_beside_the_bound(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=2, fix=0)
    while (case := next_case(loop, audit_id)) is not None:
        submit(loop, case, loop.account_id, "reject", f"first-{case.id}")
        submit(loop, claim(loop, case.id, loop.account_id), loop.account_id, "accept", f"second-{case.id}")
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id))
        softened = {one.finding: one.softened for one in verdict.evidence}
        # Where nothing was shown, to refuse it is to accept it.
        wrong = select(Read.finding, func.count()).where(Read.unacceptable).group_by(Read.finding)
        assert {finding: n for finding, n in softened.items() if n} == dict(session.execute(wrong).all())
    told = [one.sentence for one in verdict.clauses if one.name == "certified-error" and softened[one.finding]]  # type: ignore[index]
    assert told
    assert all("first saved as wrong, or not to be told, and then as right" in sentence for sentence in told)


def next_case(loop: Loop, audit_id: int) -> AuditCase | None:
    with loop.database.transaction() as session:
        return queue.claim_next(session, audit_id, loop.account_id)


def test_a_film_that_comes_up_again_asks_another_reader_only_for_what_is_new(loop: Loop) -> None:
    iteration, audit_id = audited(loop)
    ada, bob, case_id = person(loop, "ada"), person(loop, "bob"), first_case(loop, audit_id)
    submit(loop, claim(loop, case_id, ada), ada, "accept", "key-ada-1")
    with loop.database.transaction() as session:
        case = session.get_one(AuditCase, case_id)
        read = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case_id)).one()
        label = select(PseudoLabel).filter_by(labelling_id=iteration.labelling_id, image_id=case.image_id)
        new = session.scalars(label.where(PseudoLabel.finding != read).limit(1)).one()
        add_to_fix_list(session, audit_id, [new.id], ada)
    his = claim(loop, case_id, bob)
    with loop.database.transaction() as session:
        told = {one.finding: one for one in cases.describe_case(session, his, bob).findings}
        assert [finding for finding, one in told.items() if one.drawn] == [new.finding]
        assert told[read].read is None
        body = [reads.FindingRead(new.finding, "reject"), reads.FindingRead(read, "reject")]
        sent = reads.CaseRead(session.get_one(Read, 1).image_sha256, his.fence, his.version, 1.0, body)
        answer = reads.submit_read(session, case_id, bob, "key-bob-1", sent)
    assert (answer.sibling, answer.done, answer.beside) == (False, True, [read])
    assert deciding(loop, case_id) == [(ada, "accept"), (bob, "reject")]


def test_a_read_of_another_mask_than_the_one_shown_is_refused(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    with pytest.raises(StaleMask, match="another mask"):
        submit(loop, case, ada, "accept", "key-other", shown="0" * 64)
    with loop.database.transaction() as session:
        shown = next(one.shown for one in cases.describe_case(session, case, ada).findings if one.drawn)
    assert submit(loop, case, ada, "accept", "key-right", shown=shown).sibling is False
    with loop.database.transaction() as session:
        assert session.scalars(select(Read.shown_sha256).where(Read.case_id == case_id)).all() == [shown]


def test_a_judge_says_why_and_decides_nothing_in_a_closed_audit(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob, cid = (person(loop, name) for name in ("ada", "bob", "cid"))
    one, other = two_looks(loop, audit_id)[:2]
    for first, second in (one, other):
        read_whole(loop, first.id, ada, "fix", 4)
        read_whole(loop, second.id, bob, "fix", 4 if first is one[0] else 12)
    with loop.database.transaction() as session:
        agreed = adjudication.list_pairs(session, Image.id == one[1].image_id)[0]
        disputed = adjudication.list_pairs(session, Image.id == other[1].image_id)[0]
    bare, told = (reads.FindingRead(agreed.finding, "reject", note=note) for note in (None, "both drew a rib"))
    with pytest.raises(InvalidInput, match="Say why"), loop.database.transaction() as session:
        adjudication.adjudicate(session, audit_id, agreed.image.id, cid, bare, 1)
    with loop.database.transaction() as session:
        assert adjudication.adjudicate(session, audit_id, agreed.image.id, cid, told, 1).adjudicated
        line = session.scalars(select(TrailLine).where(TrailLine.action == "unit.adjudicated")).one()
        assert line.detail["reason"] == "both drew a rib"
    with loop.database.transaction() as session:  # decided, it is nobody's to change
        assert standing(session, session.get_one(AuditCase, agreed.case_id), ada).final == {agreed.finding}
    loop.launch(override="closes the audit")
    with loop.database.transaction() as session:
        late = adjudication.adjudicate(
            session, audit_id, disputed.image.id, cid, reads.FindingRead(disputed.finding, "reject"), 1
        )
        assert (late.sibling, late.adjudicated) == (True, False)


@pytest.mark.parametrize("change", ["closed", "other", "judged"])
def test_the_database_refuses_a_read_that_would_decide_over_a_final_one(loop: Loop, change: str) -> None:
    _, audit_id = audited(loop)
    ada, bob, case_id = person(loop, "ada"), person(loop, "bob"), first_case(loop, audit_id)
    submit(loop, claim(loop, case_id, ada), ada, "accept", "key-ada-1")
    if change == "closed":
        loop.launch(override="closes the audit")
    elif change == "judged":
        with pytest.raises(GateShut):
            loop.launch()
    columns = "case_id, image_id, image_sha256, finding, pseudo_label_id, verdict, unacceptable, seconds, fence"
    insert = f"insert into read ({columns}, account_id, sibling) select {columns}, :by, :sibling from read limit 1"
    by = bob if change == "other" else ada
    with pytest.raises(IntegrityError, match=r"not open|final"), loop.database.transaction() as session:
        session.execute(text(insert), {"by": by, "sibling": False})
    with loop.database.transaction() as session:
        session.execute(text(insert), {"by": by, "sibling": True})
        assert session.scalar(select(func.count()).select_from(Read)) == 2


def test_while_a_read_is_being_saved_no_gate_is_judged(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    with loop.database.transaction() as saving:
        standing(saving, saving.get_one(AuditCase, case_id), ada, lock=True)
        with loop.database.transaction() as judging:
            free = select(Iteration.id).with_for_update(skip_locked=True)
            assert judging.scalars(free).all() == []
