"""The gate's sample goes on where it ended, on real rows: what is drawn, what is counted, and what is refused."""

import pytest
from sqlalchemy import select

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, PseudoLabel, Read
from overread.domain.errors import Conflict, InvalidInput, NotFound
from overread.domain.policy.plan import Declaration
from overread.services.audit import draw, queue
from overread.services.audit.fix_list import add_to_fix_list
from overread.services.audit.more import More, extend
from overread.services.audit.sample import gate_evidence, population
from overread.services.gate import judging
from overread.services.loop.power import power_of_launch
from overread.services.loop.training_sets import read_manifest
from tests.loop import FINDINGS, Loop
from tests.reading import audited, read_all, read_case

FINDING = "nodule"


def more(loop: Loop, audit_id: int, reads: int, finding: str = FINDING) -> More:
    with loop.database.transaction() as session:
        return extend(session, audit_id, "MEASURE", finding, reads, loop.account_id)


def bound(loop: Loop, iteration_id: int) -> tuple[bool, int | None]:
    """Whether the finding's clause passes, and the reads it names."""
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration_id))
        clause = next(c for c in verdict.clauses if (c.name, c.finding) == ("certified-error", FINDING))
        return clause.passed, clause.more


def marks(loop: Loop, audit_id: int) -> str:
    with loop.database.transaction() as session:
        evidence = gate_evidence(session, session.get_one(Audit, audit_id), FINDINGS)
        return next(one.marks for one in evidence if one.finding == FINDING)


def test_what_the_clause_names_is_drawn_and_opens_it(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=4, fix=0, min_reads=0, alpha=0.3)
    read_all(loop, audit_id)
    passed, named = bound(loop, iteration.id)
    assert not passed
    assert named is not None
    added = more(loop, audit_id, named)
    assert added == More(named, named)
    assert marks(loop, audit_id) == "0000" + "." * named
    assert not bound(loop, iteration.id)[0]  # drawn and not read is not known to be right
    read_all(loop, audit_id)
    assert marks(loop, audit_id) == "0" * (4 + named)
    assert bound(loop, iteration.id)[0]
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        assert draw.redraw(session, audit_id)[0]
        items = session.scalars(select(AuditItem).where(AuditItem.finding == FINDING).order_by(AuditItem.rank)).all()
        order = population(session, audit)
        labels = [int(label) for label in order.units.label[order.rows[FINDING]]]
    assert [item.rank for item in items] == list(range(4 + named))
    assert [item.pseudo_label_id for item in items] == labels[: 4 + named]


def test_a_label_that_is_read_anyway_counts_where_the_order_comes_to_it(loop: Loop) -> None:
    """Put on the FIX list by hand before the sample reaches it: no second item, the same read."""
    _, audit_id = audited(loop, measure=2, fix=0)
    with loop.database.transaction() as session:
        order = population(session, session.get_one(Audit, audit_id))
        chosen = [int(label) for label in order.units.label[order.rows[FINDING][2:4]]]
        add_to_fix_list(session, audit_id, chosen, loop.account_id)
    assert more(loop, audit_id, 3) == More(3, 1)
    read_all(loop, audit_id)
    assert marks(loop, audit_id) == "00000"


def test_what_cannot_be_drawn_is_refused(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=2, fix=0)
    with pytest.raises(NotFound):
        more(loop, 10_000, 1)
    for finding, reads in (("no such", 1), (FINDING, 0)):
        with pytest.raises(InvalidInput):
            more(loop, audit_id, reads, finding)
    with loop.database.transaction() as session:  # a film that the sample comes to later, read for something else
        order = population(session, session.get_one(Audit, audit_id))
        film = int(order.units.image[order.rows[FINDING][5]])
        other = select(PseudoLabel.id).where(PseudoLabel.image_id == film, PseudoLabel.finding != FINDING).limit(1)
        add_to_fix_list(session, audit_id, [session.scalars(other).one()], loop.account_id)
        case_id = session.scalars(select(AuditCase.id).where(AuditCase.image_id == film)).one()
        case = queue.claim_case(session, case_id, loop.account_id)
    with pytest.raises(Conflict, match="being read at this moment"):
        more(loop, audit_id, 100)
    read_case(loop, case)
    assert more(loop, audit_id, 100).added == len(marks(loop, audit_id)) - 2  # as many as there are
    with pytest.raises(InvalidInput, match="can grow no further"):
        more(loop, audit_id, 1)
    with loop.database.transaction() as session:
        session.get_one(Iteration, iteration.id).stage = "closed"
    with pytest.raises(Conflict):
        more(loop, audit_id, 1)


def test_an_unread_label_of_the_fix_list_teaches_nobody(loop: Loop) -> None:
    audited(loop, measure=4, fix=6)
    with loop.database.transaction() as session:
        units = set(
            session.execute(select(AuditItem.pseudo_label_id, AuditItem.finding).where(AuditItem.stream == "FIX")).all()
        )
    second = loop.launch(override="nobody reads")
    with loop.database.transaction() as session:
        films = dict(
            session.execute(select(PseudoLabel.id, Image.sha256).join(Image, Image.id == PseudoLabel.image_id)).all()
        )
        assert session.scalar(select(Read.id).limit(1)) is None
    taught = {(line.image, f) for line in read_manifest(loop.blobs, second.training_set_sha256) for f in line.targets}
    assert len(units) == 6
    assert not {(films[label], finding) for label, finding in units} & taught
    assert len([1 for image, _ in taught if image in set(films.values())]) == 30 * 5 - 6


def test_measure_is_drawn_on_what_nobody_has_read_with_another_seed_each_time(loop: Loop) -> None:
    """Three turns at the defaults: what a person has told is not measured again."""
    seen: set[tuple[int, str]] = set()
    seeds = []
    for turn in range(3):
        iteration, audit_id = audited(loop, measure=5, fix=3, override="next turn" if turn else None)
        with loop.database.transaction() as session:
            rows = session.execute(
                select(AuditCase.image_id, AuditItem.finding, AuditItem.stream)
                .join(AuditCase, AuditCase.id == AuditItem.case_id)
                .where(AuditCase.audit_id == audit_id)
            ).all()
            seeds.append(session.get_one(Audit, audit_id).seed)
        measured = {(image, finding) for image, finding, stream in rows if stream == "MEASURE"}
        assert len(measured) == 25
        assert not measured & seen
        read_all(loop, audit_id)
        seen |= {(image, finding) for image, finding, _ in rows}
        assert iteration.index == turn
    assert len(set(seeds)) == 3


def test_a_launch_says_what_its_audit_can_show(loop: Loop) -> None:
    with loop.database.transaction() as session:
        plan = Declaration()
        perfect = power_of_launch(session, loop.project_id, plan, 0.0)
        bad = power_of_launch(session, loop.project_id, plan, 0.5)
        shared = power_of_launch(session, loop.project_id, Declaration(family="project"), 0.0)
    assert set(perfect.findings) == set(FINDINGS)
    assert all(one.chance == pytest.approx(1) for one in perfect.findings.values())
    assert all(one.chance == 0 and one.enough is None for one in bad.findings.values())
    assert all((shared.findings[f].enough or 99) > (perfect.findings[f].enough or 0) for f in FINDINGS)
    assert (perfect.plants, perfect.reads) == (24, 360)  # 320, a tenth of them twice, 8 looked at again
    assert perfect.trust > 0.9
