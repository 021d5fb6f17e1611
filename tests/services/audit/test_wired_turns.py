"""What a team of one or two meets as services are wired: nobody is stuck, nothing is told too early, nothing is named
that cannot be had."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from overread.db.session import Database
from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Labelling, PseudoLabel, Read, Run
from overread.domain.errors import Conflict
from overread.domain.imaging.masks import Rle
from overread.domain.policy.clauses import Clause
from overread.domain.policy.plan import Declaration
from overread.services.audit import cases, draw, holdout, queue, readers, reads
from overread.services.audit.fix_list import add_to_fix_list
from overread.services.audit.more import extend
from overread.services.films.masks import mask_pixels
from overread.services.gate import judging
from overread.services.labelling.recording import record_labels
from overread.services.loop.power import power_of_launch
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop, labelled, make_loop
from tests.reading import audited, claim, clauses, read_truly
from tests.two_readers import accept, person, refuse_planted, work


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.5)


def clause(loop: Loop, iteration: Iteration, name: str) -> Clause:
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id), judged=True)
    return next(one for one in verdict.clauses if one.name == name)


def test_who_reads_alone_opens_a_perfect_pool_though_seconds_were_planned(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=20, fix=0, second=0.5)
    read_truly(loop, audit_id)
    assert claim(loop, audit_id) is None
    with loop.database.transaction() as session:
        left = session.execute(select(AuditCase.look).where(AuditCase.audit_id == audit_id, ~AuditCase.done)).all()
        assert left
        assert {look for (look,) in left} == {"second"}
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id))
    assert all("." not in one.marks for one in verdict.evidence)
    assert verdict.open
    assert work(loop, audit_id, person(loop, "ada"), accept) == len(left)


def test_who_reads_alone_gives_holdout_its_word_until_a_second_comes(held: Loop) -> None:
    plan: dict[str, Any] = {"measure": 2, "fix": 0, "min_reads": 0, "holdout": 8, "holdout_margin": 0.9, "second": 1.0}
    _, first = audited(held, **plan)
    read_truly(held, first)
    iteration, audit_id = audited(held, **plan | {"override": "alone"})
    read_truly(held, audit_id)
    alone = clauses(held, iteration)["holdout-regression"]
    assert "no reference" not in alone.sentence
    with held.database.transaction() as session:
        words = holdout.references(session, held.project_id)
        assert holdout.count_unsettled(session, session.get_one(Iteration, iteration.id)) == 0
    assert len(words) == 16
    # A second reader who sees it otherwise calls for a judge: until then there is no word.
    work(held, audit_id, person(held, "ada"), accept)
    with held.database.transaction() as session:
        waiting = holdout.count_unsettled(session, session.get_one(Iteration, iteration.id))
        assert len(holdout.references(session, held.project_id)) == 16 - waiting
    assert ("have no reference" in clauses(held, iteration)["holdout-regression"].sentence) is (waiting > 0)


def test_a_film_that_comes_again_asks_nobody_for_what_another_read_blind(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "TASKS", {"blind": 100, "planted": 0, "again": 0})
    _, audit_id = audited(loop, measure=0, fix=0, sentinel=3)  # of five findings three
    ada, bob = person(loop, "ada"), person(loop, "bob")
    work(loop, audit_id, ada, accept)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        blind = session.scalars(select(AuditCase.image_id).join(AuditItem).where(AuditItem.task == "blind")).all()
        known = select(AuditItem.pseudo_label_id)
        query = select(PseudoLabel.id).where(PseudoLabel.image_id.in_(blind), PseudoLabel.id.not_in(known))
        new = session.scalars(query.where(PseudoLabel.labelling_id == audit.labelling_id)).all()
        assert add_to_fix_list(session, audit_id, list(new), loop.account_id).added == len(new) > 0
    assert 0 < work(loop, audit_id, bob, accept) <= len(blind)


def test_a_second_look_stays_with_who_began_it(loop: Loop) -> None:
    """The first look is handed back meanwhile: the second may still be saved, looked at again and corrected."""
    _, audit_id = audited(loop, measure=4, fix=0, second=1.0)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    with loop.database.transaction() as session:
        first = queue.claim_next(session, audit_id, ada)
        assert first is not None
        query = select(AuditCase.id).filter_by(audit_id=audit_id, image_id=first.image_id, look="second")
        second_id = session.scalars(query).one()
        with pytest.raises(Conflict), session.begin_nested():
            queue.claim_case(session, second_id, ada)  # the first is hers
        held = queue.claim_case(session, second_id, bob)
        queue.release_case(session, first.id, ada, first.fence)
        assert queue.claim_case(session, second_id, bob).id == held.id
        told = cases.describe_case(session, held, bob)
        said = [accept(one, False) for one in told.findings if one.drawn]
        reads.submit_read(
            session,
            second_id,
            bob,
            "second-look",
            reads.CaseRead(told.image.sha256, held.fence, held.version, 2.0, said),
        )
        assert queue.claim_case(session, second_id, bob).id == second_id


def trim(one: cases.CaseFinding, _planted: bool) -> reads.FindingRead:
    """Takes a quarter off whatever is shown: no objection to it, by the rule that reads go by."""
    if one.pseudo is None:
        return reads.FindingRead(one.finding, "accept")
    pixels = mask_pixels(one.pseudo).copy()
    rows, columns = np.nonzero(pixels)
    pixels[rows[: len(rows) // 4], columns[: len(rows) // 4]] = False
    rle = Rle.of(pixels)
    return reads.FindingRead(one.finding, "fix", rle)


def test_who_trims_every_mask_finds_no_planted_error(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=4, fix=0, sentinel=40, errors="true", alpha=0.4)
    work(loop, audit_id, loop.account_id, trim)
    with loop.database.transaction() as session:
        found = readers.detection(session, audit_id)
        wrong = select(Read.id).where(Read.task == "planted", Read.unacceptable)
        assert found.found.hits == len(session.scalars(wrong).all())
    assert found.found.hits < found.found.n / 2
    assert not clause(loop, iteration, "reader-trust").passed
    assert not clause(loop, iteration, "certified-error").passed


def test_one_readers_good_eye_does_not_speak_for_anothers_reads(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=2, fix=0, sentinel=10, alpha=0.9)
    met = iter(range(1000))

    def every_other(one: cases.CaseFinding, planted: bool) -> reads.FindingRead:
        return refuse_planted(one, planted and next(met) % 2 == 0)

    work(loop, audit_id, person(loop, "ada"), every_other)
    before = clause(loop, iteration, "reader-trust")
    assert not before.passed
    with loop.database.transaction() as session:
        assert extend(session, audit_id, "SENTINEL", None, 40, loop.account_id).added > 5
    work(loop, audit_id, person(loop, "bob"), refuse_planted)  # all of them, and nothing of the sample
    after = clause(loop, iteration, "reader-trust")
    assert not after.passed
    assert after.value == before.value


def test_no_earlier_mask_stands_beside_a_planted_error_before_ones_own_word(loop: Loop) -> None:
    _, first = audited(loop, measure=2, fix=0)
    read_truly(loop, first)
    _, audit_id = audited(loop, measure=2, fix=0, sentinel=20, override="the second turn")
    with loop.database.transaction() as session:
        case = session.scalars(select(AuditCase).join(AuditItem).filter_by(audit_id=audit_id, task="planted")).first()
        assert case is not None
        queue.claim_case(session, case.id, loop.account_id)
        told = cases.describe_case(session, case, loop.account_id)
        drawn = [one for one in told.findings if one.drawn]
        others = [one for one in told.findings if not one.drawn]
        assert [one.previous for one in drawn] == [None] * len(drawn)
        assert any(one.previous for one in others) or not any(one.pseudo for one in others)
        said = [refuse_planted(one, True) for one in drawn]
        body = reads.CaseRead(told.image.sha256, case.fence, case.version, 2.0, said)
        reads.submit_read(session, case.id, loop.account_id, "own-word", body)
        after = {one.finding: one for one in cases.describe_case(session, case, loop.account_id).findings}
    earlier = {one.finding for one in drawn if after[one.finding].previous is not None}
    assert earlier or not any(one.pseudo for one in drawn)


def test_what_a_clause_names_can_be_drawn_and_a_repeated_request_draws_nothing(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=8, fix=0, sentinel=15, alpha=0.1)
    read_truly(loop, audit_id)
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id))
        left = {one.finding: one.left for one in verdict.evidence}
        assert min(n for n in left.values() if n is not None) < 22  # planted errors end the order of some finding early
        for one in verdict.clauses:
            if one.name != "certified-error" or one.more is None:
                continue
            before = dict(session.get_one(Audit, audit_id).sample)
            told = [
                extend(session, audit_id, "MEASURE", one.finding, one.more, loop.account_id, f"key-{one.finding}")
                for _ in range(2)
            ]
            assert told[0] == told[1]
            assert told[0].added == one.more
            assert session.get_one(Audit, audit_id).sample[one.finding] == before[one.finding] + one.more  # type: ignore[index]
    named = [one.more for one in verdict.clauses if one.name == "certified-error" and not one.passed]
    assert None in named
    assert any(named)


def test_holdout_reads_films_that_can_be_compared_before_those_that_came_since(held: Loop) -> None:
    plan = {"measure": 2, "fix": 0, "min_reads": 0, "holdout": 3, "holdout_margin": 0.5, "second": 0.0}
    _, first = audited(held, **plan)
    read_truly(held, first)
    with held.database.transaction() as session:
        before = power_of_launch(session, held.project_id, Declaration(holdout=10), 0.0).holdout
    held.source("later", "pool", count=60, size=32, seed=9, labelled=0.0)
    with held.database.transaction() as session:
        assert power_of_launch(session, held.project_id, Declaration(holdout=10), 0.0).holdout == before
        old = set(session.scalars(select(PseudoLabel.image_id)))
    second = held.launch(**plan | {"holdout": 10, "override": "the second turn"})
    audit_id = label_all(held, second)
    with held.database.transaction() as session:
        query = select(AuditCase.image_id).join(AuditItem).where(AuditCase.audit_id == audit_id)
        assert set(session.scalars(query.where(AuditItem.stream == "HOLDOUT"))) <= old
    assert before is not None
    assert before.patients >= 6


def label_all(loop: Loop, iteration: Iteration) -> int:
    """As ``Loop.label``, films of every source among them; the audit's number."""
    loop.run_job("train", iteration.id)
    with loop.database.transaction() as session:
        for run in session.scalars(select(Run).where(Run.iteration_id == iteration.id)):
            run.parameters, run.seconds = 77_186, 1.0
        labelling = session.scalars(select(Labelling).where(Labelling.iteration_id == iteration.id)).one()
        pool = session.scalars(select(Image).where(Image.split == "pool").order_by(Image.id)).all()
        rng = np.random.default_rng(0)
        record_labels(session, loop.blobs, labelling.id, [labelled(image, rng, 0.0) for image in pool])
    for kind in ("label", "evaluate"):
        loop.run_job(kind, iteration.id)
    with loop.database.transaction() as session:
        audit_id = draw.open_audit(session, session.get_one(Iteration, iteration.id), labelling.id, nonce=5).id
    loop.run_job("audit", iteration.id)
    return audit_id
