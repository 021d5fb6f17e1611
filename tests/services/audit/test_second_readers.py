"""Two readers on one film, a third between them, and how far each reader can be trusted."""

import pytest
from sqlalchemy import func, select

from overread.db.tables import Account, Audit, AuditCase, AuditItem, Image, Iteration, Mask, Read
from overread.domain.errors import Conflict, NotFound
from overread.domain.learning.manifest import Target
from overread.services.audit import adjudication, cases, queue, readers, reads
from overread.services.estimates import strata
from overread.services.loop.training_sets import read_manifest
from tests.loop import Loop
from tests.reading import audited
from tests.two_readers import TWO, person, read, read_everything, rle, square, two_looks


def test_a_share_of_films_is_read_by_two_who_see_nothing_of_each_other(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    both = two_looks(loop, audit_id)
    with loop.database.transaction() as session:
        films = session.scalar(select(func.count()).select_from(AuditCase).where(AuditCase.look == "first"))
        streams = dict(session.execute(select(AuditItem.task, AuditItem.stream).distinct()).all())
    assert len(both) == round(0.4 * (films or 0))
    assert streams == {"read": "MEASURE", "second": "SENTINEL"}
    first, second = both[0]
    read(loop, first.id, ada, "fix", 6)
    with pytest.raises(Conflict, match="not for you"):
        read(loop, second.id, ada, "accept")
    finding = ""
    with loop.database.transaction() as session:
        for case in (first, second):
            told = cases.describe_case(session, session.get_one(AuditCase, case.id), bob).findings
            assert not any(one.read for one in told)
            finding = next(one.finding for one in told if one.drawn)
        assert reads.newest_reads(session, first.image_id, bob) == {}
        assert reads.newest_reads(session, first.image_id, ada)[finding].account_id == ada
        with pytest.raises(NotFound, match="No two readers"):
            adjudication.get_pair(session, audit_id, first.image_id, finding)
    read(loop, second.id, bob, "fix", 6)
    with loop.database.transaction() as session:
        assert reads.newest_reads(session, first.image_id, ada)[finding].account_id == bob
        assert not adjudication.get_pair(session, audit_id, first.image_id, finding).disputed


def test_claiming_hands_each_look_to_another_reader(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    for account_id in (ada, bob):
        while True:
            with loop.database.transaction() as session:
                case = queue.claim_next(session, audit_id, account_id)
            if case is None:
                break
            read(loop, case.id, account_id, "reject")
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AuditCase).where(~AuditCase.done)) == 0
        pairs = adjudication.list_pairs(session, Iteration.project_id == loop.project_id)
        assert {(pair.first.account_id, pair.second.account_id) for pair in pairs} <= {(ada, bob), (bob, ada)}
        agreed = adjudication.agreements(pairs, ["nodule", "fibrosis", "consolidation", "pneumothorax", "hernia"])
        assert [one.pairs for one in agreed][-1] == 0
        assert all(one.agree.hits == one.agree.n and one.dice is None for one in agreed)


def test_a_third_reader_decides_and_their_mask_becomes_the_reference(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob, cid = (person(loop, name) for name in ("ada", "bob", "cid"))
    (first, second), *_ = two_looks(loop, audit_id)
    read(loop, first.id, ada, "fix", 4)
    read(loop, second.id, bob, "fix", 12)
    with loop.database.transaction() as session:
        pair = adjudication.list_pairs(session, Image.id == first.image_id)[0]
        finding, sha256 = pair.finding, pair.image.sha256
        image = session.get_one(Image, first.image_id)
        assert pair.disputed
        assert pair.dice == pytest.approx(2 * 16 / (16 + 144))
    verdict = reads.FindingRead(finding, "fix", rle(square(image, 8)), adopted="read")
    for one_of_the_two in (ada, bob):
        with pytest.raises(Conflict, match="one of the two"), loop.database.transaction() as session:
            adjudication.adjudicate(session, audit_id, first.image_id, one_of_the_two, verdict, 5)
    with loop.database.transaction() as session:
        said = adjudication.adjudicate(session, audit_id, first.image_id, cid, verdict, 5)
        assert adjudication.adjudicate(session, audit_id, first.image_id, cid, verdict, 5).id == said.id
    with loop.database.transaction() as session:  # a decision is made once; a later one is kept beside it
        later = adjudication.adjudicate(session, audit_id, first.image_id, cid, reads.FindingRead(finding, "reject"), 5)
        assert (later.sibling, later.adjudicated) == (True, False)
    read(loop, first.id, ada, "reject")  # a later word of one of the two does not outrank the judge
    with loop.database.transaction() as session:
        head = reads.newest_reads(session, first.image_id)[finding]
        assert (head.id, head.adjudicated) == (said.id, True)
        rows = strata.measured_reads(session, session.get_one(Audit, audit_id))
        measured = {(row.image_id, row.finding): row.verdict for row in rows}
        assert measured[first.image_id, finding] == "fix"
        mask = session.get_one(Mask, said.mask_id)
    lines = read_manifest(loop.blobs, loop.launch(override="only the set matters").training_set_sha256)
    target = next(line for line in lines if line.image == sha256).targets[finding]
    assert target == Target("read", mask.sha256, 1.0)


def test_who_accepts_everything_is_seen_and_weighs_less(loop: Loop) -> None:
    plan = {"measure": 4, "fix": 0, "sentinel": 80, "seed": 2}
    _, audit_id = audited(loop, **plan)
    blind_to_all = person(loop, "accepts all")
    read_everything(loop, audit_id, blind_to_all, catches=False)
    with loop.database.transaction() as session:
        account = session.get_one(Account, blind_to_all)
        told = readers.reader_trust(session, loop.project_id, account, live=True)
        hidden = readers.reader_trust(session, loop.project_id, account, live=False)
        again = session.scalar(select(func.count()).select_from(AuditItem).where(AuditItem.task == "again"))
    assert (told.detected.hits, told.detected.n, told.light) == (0, 48, "red")
    assert told.detected.high < 0.3
    assert told.accepted_weight < 0.25
    assert told.anchored.value == 1.0  # blind "no lesion", then the mask shown, each time
    assert (told.again.hits, told.again.n) == (again, again)
    assert told.seconds[0] is not None
    assert (hidden.detected.n, hidden.light, hidden.reads) == (0, "red", told.reads)  # anchoring alone is red
    lines = read_manifest(loop.blobs, loop.launch(override="only the set matters").training_set_sha256)
    accepted = [t.weight for line in lines for t in line.targets.values() if t.kind == "read"]
    shown = [weight for weight in accepted if weight < 1]
    assert shown
    assert max(shown) == pytest.approx(told.accepted_weight, abs=1e-6)
    with loop.database.transaction() as session:
        assert readers.reader_trust(session, loop.project_id, account, live=False).detected.n == 48  # closed: told


def test_who_catches_what_was_planted_keeps_their_weight(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=4, fix=0, sentinel=40, seed=2)
    careful = person(loop, "careful")
    read_everything(loop, audit_id, careful, catches=True)
    with loop.database.transaction() as session:
        account = session.get_one(Account, careful)
        told = readers.reader_trust(session, loop.project_id, account, live=True)
        assert (told.detected.hits, told.detected.n) == (24, 24)
        assert told.accepted_weight > 0.9
        assert [one.name for one in readers.list_readers(session, loop.project_id)] == ["careful"]
        nobody = readers.reader_trust(session, loop.project_id, session.get_one(Account, loop.account_id), live=True)
    assert (nobody.light, nobody.reads, nobody.detected.value, nobody.seconds) == ("grey", 0, None, (None, None, None))


def test_false_alarms_and_over_drawing_are_measured_beside_another_reader(loop: Loop) -> None:
    _, audit_id = audited(loop, **TWO)
    ada, bob, cid = (person(loop, name) for name in ("ada", "bob", "cid"))
    for first, second in two_looks(loop, audit_id):
        read(loop, first.id, ada, "fix", 9)
        read(loop, second.id, bob, "fix", 8)
    (first, _), *_ = two_looks(loop, audit_id)
    with loop.database.transaction() as session:
        pairs = adjudication.list_pairs(session, Iteration.project_id == loop.project_id)
        told = readers.reader_trust(session, loop.project_id, session.get_one(Account, ada), live=True)
    assert (told.second.hits, told.second.n) == (len(pairs), len(pairs))
    assert (told.larger.hits, told.larger.n) == (len(pairs), len(pairs))
    assert told.ratio == pytest.approx(81 / 64)
    assert told.second_dice == pytest.approx(2 * 64 / (81 + 64))
    with loop.database.transaction() as session:
        disputed = reads.FindingRead(pairs[0].finding, "accept", note="both missed what the mask shows")
        adjudication.adjudicate(session, audit_id, pairs[0].image.id, cid, disputed, 1)
        told = readers.reader_trust(session, loop.project_id, session.get_one(Account, ada), live=True)
        refused = session.get_one(Read, pairs[0].first.id).unacceptable
    assert (told.false_alarms.hits, told.false_alarms.n) == (int(refused), 1)
