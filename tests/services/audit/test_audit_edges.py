"""Audits at their edges: nothing asked for, more than there is, nothing told, a gate too early, clocks that jump."""

from typing import Any

import pytest
from sqlalchemy import select, text

from overread.db.tables import Account, Audit, AuditCase, Iteration
from overread.domain.errors import Conflict, GateShut, StaleVersion
from overread.services.audit import queue
from overread.services.audit.sample import gate_evidence
from overread.services.estimates import certificates, live
from overread.services.gate import judging, what_if
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim, read_all, read_case

NOTHING = {"measure": 0, "fix": 0, "sentinel": 0, "holdout": 0}


def look(loop: Loop, audit_id: int) -> live.AuditEstimates:
    with loop.database.transaction() as session:
        return live.audit_estimates(session, session.get_one(Audit, audit_id))


def preview(loop: Loop, iteration: Iteration) -> judging.GateVerdict:  # type: ignore[name-defined]
    with loop.database.transaction() as session:
        return judging.preview_gate(session, session.get_one(Iteration, iteration.id))


def somebody(loop: Loop) -> int:
    with loop.database.transaction() as session:
        other = Account(name="two", role="reader")
        session.add(other)
        session.flush()
        return other.id


def test_budgets_of_nothing_estimate_and_open_nothing(loop: Loop) -> None:
    iteration, audit_id = audited(loop, **NOTHING)
    assert claim(loop, audit_id) is None
    found = look(loop, audit_id)
    assert (found.reads, found.planned, found.done, found.final, found.correction) == (0, 0, False, [], None)
    assert all((one.value, one.sequence.low, one.sequence.high) == (None, 0.0, 1.0) for one in found.live)
    assert not preview(loop, iteration).open
    with pytest.raises(GateShut, match="Read 10 more"):
        loop.launch()


def test_positives_that_the_sample_lacks_are_read_beside_it(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=2, fix=0, positives=3)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        reads = {(row.finding, row.decision): row.measure for row in audit.strata}
        there = {(row.finding, row.decision): row.population for row in audit.strata}
        assert set(audit.sample.values()) == {2}
        assert all(n >= min(3, there[key]) for key, n in reads.items() if key[1] == "positive")  # type: ignore[operator, type-var]
        assert all(len(one.marks) == 2 for one in gate_evidence(session, audit, list(audit.sample)))
    read_all(loop, audit_id)
    assert look(loop, audit_id).done


def test_cannot_tell_of_everything_shuts_the_gate_certifies_nothing_and_is_no_number(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=12, fix=0)
    read_all(loop, audit_id, "cannot_tell")
    assert look(loop, audit_id).final == []
    clauses: list[Any] = [one for one in preview(loop, iteration).clauses if one.name == "certified-error"]
    assert clauses
    assert all(not one.passed and one.value == 1.0 for one in clauses)
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        assert {one.certificate.threshold for one in certificates.propose(session, row, 0.4, 0.05)} == {None}
        told = what_if.ask(session, row, 0.4, 0.05, "hand")
        errors = [one.error for one in told.enters if one.reads]
        assert errors == pytest.approx([1.0] * len(errors))  # the safe side, as at the gate
        assert errors


def test_the_gate_is_asked_before_an_audit_and_before_enough_reads(loop: Loop) -> None:
    iteration = loop.launch()
    with pytest.raises(Conflict, match="once its audit is open"):
        preview(loop, iteration)
    loop.label(iteration)
    verdict = preview(loop, iteration)
    assert not verdict.open
    early = [one for one in verdict.clauses if one.name == "enough-reads"]
    assert [one.passed for one in early] == [False] * len(FINDINGS)
    assert all("0 MEASURE reads, 10 asked for. Read 10 more." in one.sentence for one in early)


@pytest.mark.parametrize(("jump", "free"), [("-11 minutes", True), ("5 minutes", False), ("3 hours", True)])
def test_a_clock_that_jumps_holds_no_case_for_ever(loop: Loop, jump: str, free: bool) -> None:
    """A lease that ends then, by the database's clock: in the past after it was set forward, hours away after it was
    set back. Whoever saves late is kept beside, never lost."""
    _, audit_id = audited(loop)
    mine, other = claim(loop, audit_id), somebody(loop)
    assert mine is not None
    with loop.database.transaction() as session:
        session.execute(
            text("update audit_case set lease_until = now() + cast(:jump as interval) where id = :id"),
            {"jump": jump, "id": mine.id},
        )
    taken = claim(loop, audit_id, other)
    assert taken is not None
    assert (taken.id == mine.id) is free
    if not free:
        with pytest.raises(StaleVersion), loop.database.transaction() as session:
            queue.claim_case(session, mine.id, other)
    answer = read_case(loop, mine)
    assert answer.sibling is free
    with loop.database.transaction() as session:
        done = session.scalar(select(AuditCase.done).where(AuditCase.id == mine.id))
    assert done is not free
