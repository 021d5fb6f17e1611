"""Each read says which kind of work it was: by what stood before its reader, and what became of it."""

from typing import Any

import pytest
from sqlalchemy import create_engine, select, text

from overread.db.tables import AuditCase, AuditItem, Image, PseudoLabel, Read
from overread.domain.imaging.masks import Rle
from overread.domain.words import Work
from overread.services.audit import adjudication, queue, reads
from overread.services.films.masks import mask_of, rle_of
from tests.conftest import _database
from tests.loop import Loop
from tests.migrating import migrate
from tests.reading import audited
from tests.two_readers import TWO, person, read, rle, square, two_looks

BEFORE = "3b91e6d70c4a"


def one_case(loop: Loop, marked: bool) -> tuple[int, str]:
    """A case, and a finding to read in it whose machine mask has pixels or has none."""
    query = (
        select(AuditCase.id, AuditItem.finding)
        .join(AuditItem, AuditItem.case_id == AuditCase.id)
        .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        .where(PseudoLabel.mask_id.is_not(None) if marked else PseudoLabel.mask_id.is_(None))
    )
    with loop.database.transaction() as session:
        case_id, finding = session.execute(query.order_by(AuditItem.id).limit(1)).one()
    return case_id, finding


def say(loop: Loop, case_id: int, finding: str, verdict: str, side: int | None = None, **made: Any) -> Read:
    """What is stored of this verdict, the case's others accepted; ``side`` of the square that is drawn: 0 the empty
    mask, -1 the one shown."""
    with loop.database.transaction() as session:
        case = queue.claim_case(session, case_id, loop.account_id)
        image = session.get_one(Image, case.image_id)
        mask = None if side is None else rle(square(image, max(0, side)))
        if side == -1:
            item = session.scalars(select(AuditItem).filter_by(case_id=case_id, finding=finding)).one()
            mask = rle_of(mask_of(session, session.get_one(PseudoLabel, item.pseudo_label_id)), image)
        asked = session.scalars(select(AuditItem.finding).filter_by(case_id=case_id)).all()
        told = [reads.FindingRead(one, "accept") for one in asked if one != finding]
        told.append(reads.FindingRead(finding, verdict, mask, **made))
        body = reads.CaseRead(image.sha256, case.fence, case.version, 12.5, told)
        reads.submit_read(session, case_id, loop.account_id, f"work-{case_id}-{case.version}", body)
    with loop.database.transaction() as session:
        own = select(Read).filter_by(case_id=case_id, finding=finding)
        stored = session.scalars(own.order_by(Read.id.desc())).first()
        assert stored is not None
        session.expunge(stored)
    return stored


@pytest.mark.parametrize(
    ("marked", "said", "kind"),
    [
        (True, {"verdict": "accept"}, "accept"),
        (True, {"verdict": "reject"}, "reject"),
        (False, {"verdict": "cannot_tell"}, "cannot_tell"),
        (True, {"verdict": "fix", "side": 5}, "redraw"),
        (False, {"verdict": "fix", "side": 5}, "draw"),
        (True, {"verdict": "fix", "side": -1}, "accept"),
        (True, {"verdict": "fix", "side": 0}, "reject"),
        (False, {"verdict": "fix", "side": 5, "threshold": 0.3, "touched_up": False}, "slider"),
        (True, {"verdict": "fix", "side": 5, "threshold": 0.3, "touched_up": True}, "redraw"),
        (True, {"verdict": "fix", "side": 5, "adopted": "previous", "touched_up": False}, "adopt"),
        (True, {"verdict": "fix", "side": 5, "adopted": "previous"}, None),
    ],
)
def test_a_read_says_which_work_it_was(loop: Loop, marked: bool, said: dict[str, Any], kind: Work | None) -> None:
    audited(loop)
    case_id, finding = one_case(loop, marked)
    stored = say(loop, case_id, finding, **said)
    assert (stored.work, stored.seconds) == (kind, 12.5)


def test_what_its_reader_had_drawn_before_is_what_stands(loop: Loop) -> None:
    audited(loop)
    case_id, finding = one_case(loop, marked=False)
    assert say(loop, case_id, finding, "fix", 5).work == "draw"
    assert say(loop, case_id, finding, "fix", 5).work == "accept"
    assert say(loop, case_id, finding, "fix", 7).work == "redraw"
    assert say(loop, case_id, finding, "reject").work == "reject"
    assert say(loop, case_id, finding, "fix", 7).work == "draw"


def test_blind_everything_is_drawn_from_nothing_and_left_alone_afterwards(loop: Loop) -> None:
    _, audit_id = audited(loop, sentinel=10, measure=0, fix=0)
    with loop.database.transaction() as session:
        query = select(AuditItem.case_id).join(AuditCase).where(AuditItem.task == "blind")
        case_id = session.scalars(query.where(AuditCase.audit_id == audit_id)).first()
    assert case_id is not None
    read(loop, case_id, loop.account_id, "fix", 6)
    with loop.database.transaction() as session:
        said = session.scalars(select(Read).filter_by(case_id=case_id).order_by(Read.id)).all()
        blind = {one.finding for one in said if one.blind}
        kinds = [(one.blind, one.work) for one in said if one.finding in blind]
    assert set(kinds) == {(True, "draw"), (False, "accept")}


def test_a_judge_takes_one_of_two_masks_or_draws_a_third(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob, cid = (person(loop, name) for name in ("ada", "bob", "cid"))
    kinds = []
    for n, (first, second) in enumerate(two_looks(loop, audit_id)[:2]):
        read(loop, first.id, ada, "fix", 4)
        read(loop, second.id, bob, "fix", 12)
        with loop.database.transaction() as session:
            pair = adjudication.list_pairs(session, Image.id == first.image_id)[0]
            word = reads.FindingRead(pair.finding, "fix", rle(square(pair.image, (12, 8)[n])))
            kinds.append(adjudication.adjudicate(session, audit_id, first.image_id, cid, word, 5).work)
    assert kinds == ["adopt", "redraw"]


def test_a_retry_from_before_the_question_is_known_again() -> None:
    verdict = reads.FindingRead("nodule", "fix", Rle((32, 48), "PP1"), threshold=0.4)
    told = reads.CaseRead("ab", 2, 1, 3.5, [verdict])
    drawn = reads.FindingRead("nodule", "fix", Rle((32, 48), "PP1"), threshold=0.4, touched_up=False)
    other = reads.CaseRead("ab", 2, 1, 3.5, [drawn])
    assert reads.body_hash(7, told) != reads.body_hash(7, other)


# What a row of before tells, and the kind that is known by it.
ROWS: list[tuple[dict[str, Any], Work | None]] = [
    ({"verdict": "accept"}, "accept"),
    ({"verdict": "reject"}, "reject"),
    ({"verdict": "cannot_tell", "adjudicated": True}, "cannot_tell"),
    ({"verdict": "fix", "blind": True, "threshold": 0.5}, "draw"),
    ({"verdict": "fix", "regions": "[]"}, "draw"),
    ({"verdict": "fix", "regions": '[{"box": [0, 0, 1, 1], "area": 1, "kept": 1}]'}, "redraw"),
    ({"verdict": "fix", "regions": "[]", "threshold": 0.5}, None),
    ({"verdict": "fix", "regions": "[]", "adopted": "previous"}, None),
    ({"verdict": "fix", "regions": "[]", "adjudicated": True}, None),
    ({"verdict": "fix"}, None),
    ({"verdict": "fix", "regions": "[]", "finding": "0"}, None),  # read before by the same reader
]


def test_reads_of_before_say_what_their_rows_tell(database_url: str) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, BEFORE)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("set session_replication_role = replica"))  # rows that stand for themselves
            for n, (row, _) in enumerate(ROWS):
                place = {"case_id": 1, "image_id": 1, "image_sha256": "a", "finding": str(n), "pseudo_label_id": 1}
                values = place | {"account_id": 1, "unacceptable": False, "seconds": 2, "fence": 1} | row
                columns = ", ".join(values)
                marks = ", ".join(f"cast(:{name} as jsonb)" if name == "regions" else f":{name}" for name in values)
                connection.execute(text(f"insert into read ({columns}) values ({marks})"), values)
        migrate(url)
        with engine.begin() as connection:
            found = connection.execute(text("select work from read order by id")).scalars().all()
            enabled = text("select tgenabled from pg_trigger where tgname = 'append_only'")
            assert set(connection.execute(enabled).scalars()) == {"O"}
        engine.dispose()
    assert found == [kind for _, kind in ROWS]
