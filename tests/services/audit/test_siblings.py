"""Late saves are told to who may see them: their maker at once, others once every look at the film is done."""

import pytest
from sqlalchemy import func, select

from overread.db.tables import AuditCase, AuditItem, Iteration, PseudoLabel, Read
from overread.services.audit import cases, draw, reads
from overread.services.explore import compare
from tests.loop import Loop
from tests.reading import audited
from tests.two_readers import TWO, claim, first_case, person, rle, square, two_looks
from tests.two_readers import read as read_whole


def save(loop: Loop, case: AuditCase, account_id: int, verdict: str, side: int = 0, stale: bool = False) -> bool:
    """Save a claimed case, or one that was claimed long ago; whether it came too late."""
    with loop.database.transaction() as session:
        told = cases.describe_case(session, case, account_id)
        mask = rle(square(told.image, side)) if verdict == "fix" else None
        drawn = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id)).all()
        verdicts = [reads.FindingRead(finding, verdict, mask) for finding in drawn]
        body = reads.CaseRead(told.image.sha256, case.fence, case.version, 3.0, verdicts)
        key = f"{case.id} {account_id} {verdict} {side} {stale}"
        return bool(reads.submit_read(session, case.id, account_id, key, body).sibling)


def shown(loop: Loop, case_id: int, account_id: int) -> list[tuple[str, str, int]]:
    """Of a case's siblings: whose, what they say, how large."""
    with loop.database.transaction() as session:
        told = cases.describe_case(session, session.get_one(AuditCase, case_id), account_id)
        return [
            (late.reader, late.read.verdict, late.mask.area if late.mask else 0)
            for finding in told.findings
            for late in finding.siblings
        ]


def beside(loop: Loop, case_id: int, account_id: int) -> list[str]:
    """The same on the comparison of the case's first finding."""
    with loop.database.transaction() as session:
        label = session.scalars(select(AuditItem.pseudo_label_id).where(AuditItem.case_id == case_id)).first()
        return [late.reader for late in compare.compare_masks(session, label or 0, account_id).siblings]


def test_the_late_save_of_a_second_tab_is_shown_beside_the_read_that_counts(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    assert not save(loop, case, ada, "fix", 4)
    assert shown(loop, case_id, ada) == []
    assert save(loop, case, ada, "fix", 6, stale=True)
    assert shown(loop, case_id, ada) == [("ada", "fix", 36)]
    assert beside(loop, case_id, ada) == ["ada"]


def test_a_late_save_that_says_what_counts_anyway_is_not_shown(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    assert not save(loop, case, ada, "fix", 4)
    assert save(loop, case, ada, "fix", 4, stale=True)
    assert shown(loop, case_id, ada) == []


def test_who_has_the_case_now_sees_the_late_save_of_the_reader_before_only_once_done(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, bob, case_id = person(loop, "ada"), person(loop, "bob"), first_case(loop, audit_id)
    hers = claim(loop, case_id, ada)
    with loop.database.transaction() as session:
        session.get_one(AuditCase, case_id).lease_until = None  # it ran out
    his = claim(loop, case_id, bob)
    assert save(loop, hers, ada, "fix", 6)
    assert shown(loop, case_id, ada) == [("ada", "fix", 36)]
    assert shown(loop, case_id, bob) == []
    assert beside(loop, case_id, bob) == []
    assert not save(loop, his, bob, "fix", 4)
    assert shown(loop, case_id, bob) == [("ada", "fix", 36)]
    assert beside(loop, case_id, bob) == ["ada"]


def test_a_second_reader_sees_no_late_save_of_the_first_before_both_are_done(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    first, second = two_looks(loop, audit_id)[0]
    ada, bob = person(loop, "ada"), person(loop, "bob")
    case = claim(loop, first.id, ada)
    assert not save(loop, case, ada, "fix", 4)
    assert save(loop, case, ada, "fix", 6, stale=True)
    assert beside(loop, first.id, ada) == ["ada"]
    assert (shown(loop, second.id, bob), beside(loop, second.id, bob), shown(loop, first.id, bob)) == ([], [], [])
    read_whole(loop, second.id, bob, "reject")
    assert beside(loop, first.id, bob) == ["ada"]
    assert shown(loop, second.id, bob) == []  # a look shows its own


def test_while_a_film_is_to_be_read_blind_no_late_save_shows(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "TASKS", {"blind": 100, "planted": 0, "again": 0})
    audited(loop, measure=0, fix=0, sentinel=12)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    with loop.database.transaction() as session:
        blind = select(AuditItem.case_id).group_by(AuditItem.case_id).having(func.bool_and(AuditItem.task == "blind"))
        case_id = session.scalars(blind.order_by(AuditItem.case_id).limit(1)).one()
    hers = claim(loop, case_id, ada)
    with loop.database.transaction() as session:
        session.get_one(AuditCase, case_id).lease_until = None
    his = claim(loop, case_id, bob)
    assert save(loop, hers, ada, "fix", 6)
    assert (shown(loop, case_id, ada), shown(loop, case_id, bob)) == ([], [])
    assert not save(loop, his, bob, "reject")
    read_whole(loop, case_id, bob, "accept")
    assert {reader for reader, _, _ in shown(loop, case_id, ada)} == {"ada"}
    assert shown(loop, case_id, bob) == []  # drawn blind, it is its maker's alone


def test_of_a_planted_error_others_hear_nothing(loop: Loop) -> None:
    audited(loop, measure=0, fix=0, sentinel=20)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    with loop.database.transaction() as session:
        case_id = session.scalars(select(AuditItem.case_id).where(AuditItem.task == "planted").limit(1)).one()
        tasks = session.scalars(select(AuditItem.task).where(AuditItem.case_id == case_id)).all()
    read_whole(loop, case_id, ada, "reject")
    with loop.database.transaction() as session:
        done = session.get_one(AuditCase, case_id)
        session.expunge(done)
    done.version -= 1
    assert save(loop, done, ada, "fix", 6, stale=True)
    assert len(shown(loop, case_id, ada)) == len(tasks)
    others = [task for task in tasks if task not in ("planted", "blind")]
    assert len(shown(loop, case_id, bob)) <= len(others)
    with loop.database.transaction() as session:  # of a closed audit nobody does, its reader neither
        session.get_one(Iteration, session.scalars(select(Iteration.id)).one()).stage = "closed"
    with loop.database.transaction() as session:
        late = session.scalars(select(Read.pseudo_label_id).where(Read.sibling, Read.task == "planted")).all()
        findings = {session.get_one(PseudoLabel, label_id).finding for label_id in late}
        told = cases.describe_case(session, session.get_one(AuditCase, case_id), ada)
        assert all(not row.siblings for row in told.findings if row.finding in findings)


def test_taking_a_late_save_over_is_recorded(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, case_id = person(loop, "ada"), first_case(loop, audit_id)
    case = claim(loop, case_id, ada)
    with loop.database.transaction() as session:
        told = cases.describe_case(session, case, ada)
        finding = next(row.finding for row in told.findings if row.drawn)
        verdict = reads.FindingRead(finding, "fix", rle(square(told.image, 5)), adopted="sibling")
        body = reads.CaseRead(told.image.sha256, case.fence, case.version, 3.0, [verdict])
        reads.submit_read(session, case_id, ada, "key of a taken mask", body)
        assert session.scalars(select(Read.adopted).where(Read.case_id == case_id)).one() == "sibling"
