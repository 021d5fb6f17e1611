"""What reading cost adds up, by kind of work, iteration and reader; scores stand where their reading was done."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from overread.db.tables import Account, AuditCase, Iteration, PseudoLabel, Read
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics
from overread.domain.readers.effort import ENOUGH, seconds_of, seconds_of_film
from overread.domain.words import WORKS, ScoredSplit, Work
from overread.services.explore.effort import Effort, project_effort
from overread.services.labelling.evaluation import record_evaluation
from tests.loop import Loop
from tests.reading import audited, read_all, read_truly
from tests.two_readers import person, read

NODULE = FindingMetrics(3, 2, 5, None, d_auc=0.8, d_auc_interval=[0.7, 0.9], dice=0.5, dice_interval=[0.4, 0.6])
FIBROSIS = FindingMetrics(3, 2, 5, None, d_auc=0.6, d_auc_interval=[0.4, 0.7])


def effort_of(loop: Loop, account_id: int | None = None) -> Effort:
    with loop.database.transaction() as session:
        asking = session.get_one(Account, account_id or loop.account_id)
        return project_effort(session, loop.project_id, asking)


def evaluate(loop: Loop, iteration: Iteration, *splits: ScoredSplit) -> None:
    macro = MacroMetrics(d_auc=0.7, dice=0.5)
    told = {split: EnsembleMetrics({"nodule": NODULE, "fibrosis": FIBROSIS}, macro) for split in splits}
    with loop.database.transaction() as session:
        record_evaluation(session, session.get_one(Iteration, iteration.id), told)


def test_what_was_read_before_an_iteration_is_what_its_score_cost(loop: Loop) -> None:
    first, audit_id = audited(loop, wrong=0.4, alpha=0.95)
    read_truly(loop, audit_id)
    second = loop.launch(alpha=0.95, override="to compare with")
    loop.label(second)
    evaluate(loop, first, "development", "external")
    evaluate(loop, second, "development")
    told = effort_of(loop)
    with loop.database.transaction() as session:
        reads = session.scalars(select(Read)).all()
        saves = {(one.case_id, one.created_at): one.seconds for one in reads}
        kinds = {one.work for one in reads}
    assert kinds >= {"accept", "draw", "reject"}
    assert told.split == "external"
    before, after = told.iterations
    assert (before.iteration, before.before, after.iteration) == (0, 0, 1)
    assert after.before == pytest.approx(sum(saves.values())) == pytest.approx(sum(one.seconds for one in before.work))
    assert after.work == []
    assert {one.kind: one.reads for one in before.work} == {
        kind: sum(one.work == kind for one in reads) for kind in kinds
    }
    assert [one.kind for one in before.work] == [kind for kind in WORKS if kind in kinds]
    # A mean's interval is the mean of its findings' own; Dice* is of the nodule alone, and unlike films are not joined.
    score = before.scores["d_auc"]
    assert (score.value, score.interval) == (0.7, pytest.approx([0.55, 0.8]))
    assert (before.scores["dice"].value, before.scores["dice"].interval) == (0.5, pytest.approx([0.4, 0.6]))
    assert after.scores == {}


def test_drawn_from_nothing_each_film_counts_once_and_a_planted_error_never(loop: Loop) -> None:
    """Had nobody a machine's mask, the films that were read would be read once, each at this project's own pace."""
    first, audit_id = audited(loop, wrong=0.4, alpha=0.95, sentinel=8)
    read_truly(loop, audit_id)
    loop.launch(alpha=0.95, override="to compare with")
    with loop.database.transaction() as session:
        reads = session.scalars(select(Read).where(~Read.blind).order_by(Read.id)).all()
        assert any(one.task == "planted" for one in reads)
        # A correct label of the loop's is a lesion where it is positive: what a reader left on a film is what is drawn.
        left = {
            (one.image_id, one.finding): one.mask_id
            if one.verdict != "accept"
            else session.get_one(PseudoLabel, one.pseudo_label_id).mask_id
            for one in reads
            if one.task != "planted"
        }
        films: dict[int, list[Work]] = {}
        for (image_id, _), mask in left.items():
            films.setdefault(image_id, []).append("reject" if mask is None else "draw")
        took = modelled = 0.0
        saves: dict[tuple[int, object], list[Read]] = {}
        for one in session.scalars(select(Read)):
            saves.setdefault((one.case_id, one.created_at), []).append(one)
        for save in saves.values():
            took += save[0].seconds
            modelled += seconds_of_film([one.work for one in save if one.work], blind=all(one.blind for one in save))
    wanted = took / modelled * sum(seconds_of_film(kinds, blind=True) for kinds in films.values())
    told = effort_of(loop).iterations
    assert first.index == 0
    assert [one.drawn_before for one in told] == [0, pytest.approx(wanted)]
    assert wanted > 0


def test_without_external_films_development_films_are_told(loop: Loop) -> None:
    first, _ = audited(loop)
    assert effort_of(loop).split is None
    evaluate(loop, first, "development")
    told = effort_of(loop)
    assert told.split == "development"
    assert told.iterations[0].scores["d_auc"].value == 0.7


def test_a_mean_with_a_finding_without_interval_has_none() -> None:
    bare = replace(FIBROSIS, d_auc_interval=None)
    whole = EnsembleMetrics({"nodule": NODULE, "fibrosis": bare}, MacroMetrics(d_auc=0.7, dice=0.5))
    assert whole.macro_measure("d_auc").interval is None
    assert whole.macro_measure("dice").interval == [0.4, 0.6]
    assert EnsembleMetrics({}, MacroMetrics()).macro_measure("dice").interval is None


def test_enough_reads_that_told_their_time_stand_for_the_model(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=24)
    assert not any(one.own for one in effort_of(loop).kinds)
    read_all(loop, audit_id)
    told = {one.kind: one for one in effort_of(loop).kinds}
    assert set(told) == set(WORKS)
    assert told["accept"].reads >= ENOUGH
    assert told["accept"].own
    assert 0 < told["accept"].seconds <= 2  # as much as was told of a film
    assert (told["draw"].seconds, told["draw"].own, told["draw"].reads) == (seconds_of("draw"), False, 0)


def test_a_reader_sees_their_own_minutes_and_an_admin_everybodys(loop: Loop) -> None:
    _, audit_id = audited(loop)
    ada, bob = person(loop, "ada"), person(loop, "bob")
    with loop.database.transaction() as session:
        cases = session.scalars(select(AuditCase.id).where(AuditCase.audit_id == audit_id).order_by(AuditCase.id)).all()
    read(loop, cases[0], ada, "reject")
    read(loop, cases[1], bob, "reject")
    mine, all_of_them = effort_of(loop, ada), effort_of(loop)
    assert [(one.name, one.iteration) for one in mine.readers] == [("ada", 0)]
    assert [one.name for one in all_of_them.readers] == ["ada", "bob"]
    assert sum(done.seconds for one in all_of_them.readers for done in one.work) == pytest.approx(
        sum(done.seconds for done in mine.iterations[0].work)
    )
