"""Whose read it is: a case opens with its reader's own words in this audit on this very mask, and with nothing else."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from overread.db.tables import Audit, AuditCase, Iteration, PseudoLabel, Read
from overread.services.audit import cases, queue, reads
from overread.services.audit.fix_list import add_to_fix_list
from overread.services.explore import compare
from tests.loop import Loop
from tests.two_readers import person, rle, square

PLAN = {"measure": 4, "fix": 4, "sentinel": 8, "second": 0.3, "override": "three turns of the loop"}
VERDICTS = ("accept", "fix", "reject", "cannot_tell")


def check(session: Any, case: AuditCase, account_id: int) -> cases.Case:
    """A case as told, after a look at whether every word in it is this account's own, said here, of this mask."""
    told = cases.describe_case(session, case, account_id)
    own = select(Read).filter_by(case_id=case.id, account_id=account_id, sibling=False, blind=False).order_by(Read.id)
    said = {read.finding: read for read in session.scalars(own)}
    for one in told.findings:
        read = None if told.blind else said.get(one.finding)
        assert (one.read.id if one.read else None) == (read.id if read else None)
        if read is None:
            assert one.others == []
            assert all(late.read.account_id == account_id for late in one.siblings)
        else:
            assert read.shown_sha256 == one.shown
            mask = reads.read_mask(session, read)
            assert (one.read_mask.id if one.read_mask else None) == (mask.id if mask else None)
        for other in one.others:
            at = session.get_one(AuditCase, other.read.case_id)
            iteration = session.get_one(Iteration, session.get_one(Audit, at.audit_id).iteration_id)
            assert other.iteration == iteration.index
            assert (at.audit_id, other.read.account_id) != (case.audit_id, account_id)
    return told


def turn(loop: Loop, hand: random.Random, audit_id: int, people: list[int]) -> Iterator[cases.Case]:
    """One audit, read by whoever's turn it is, by any verdict; now and then somebody looks at any case at all."""
    for step in range(1_000):
        account_id = hand.choice(people)
        with loop.database.transaction() as session:
            every = session.scalars(select(AuditCase).filter_by(audit_id=audit_id).order_by(AuditCase.id)).all()
            yield check(session, hand.choice(every), account_id)
            case = queue.claim_next(session, audit_id, account_id)
            if case is None:
                if all(one.done for one in every) or step > 200:
                    return
                continue
            told = check(session, case, account_id)
            yield told
            said = []
            for one in (one for one in told.findings if one.drawn):
                word = hand.choice(("fix", "reject") if told.blind else VERDICTS)
                mask = rle(square(told.image, hand.randint(2, 12))) if word == "fix" else None
                said.append(reads.FindingRead(one.finding, word, mask, shown=one.shown))
            body = reads.CaseRead(told.image.sha256, case.fence, case.version, 1.0, said)
            reads.submit_read(session, case.id, account_id, f"{audit_id} {step} {account_id}", body)


def again(loop: Loop, films: set[int]) -> int:
    """The newest audit, in which a person has all findings of some of these films read again: no draw would."""
    with loop.database.transaction() as session:
        audit = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
        assert audit is not None
        labels = select(PseudoLabel.id).where(PseudoLabel.labelling_id == audit.labelling_id)
        chosen = session.scalars(labels.where(PseudoLabel.image_id.in_(sorted(films)[:8]))).all()
        if chosen:
            add_to_fix_list(session, audit.id, list(chosen), loop.account_id)
        return audit.id


@pytest.mark.parametrize("seed", [1, 2])
def test_three_turns_of_the_loop_open_no_case_with_anybody_elses_words(loop: Loop, seed: int) -> None:
    hand, people = random.Random(seed), [person(loop, "ada"), person(loop, "bob")]
    others = prefilled = films = 0
    read_before: set[int] = set()
    for index in range(3):
        loop.label(loop.launch(**PLAN | {"seed": seed + index}), wrong=0.3)
        audit_id = again(loop, read_before)
        for told in turn(loop, hand, audit_id, people):
            films += told.image.id in read_before
            prefilled += sum(one.read is not None for one in told.findings)
            others += sum(len(one.others) for one in told.findings)
        with loop.database.transaction() as session:
            read_before |= set(session.scalars(select(Read.image_id).where(Read.account_id.in_(people))))
    assert films > 10  # films of earlier audits came again
    assert prefilled > 10  # who comes back to a read of their own finds it
    assert others > 10  # and hears, by name and iteration, what others said


def test_the_comparison_tells_no_earlier_word_of_a_film_that_is_to_be_read(loop: Loop) -> None:
    ada, bob = person(loop, "ada"), person(loop, "bob")
    plan = PLAN | {"measure": 30, "sentinel": 0, "second": 0.0}
    shown: list[bool] = []
    film: int | None = None
    for index in range(2):
        loop.label(loop.launch(**plan), wrong=0.3)
        again(loop, {film} if film is not None else set())
        with loop.database.transaction() as session:
            newest = select(AuditCase).order_by(AuditCase.audit_id.desc(), AuditCase.id)
            case = session.scalars(newest.where(AuditCase.image_id == (film or AuditCase.image_id))).first()
            assert case is not None
            film = case.image_id
            claimed = queue.claim_case(session, case.id, ada if index == 0 else bob)
            told = cases.describe_case(session, claimed, bob)
            finding = next(one for one in told.findings if one.drawn)
            shown.append(compare.compare_masks(session, finding.label.id, bob).read is not None)  # type: ignore[union-attr]
            said = [reads.FindingRead(one.finding, "reject") for one in told.findings if one.drawn]
            body = reads.CaseRead(told.image.sha256, claimed.fence, claimed.version, 1.0, said)
            reads.submit_read(session, case.id, claimed.account_id or 0, f"key-turn-{index}", body)
            shown.append(compare.compare_masks(session, finding.label.id, bob).read is not None)  # type: ignore[union-attr]
    assert shown == [False, True, False, True]
