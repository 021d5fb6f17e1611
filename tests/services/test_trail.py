"""The trail on a real database: whatever a superuser does to its lines is found, and named for what it is."""

from collections.abc import Callable, Iterator
from datetime import UTC

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from overread.db.tables import TrailLine
from overread.domain.trail import GENESIS
from overread.services import trail
from tests.conftest import _copied, template_url
from tests.services.chains import LINES, Told, write_chains


@pytest.fixture(scope="module")
def written(request: pytest.FixtureRequest) -> Iterator[Told]:
    """The chains, in a database of their own: others that last leave accounts in theirs."""
    with _copied(request.config, template_url(request.config)) as url:
        engine = create_engine(url)
        with Session(engine) as session:
            yield write_chains(session)
        engine.dispose()


@pytest.fixture
def told(written: Told) -> Iterator[Told]:
    """The chains as they were written; what a test does to them is undone."""
    with written.session.begin_nested() as until_here:
        yield written
        until_here.rollback()
    written.session.expire_all()


def test_a_trail_that_nobody_touched_holds(told: Told) -> None:
    verification = trail.verify_trail(told.session)
    assert (verification.fault, verification.lines) == (None, 2 * LINES + 1)
    assert [(one.chain, one.lines) for one in verification.anchors] == [(0, 1), (told.one, LINES), (told.two, LINES)]
    assert verification.anchors[1].sha256 == told.line(-1).sha256
    assert trail.verify_trail(told.session, verification.anchors).fault is None
    told.record("one.more", "case 1", told.one)
    assert trail.verify_trail(told.session, verification.anchors).fault is None  # it may grow


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "at + interval '1 microsecond'"),
        ("account_id", "case when account_id is null then (select min(id) from account) end"),
        ("action", "action || '.'"),
        ("subject", "'case 99'"),
        ("detail", "detail || '{\"step\": 99}'"),
        ("detail", "'{}'"),
        ("previous_sha256", "repeat('a', 64)"),
        ("sha256", "repeat('a', 64)"),
    ],
)
@pytest.mark.parametrize("place", [0, 3, LINES - 1])
def test_a_changed_line_is_found(told: Told, column: str, value: str, place: int) -> None:
    bad = told.ids()[place]
    told.do(f"update trail set {column} = {value} where id = {bad}")
    fault = told.found()
    assert fault.entry is not None
    assert (fault.kind, fault.chain, fault.entry.id, fault.lines) == ("changed", told.one, bad, place)


def deleted(told: Told) -> int:
    numbers = told.ids()
    told.delete(*numbers[2:4])
    return numbers[4]


def beheaded(told: Told) -> int:
    numbers = told.ids()
    told.delete(numbers[0])
    return numbers[1]


def swapped(told: Told) -> int:
    numbers = told.ids()
    told.swap(numbers[3], numbers[4])
    return numbers[3]


def swapped_far(told: Told) -> int:
    numbers = told.ids()
    told.swap(numbers[2], numbers[6])
    return numbers[2]


def put_in(told: Told) -> int:
    """A forged line with a right hash, that the next true one knows nothing of."""
    number = told.ids()[3] + 1
    told.forge(number, told.line(3).sha256)
    return number


def put_in_two(told: Told) -> int:
    """Two forged lines that follow each other."""
    number = put_in(told)
    told.forge(number + 1, told.session.get_one(TrailLine, number).sha256, action="step.forged-too")
    return number


def put_in_wrongly(told: Told) -> int:
    number = told.ids()[3] + 1
    told.forge(number, told.line(3).sha256, sha256="b" * 64)
    return number


def put_in_first(told: Told) -> int:
    number = told.ids()[0] - 1
    told.forge(number, GENESIS)
    return number


def copied(told: Told) -> int:
    number = told.ids()[3] + 1
    columns = "project_id, at, account_id, action, subject, detail, previous_sha256, sha256"
    told.do(f"insert into trail (id, {columns}) select {number}, {columns} from trail where id = {number - 1}")
    return number


def appended(told: Told) -> int:
    """A line at the end that follows one in the middle."""
    number = told.ids()[-1] + 1
    told.forge(number, told.line(3).sha256)
    return number


def moved_to_the_other_project(told: Told) -> int:
    number = told.ids()[3]
    told.do(f"update trail set project_id = {told.two} where id = {number}")
    return number


@pytest.mark.parametrize(
    ("tamper", "kind", "says"),
    [
        (deleted, "missing", "follows a line that is not there"),
        (beheaded, "missing", "follows a line that is not there: lines before it were deleted."),
        (swapped, "reordered", "lines changed places"),
        (swapped_far, "reordered", "lines changed places"),
        (put_in, "inserted", "one of the two was put in"),
        (put_in_two, "inserted", "one of the two was put in"),
        (put_in_wrongly, "inserted", "one of the two was put in"),
        (put_in_first, "inserted", "one of the two was put in"),
        (copied, "inserted", "one of the two was put in"),
        (appended, "inserted", "one of the two was put in"),
        (moved_to_the_other_project, "inserted", "one of the two was put in"),
    ],
)
def test_what_happened_to_the_first_bad_line_is_told(
    told: Told, tamper: Callable[[Told], int], kind: str, says: str
) -> None:
    bad = tamper(told)
    fault = told.found()
    assert fault.entry is not None
    assert (fault.kind, fault.entry.id) == (kind, bad)
    assert fault.sentence.startswith(f"Line {bad} (")
    assert says in fault.sentence


def test_the_sentence_names_when_who_and_what(told: Told) -> None:
    line = told.line(3)
    moment = line.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    told.do(f"update trail set subject = 'case 99' where id = {line.id}")
    assert told.found().sentence == (
        f"Line {line.id} ({moment}, ada: step.3, case 99) of the chain of project {told.one} was changed: its content "
        "does not have the hash that was written with it."
    )


def test_the_line_that_gives_it_away_is_named_too(told: Told) -> None:
    numbers = told.ids()
    told.forge(
        numbers[6] + 1, told.line(6).sha256
    )  # nothing comes after the last line to tell which of the two is true
    assert f"has the place of line {numbers[6] + 1}: one of the two" in told.found().sentence
    told.swap(numbers[3], numbers[5])
    assert f"stands before line {numbers[4]}, which it was written after" in told.found().sentence
    told.delete(numbers[1])
    assert f"or line {numbers[0]} was written anew" in told.found().sentence


def test_a_cut_end_is_seen_by_an_anchor_alone(told: Told) -> None:
    anchors, numbers = told.kept(), told.ids()
    told.delete(*numbers[-3:])
    told.kept()
    fault = told.found(anchors)
    assert (fault.kind, fault.chain, fault.lines, fault.known) == ("cut", told.one, LINES - 3, LINES)
    assert fault.entry is not None
    assert fault.entry.id == numbers[-4]
    assert f"the anchor knows {LINES} lines, {LINES - 3} are there" in fault.sentence
    told.delete(*told.ids())
    fault = told.found(anchors)
    assert (fault.kind, fault.chain, fault.lines, fault.entry) == ("cut", told.one, 0, None)
    assert "none is left" in fault.sentence


def test_an_end_that_was_cut_and_written_on_is_seen_by_an_anchor(told: Told) -> None:
    anchors = told.kept()
    told.delete(*told.ids()[-2:])
    for _ in range(4):
        told.record("step.other", "case 7", told.one)
    told.kept()
    fault = told.found(anchors)
    assert (fault.kind, fault.known) == ("rewritten", LINES)


@pytest.mark.parametrize("grown", [False, True])
def test_hashes_that_were_all_written_anew_are_seen_by_an_anchor(told: Told, grown: bool) -> None:
    anchors, last = told.kept(), told.ids()[-1]
    if grown:
        told.record("step.last", "case 1", told.one)
    told.do(f"update trail set action = 'step.other' where id = {told.ids()[2]}")
    told.write_anew(2)
    told.kept()
    fault = told.found(anchors)
    assert fault.entry is not None
    assert (fault.kind, fault.entry.id) == ("rewritten", last)


def test_the_first_bad_line_is_the_oldest_of_all_projects(told: Told) -> None:
    first, second = told.ids(told.two)[2], told.ids()[5]
    told.do(f"update trail set action = 'x' where id in ({first}, {second})")
    fault = told.found()
    assert fault.entry is not None
    assert (fault.chain, fault.entry.id) == (told.two, first)


def test_what_a_database_writes_in_its_own_way_is_no_fault(told: Told) -> None:
    odd = {"large": 1e22, "nothing": -0.0, "small": 1e-9, "long": 2**70, "half": 0.1 + 0.2, "text": "é\u2028한"}
    told.record("odd", "number 1", told.one, **odd, table={2: "two", 10: "ten"}, list=[1.0, True, None])
    told.record("odd", "number 2", told.one)
    told.kept()


def test_rows_are_read_in_batches(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "BATCH", 5)
    seen: list[int] = []
    trail.verify_trail(told.session, on_lines=lambda lines, _seconds: seen.append(lines))
    assert seen == [5, 10, 15, 2 * LINES + 1]


def test_beside_others_it_rests_as_long_as_it_works(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    found, rests = trail.verify_trail(told.session), list[float]()

    def steps(_session: Session, on_lines: Callable[[int, float], None]) -> trail.Verification:
        on_lines(500, 1.0)
        on_lines(1000, 2.5)
        return found

    monkeypatch.setattr(trail, "verify_trail", steps)
    monkeypatch.setattr("time.sleep", rests.append)
    assert trail.verify_alone(told.session) is found
    assert rests == [1.0, 0.5]


def test_one_verification_at_a_time(told: Told) -> None:
    assert trail.verify_alone(told.session).fault is None
    with Session(told.session.get_bind()) as other, pytest.raises(trail.VerificationRuns):
        trail.verify_alone(other)


def test_entries_are_listed_newest_first_and_chosen(told: Told) -> None:
    newest = trail.list_entries(told.session, limit=3)
    assert [(one.who, one.project) for one in newest] == [("ada", "two"), ("ada", "one"), ("ada", "two")]
    older = trail.list_entries(told.session, limit=3, after=newest[-1].id)
    assert [one.id for one in older] == [newest[-1].id - 10 * n for n in (1, 2, 3)]
    about = trail.list_entries(told.session, subject="case 3")
    assert [one.subject for one in about] == ["case 3"] * 2
    assert len(trail.list_entries(told.session, account_id=told.ada)) == 2 * (LINES - 1)
    assert trail.list_entries(told.session, account_id=told.ada + 1) == []
