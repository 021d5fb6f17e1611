"""HOLDOUT references: read blind, once, by one or by two; nothing that is said later changes them."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.session import Database
from overread.db.tables import Audit, AuditCase, AuditItem, HoldoutReference, Image, Iteration, Mask, Read
from overread.domain.errors import Conflict, InvalidInput
from overread.services.audit import adjudication, cases, holdout, queue, readers
from overread.services.audit.reads import CaseRead, FindingRead, submit_read
from overread.services.blinding import rules
from overread.services.estimates import corrections
from overread.services.films.masks import mask_pixels
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop, make_loop
from tests.reading import audited, clauses
from tests.two_readers import person, read, rle, square, two_looks

PLAN = {"measure": 0, "fix": 0, "min_reads": 0, "holdout": 9}


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)


def stored(loop: Loop) -> dict[tuple[int, str], HoldoutReference]:
    with loop.database.transaction() as session:
        return {(row.image_id, row.finding): row for row in session.scalars(select(HoldoutReference))}


def units(loop: Loop, audit_id: int, look: str = "first") -> dict[int, set[tuple[int, str]]]:
    """The units of each HOLDOUT case of an audit."""
    found: dict[int, set[tuple[int, str]]] = {}
    with loop.database.transaction() as session:
        query = (
            select(AuditCase, AuditItem)
            .join(AuditItem, AuditItem.case_id == AuditCase.id)
            .where(AuditCase.audit_id == audit_id, AuditCase.look == look, AuditItem.task == "blind")
        )
        for case, item in session.execute(query):
            found.setdefault(case.id, set()).add((case.image_id, item.finding))
    return found


def draw_blind(loop: Loop, case_id: int, account_id: int, verdict: str) -> None:
    """The blind part of a case, which is then handed back."""
    with loop.database.transaction() as session:
        case = queue.claim_case(session, case_id, account_id)
        told = cases.describe_case(session, case, account_id)
        verdicts = [FindingRead(one.finding, verdict) for one in told.findings if one.drawn]
        body = CaseRead(told.image.sha256, case.fence, case.version, 3.0, verdicts)
        assert submit_read(session, case_id, account_id, f"blind-{case_id}", body).blind
        queue.release_case(session, case_id, account_id, case.fence)


def test_a_unit_is_drawn_before_any_mask_is_shown_and_that_is_its_reference(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN)
    case_id, own = next(iter(units(held, audit_id).items()))
    with held.database.transaction() as session:
        told = cases.describe_case(session, queue.claim_case(session, case_id, held.account_id), held.account_id)
        queue.release_case(session, case_id, held.account_id, told.case.fence)
    assert told.blind
    assert all(one == cases.CaseFinding(one.finding, one.drawn) for one in told.findings)
    assert stored(held) == {}
    read(held, case_id, held.account_id, "fix", 7)  # blind, then the same again with the masks shown
    rows = stored(held)
    assert set(rows) == own
    with held.database.transaction() as session:
        for row in rows.values():
            said = session.get_one(Read, row.read_id)
            assert (said.blind, row.told, row.second_read_id) == (True, True, None)
            image = session.get_one(Image, row.image_id)
            assert (mask_pixels(session.get_one(Mask, row.mask_id or 0)) == square(image, 7)).all()


def test_nothing_said_later_changes_a_reference_whoever_says_it(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN)
    case_id, own = next(iter(units(held, audit_id).items()))
    draw_blind(held, case_id, held.account_id, "reject")
    before = {unit: row.read_id for unit, row in stored(held).items()}
    assert set(before) == own
    read(held, case_id, person(held, "bob"), "fix", 9)  # blind too, then with the masks shown: otherwise both times
    assert {unit: row.read_id for unit, row in stored(held).items()} == before
    with held.database.transaction() as session:
        project_id = session.scalars(select(Iteration.project_id)).first() or 0
        assert {holdout.references(session, project_id)[unit].is_empty for unit in own} == {True}
    for statement in (
        "update holdout_reference set told = false",
        "delete from holdout_reference",
        "truncate holdout_reference",
    ):
        with pytest.raises(IntegrityError, match="never changed"), held.database.transaction() as session:
            session.execute(text(statement))
    forged = "insert into holdout_reference (image_id, finding, told, mask_id, read_id) "
    for values in (
        "select image_id, finding, true, mask_id, id from read where not blind and verdict = 'fix'",  # read late
        "select image_id, 'other', true, null, id from read where blind and verdict = 'reject'",  # of another unit
        "select image_id, finding, false, null, id from read where blind and verdict = 'reject'",  # not what it says
    ):
        with pytest.raises(IntegrityError, match="blind read"), held.database.transaction() as session:
            session.execute(text(f"{forged} {values} limit 1"))


def test_cannot_tell_gives_no_reference_and_is_not_asked_again(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN | {"holdout": 1000})
    for case_id in units(held, audit_id):
        read(held, case_id, held.account_id, "cannot_tell")
    rows = stored(held)
    assert rows
    assert not any(row.told for row in rows.values())
    with held.database.transaction() as session:
        assert holdout.references(session, held.project_id) == {}
    second, later = audited(held, **PLAN, override="only the draw matters here")
    assert units(held, later) == {}
    found = clauses(held, second)["holdout-regression"]
    assert not found.passed
    assert "has a reference. Plan more HOLDOUT reads" in found.sentence


def both_looks(held: Loop, first: str, second: str, sides: tuple[int, int] = (0, 0)) -> tuple[int, Any, Any]:
    """A HOLDOUT film read by two, each by one verdict."""
    _, audit_id = audited(held, **PLAN, second=1.0)
    looks = two_looks(held, audit_id)
    one, other = looks[0]
    read(held, one.id, person(held, "ada"), first, sides[0])
    assert stored(held) == {}  # the other reader's word is awaited
    read(held, other.id, person(held, "bob"), second, sides[1])
    return audit_id, one, other


def test_two_blind_readers_of_one_opinion_make_a_reference(held: Loop) -> None:
    audit_id, one, _ = both_looks(held, "fix", "fix", (9, 8))
    rows = stored(held)
    assert set(rows) == units(held, audit_id)[one.id]
    with held.database.transaction() as session:
        for row in rows.values():
            assert session.get_one(Read, row.read_id).case_id == one.id
            assert session.get_one(Read, row.second_read_id or 0).blind
        streams = set(session.execute(select(AuditCase.look, AuditItem.stream, AuditItem.task)
                                      .join(AuditCase, AuditCase.id == AuditItem.case_id)).all())  # fmt: skip
    assert streams == {("first", "HOLDOUT", "blind"), ("second", "SENTINEL", "blind")}


def test_who_comes_second_may_come_first(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN, second=1.0)
    one, other = two_looks(held, audit_id)[0]
    with pytest.raises(Conflict), held.database.transaction() as session:
        queue.claim_case(session, other.id, person(held, "bob"))  # nobody has the first
    with held.database.transaction() as session:
        queue.claim_case(session, one.id, person(held, "ada"))
    read(held, other.id, person(held, "bob"), "reject")
    assert stored(held) == {}
    read(held, one.id, person(held, "ada"), "reject")
    assert set(stored(held)) == units(held, audit_id)[one.id]


@pytest.mark.parametrize(("words", "sides"), [(("fix", "reject"), (9, 0)), (("reject", "cannot_tell"), (0, 0))])
def test_where_two_differ_a_judge_says_what_the_reference_is(
    held: Loop, words: tuple[str, str], sides: tuple[int, int]
) -> None:
    audit_id, one, _ = both_looks(held, *words, sides)
    assert stored(held) == {}
    with held.database.transaction() as session:
        pairs = adjudication.list_pairs(session, Audit.id == audit_id)
        audit = session.get_one(Audit, audit_id)
        unsettled = holdout.count_unsettled(session, session.get_one(Iteration, audit.iteration_id))
    drawn = set().union(*units(held, audit_id).values())
    assert unsettled == len(drawn)
    assert {(pair.image.id, pair.finding) for pair in pairs} == units(held, audit_id)[one.id]
    assert all(pair.disputed and pair.blind for pair in pairs)
    pair = pairs[0]
    judge = person(held, "eve")
    with pytest.raises(InvalidInput, match="no mask was shown"), held.database.transaction() as session:
        adjudication.adjudicate(session, audit_id, pair.image.id, judge, FindingRead(pair.finding, "accept"), 1.0)
    drawing = FindingRead(pair.finding, "fix", rle(square(pair.image, 5)))
    with held.database.transaction() as session:
        said = adjudication.adjudicate(session, audit_id, pair.image.id, judge, drawing, 1.0)
    row = stored(held)[pair.image.id, pair.finding]
    assert (row.read_id, row.mask_id) == (said.id, said.mask_id)
    assert len(stored(held)) == 1


def test_a_second_reader_who_never_came_leaves_the_first_ones_word(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN, second=1.0)
    one, _ = two_looks(held, audit_id)[0]
    read(held, one.id, person(held, "ada"), "reject")
    own = units(held, audit_id)[one.id]
    assert stored(held) == {}
    _, later = audited(held, **PLAN, override="only the draw matters here")
    assert set(stored(held)) == own
    assert not own & set().union(*units(held, later).values())


def test_who_has_drawn_may_see_while_the_other_still_reads_blind(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN, second=1.0)
    one, other = two_looks(held, audit_id)[0]
    ada, bob = person(held, "ada"), person(held, "bob")
    read(held, one.id, ada, "fix", 6)
    with held.database.transaction() as session:
        rules.require_open_eyes(session, ada, one.image_id)
        told = cases.describe_case(session, queue.claim_case(session, other.id, bob), bob)
        assert told.blind
        assert all(found == cases.CaseFinding(found.finding, found.drawn) for found in told.findings)


def test_blind_readers_refused_no_mask(held: Loop) -> None:
    """What two drew unseen is no sign that they call right masks wrong."""
    audit_id, _, _ = both_looks(held, "reject", "reject")
    with held.database.transaction() as session:
        for case in session.scalars(select(AuditCase).where(AuditCase.audit_id == audit_id)):
            case.done = True
        audit = session.get_one(Audit, audit_id)
        assert corrections.correction(session, audit).false_alarms.n == 0
        ada = readers.list_readers(session, held.project_id)[0]
        told = readers.reader_trust(session, held.project_id, ada, live=True)
        assert (told.false_alarms.n, told.second.n > 0) == (0, True)
        assert session.scalar(select(func.count()).select_from(HoldoutReference)) == told.second.n
