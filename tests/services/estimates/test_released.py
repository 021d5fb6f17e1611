"""A bound that is watched takes reads in by turn: a reader who leaves the hard films for later does not break it."""

import numpy as np
from sqlalchemy import select

from overread.db.tables import Audit, AuditCase, Image
from overread.domain.sampling.betting import ConfidenceSequence
from overread.services.audit.fix_list import add_to_fix_list
from overread.services.audit.more import extend
from overread.services.audit.queue import claim_case
from overread.services.audit.sample import population
from overread.services.estimates import live
from overread.services.estimates.released import released, turns
from overread.services.estimates.strata import MeasuredRead, measured_reads, stratum_sizes
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim, read_all, read_case

HARD = 5  # every such film is hard: whatever it shows is called wrong


def estimates_of(loop: Loop, audit_id: int) -> live.AuditEstimates:
    with loop.database.transaction() as session:
        return live.audit_estimates(session, session.get_one(Audit, audit_id))


def bound(found: live.AuditEstimates, finding: str | None = None) -> live.Live:
    return next(one for one in found.live if (one.quantity, one.finding) == ("error", finding))


def read_films(loop: Loop, audit_id: int, hard: bool) -> int:
    """Read the hard films, or the others, in the queue's order; how many there were."""
    with loop.database.transaction() as session:
        films = session.execute(
            select(AuditCase.id, AuditCase.image_id).where(AuditCase.audit_id == audit_id).order_by(AuditCase.position)
        ).all()
    chosen = [case_id for case_id, image_id in films if (image_id % HARD < 2) == hard]
    for case_id in chosen:
        with loop.database.transaction() as session:
            case = claim_case(session, case_id, loop.account_id)
        read_case(loop, case, "fix" if hard else "accept")
    return len(chosen)


def test_a_reader_who_leaves_the_hard_films_for_later_does_not_break_the_bound(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=14, fix=0)
    with loop.database.transaction() as session:
        films = session.scalars(select(Image.id).where(Image.split == "pool")).all()
    truth = float(np.mean([image_id % HARD < 2 for image_id in films]))
    assert read_films(loop, audit_id, hard=False) > 5
    early = estimates_of(loop, audit_id)
    assert bound(early).sequence.low <= truth <= bound(early).sequence.high
    assert early.waiting > 0
    assert len(bound(early).path) == early.reads - early.waiting
    assert read_films(loop, audit_id, hard=True) > 3
    end = estimates_of(loop, audit_id)
    assert (end.waiting, end.done) == (0, True)
    assert len(bound(end).path) == end.reads
    assert all(low <= truth <= high for _, low, high in bound(end).path)


def test_reads_in_the_queues_order_hardly_wait(loop: Loop) -> None:
    """Though a film brings all its items at once, of later turns among them."""
    _, audit_id = audited(loop, measure=4, fix=10)
    waited = []
    while (case := claim(loop, audit_id)) is not None:
        read_case(loop, case)
        waited.append(estimates_of(loop, audit_id).waiting)
    assert max(waited) <= 2 * len(FINDINGS)
    assert waited[-1] == 0


def test_what_is_drawn_later_comes_last_and_is_planned(loop: Loop) -> None:
    """An item put on the FIX list by hand carries no stratum; it is measured once the order comes to it."""
    _, audit_id = audited(loop, measure=3, fix=0)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        before, order = turns(session, audit), population(session, audit)
        chosen = [int(label) for label in order.units.label[order.rows["nodule"][4:5]]]
        add_to_fix_list(session, audit_id, chosen, loop.account_id)
    read_all(loop, audit_id)
    assert estimates_of(loop, audit_id).done
    with loop.database.transaction() as session:
        extend(session, audit_id, "MEASURE", "nodule", 3, loop.account_id)
        after = turns(session, session.get_one(Audit, audit_id))
        assert after[: len(before)] == before
        assert [finding for finding, _ in after[len(before) :]] == ["nodule"] * 3
    now = estimates_of(loop, audit_id)
    assert (now.planned, now.reads, now.done) == (18, 16, False)
    read_all(loop, audit_id)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        numbers = {(s.finding, s.decision): s.number for s in stratum_sizes(session, audit)}
        assert all(read.stratum == numbers[read.finding, read.decision] for read in measured_reads(session, audit))
        assert sum(s.planned for s in stratum_sizes(session, audit)) == 18
    assert (estimates_of(loop, audit_id).reads, estimates_of(loop, audit_id).done) == (18, True)


STRATA, EACH, PLANNED = 6, 150, 25


def broken(seed: int, by_turn: bool) -> bool:
    """Whether some look at an audit missed its truth: one reader, who reads what is right first and stops at what is
    wrong, stratum by stratum, and reads the wrong ones in the end."""
    rng = np.random.default_rng(seed)
    pool = rng.random((STRATA, EACH)) < 0.15
    order = [(f"{h}", h * EACH + place) for place in range(PLANNED) for h in range(STRATA)]
    reads = [_read(h, place, bool(pool[h, place])) for h in range(STRATA) for place in range(PLANNED)]
    reads.sort(key=lambda read: read.unacceptable)
    sequence, truth = ConfidenceSequence(np.full(STRATA, EACH), planned=np.full(STRATA, PLANNED)), pool.mean()
    fed = 0
    for made in range(1, len(reads) + 1):
        known = released(reads[:made], order) if by_turn else reads[:made]
        for read in known[fed:]:
            low, high = sequence.add(read.stratum, float(read.unacceptable))
            if not low <= truth <= high:
                return True
        fed = len(known)
    return False


def _read(stratum: int, place: int, bad: bool) -> MeasuredRead:
    return MeasuredRead(
        stratum * EACH + place, 0, 0, f"{stratum}", stratum, place, PLANNED / EACH, "positive", 0.9, 0.1,
        "reject" if bad else "accept", bad, None, not bad, {},
    )  # fmt: skip


def test_reads_taken_in_as_they_were_made_break_the_bound_and_by_turn_they_do_not() -> None:
    assert np.mean([broken(seed, by_turn=True) for seed in range(60)]) <= 0.05
    assert np.mean([broken(seed, by_turn=False) for seed in range(20)]) > 0.5
