"""The pool's error corrected for what its readers let slip; and why it is not, where it is not."""

import numpy as np
import pytest
from sqlalchemy import select, text

from overread.db.tables import Account, Audit, AuditCase, AuditItem, Iteration
from overread.domain.imaging.masks import Rle
from overread.domain.readers.trust import corrected_error
from overread.domain.sampling.pool_estimates import worth
from overread.domain.sampling.shares import share
from overread.services.audit import cases, queue, reads
from overread.services.estimates import corrections, live
from overread.services.reports.html_page import report_html
from tests.loop import Loop
from tests.reading import audited

DRAW = {"measure": 8, "fix": 0, "sentinel": 40, "second": 0.5}


def read_next(loop: Loop, audit_id: int, account_id: int, keen: bool, wrong: str = "accept") -> bool:
    """Read one film: planted masks are called wrong by a keen reader, labels of MEASURE by the word ``wrong``."""
    with loop.database.transaction() as session:
        case = queue.claim_next(session, audit_id, account_id)
        if case is None:
            return False
        told = cases.describe_case(session, case, account_id)
        items = {item.finding: item for item in session.scalars(select(AuditItem).where(AuditItem.case_id == case.id))}
        image, verdicts = told.image, []
        square = np.zeros((image.height, image.width), bool)
        square[:3, :3] = True
        rle = Rle.of(square)
        for one in told.findings:
            if not one.drawn:
                continue
            item, word = items[one.finding], "accept"
            if told.blind or (keen and item.task == "planted" and one.pseudo is not None):
                word = "reject"
            elif keen and item.task == "planted":
                word = "fix"
            elif (item.stream == "MEASURE" or item.task == "second") and one.pseudo is not None:
                word = wrong
            verdicts.append(reads.FindingRead(one.finding, word, rle if word == "fix" else None))
        body = reads.CaseRead(image.sha256, case.fence, case.version, 3.0, verdicts)
        reads.submit_read(session, case.id, account_id, f"key-{case.id}-{account_id}-{case.version}", body)
    return True


def read_out(loop: Loop, audit_id: int, keen: bool = True, wrong: str = "accept") -> None:
    """Two readers, in turn, to the audit's end."""
    with loop.database.transaction() as session:
        other = Account(name="two", role="reader")
        session.add(other)
        session.flush()
        people = [loop.account_id, other.id]
    left = True
    while left:
        left = any([read_next(loop, audit_id, one, keen, wrong) for one in people])  # noqa: C419 (each reads, in turn)


def look(loop: Loop, audit_id: int) -> live.AuditEstimates:
    with loop.database.transaction() as session:
        return live.audit_estimates(session, session.get_one(Audit, audit_id))


def page(loop: Loop, iteration: Iteration) -> str:
    with loop.database.transaction() as session:
        return report_html(session, loop.blobs, session.get_one(Iteration, iteration.id))


def test_the_error_is_corrected_once_all_is_read(loop: Loop) -> None:
    iteration, audit_id = audited(loop, **DRAW)
    assert look(loop, audit_id).correction is None
    read_out(loop, audit_id, wrong="reject")
    found = look(loop, audit_id)
    assert found.correction is not None
    assert found.correction.state == "corrected"
    assert found.correction.detected.hits == found.correction.detected.n >= 5
    assert found.correction.false_alarms.n >= 5
    whole = [one for one in found.final if one.quantity == "error" and one.group is None]
    told = next(one for one in whole if one.method == "corrected")
    assert told.low < told.value < told.high
    assert told.value == pytest.approx(whole[0].value)  # they found all, and refused no right mask
    assert {one.name for one in found.final if one.method == "corrected" and one.group == "finding"}
    assert not [one for one in found.final if one.method == "corrected" and one.quantity != "error"]
    written = page(loop, iteration)
    assert f"called {found.correction.detected.n} of {found.correction.detected.n} planted errors wrong" in written
    assert "<td>corrected</td>" in written


def test_readers_who_accept_everything_correct_nothing(loop: Loop) -> None:
    iteration, audit_id = audited(loop, **DRAW)
    read_out(loop, audit_id, keen=False)
    found = look(loop, audit_id)
    assert found.correction is not None
    assert (found.correction.state, found.correction.rates) == ("chance", None)
    assert not [one for one in found.final if one.method == "corrected"]
    assert "their reads tell nothing" in page(loop, iteration)


@pytest.mark.parametrize(
    ("changes", "state", "sentence"),
    [
        ({"sentinel": 6}, "few-plants", "plan SENTINEL reads"),
        ({"second": 0.0}, "few-right", "plan second readers"),
    ],
)
def test_too_little_to_go_by_says_so(loop: Loop, changes: dict[str, float], state: str, sentence: str) -> None:
    iteration, audit_id = audited(loop, **DRAW | changes)
    read_out(loop, audit_id)
    found = look(loop, audit_id)
    assert found.correction is not None
    assert found.correction.state == state
    assert not [one for one in found.final if one.method == "corrected"]
    assert sentence in page(loop, iteration)


def test_nothing_is_told_of_plants_while_a_case_is_open(loop: Loop) -> None:
    _, audit_id = audited(loop, **DRAW)
    read_out(loop, audit_id)
    with loop.database.transaction() as session:
        session.execute(
            text("update audit_case set done = false where id in (select case_id from audit_item where task = 'again')")
        )
    found = look(loop, audit_id)
    assert found.done
    assert found.correction is not None
    assert (found.correction.state, found.correction.detected.n) == ("unread", 0)


def test_undecided_disputes_are_decided_first(loop: Loop) -> None:
    _, audit_id = audited(loop, **DRAW)
    read_out(loop, audit_id)
    with loop.database.transaction() as session:
        case_id = session.scalar(select(AuditCase.id).where(AuditCase.audit_id == audit_id, AuditCase.look == "second"))
        row = {"case": case_id}
        columns = "case_id, image_id, image_sha256, finding, pseudo_label_id, account_id, mask_id, fence, seconds"
        session.execute(
            text(
                f"insert into read ({columns}, verdict, unacceptable) select {columns}, 'cannot_tell', true from read "
                "where case_id = :case and not blind order by id limit 1"
            ),
            row,
        )
        audit = session.get_one(Audit, audit_id)
        assert corrections.correction(session, audit).state == "disputed"


def test_a_pool_read_to_its_end_is_still_in_doubt_when_readers_slip() -> None:
    loss, everything = np.repeat([1.0, 0.0], [10, 40]), np.zeros(50, np.int64)
    told = worth(loss, everything, np.array([50]))
    assert told is not None
    found = corrected_error(*told, share(16, 20), share(0, 20))
    assert found is not None
    assert found[0] == pytest.approx(0.25)
    assert found[1] < 0.2 < found[2] - 0.1
