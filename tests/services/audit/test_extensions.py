"""HOLDOUT and SENTINEL of an open audit grow by what their clauses name: what is drawn, and how it is read."""

from typing import Any

import pytest
from sqlalchemy import select

from overread.db.session import Database
from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Patient, Plant, PseudoLabel
from overread.domain.errors import Conflict, InvalidInput
from overread.domain.policy.plan import Declaration
from overread.domain.words import Extended
from overread.services.audit import cases, draw, readers
from overread.services.audit.more import More, extend
from overread.services.audit.more_holdout import unread_patients
from overread.services.gate import judging
from overread.services.loop.power import power_of_launch
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop, make_loop
from tests.reading import audited, claim, clauses, read_truly
from tests.two_readers import person, read, read_everything

PLAN: dict[str, Any] = {"measure": 2, "fix": 0, "min_reads": 0, "holdout": 3, "second": 0.0, "holdout_margin": 0.5}


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    """A project that holds out as many of its pool's patients as may be: nine of thirty."""
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.5)


def more(loop: Loop, audit_id: int, stream: Extended, reads: int, finding: str | None = None) -> More:
    with loop.database.transaction() as session:
        return extend(session, audit_id, stream, finding, reads, loop.account_id)


def added(loop: Loop, audit_id: int) -> list[AuditItem]:
    with loop.database.transaction() as session:
        query = select(AuditItem).join(AuditCase).where(AuditCase.audit_id == audit_id)
        return list(session.scalars(query.where(AuditItem.account_id.is_not(None)).order_by(AuditItem.id)))


def patients(loop: Loop, audit_id: int, stream: str) -> list[int]:
    with loop.database.transaction() as session:
        query = select(Image.patient_id).join(AuditCase, AuditCase.image_id == Image.id).join(AuditItem)
        query = query.where(AuditCase.audit_id == audit_id, AuditItem.stream == stream, AuditCase.look == "first")
        return sorted(session.scalars(query))


def redrawn(loop: Loop, audit_id: int) -> bool:
    with loop.database.transaction() as session:
        return draw.redraw(session, audit_id)[0]


def test_the_holdout_clause_names_the_patients_that_open_it_in_the_second_iteration(held: Loop) -> None:
    _, first = audited(held, **PLAN)
    read_truly(held, first)
    iteration, audit_id = audited(held, **PLAN | {"override": "readers slipped"})
    read_truly(held, audit_id)
    shut = clauses(held, iteration)["holdout-regression"]
    assert not shut.passed
    assert (shut.more or 0) > 0
    assert shut.stream == "HOLDOUT"
    assert f"Have {shut.more} more patients" in shut.sentence
    before = patients(held, audit_id, "HOLDOUT")
    assert more(held, audit_id, "HOLDOUT", shut.more) == More(shut.more, shut.more)
    new = [one for one in patients(held, audit_id, "HOLDOUT") if one not in before]
    assert len(set(new)) == shut.more  # a patient each, of whom nothing was read
    assert "have no reference" in clauses(held, iteration)["holdout-regression"].sentence
    read_truly(held, audit_id)
    assert clauses(held, iteration)["holdout-regression"].passed
    assert redrawn(held, audit_id)


def test_patients_are_read_blind_by_a_second_reader_too_and_come_once(held: Loop) -> None:
    _, audit_id = audited(held, **PLAN | {"second": 1.0})
    with held.database.transaction() as session:
        left = len(unread_patients(session, session.get_one(Audit, audit_id)))
    assert more(held, audit_id, "HOLDOUT", 2) == More(2, 4)
    items = added(held, audit_id)
    assert {item.task for item in items} == {"blind"}
    assert [item.stream for item in items] == ["HOLDOUT", "HOLDOUT", "SENTINEL", "SENTINEL"]
    with held.database.transaction() as session:
        looks = [session.get_one(AuditCase, item.case_id).look for item in items]
        assert looks == ["first", "first", "second", "second"]
        told = cases.describe_case(session, session.get_one(AuditCase, items[0].case_id), held.account_id)
        assert told.blind
        shown = {item.pseudo_label_id: session.get_one(PseudoLabel, item.pseudo_label_id) for item in items}
        patient = select(Patient.held).join(Image, Image.patient_id == Patient.id)
        assert all(session.scalars(patient.where(Image.id == label.image_id)).one() for label in shown.values())
    assert more(held, audit_id, "HOLDOUT", 1000).added == left - 2
    with pytest.raises(InvalidInput, match="Of every held-out patient"):
        more(held, audit_id, "HOLDOUT", 1)


def planted(loop: Loop, audit_id: int) -> list[AuditItem]:
    with loop.database.transaction() as session:
        query = select(AuditItem).join(AuditCase).join(Plant, Plant.item_id == AuditItem.id)
        return list(session.scalars(query.where(AuditCase.audit_id == audit_id).order_by(AuditItem.id)))


def test_planted_errors_are_added_among_reads_on_films_that_nobody_met(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=2, fix=0, sentinel=5)
    drawn, met = planted(loop, audit_id), set(patients(loop, audit_id, "SENTINEL"))
    told = more(loop, audit_id, "SENTINEL", 4)
    assert told.added == 4
    items = added(loop, audit_id)
    assert len(items) == told.new
    tests = [item for item in items if item.task == "planted"]
    others = [item for item in items if item.task == "read"]
    assert len(tests) == len(others) == 4
    assert {item.stream for item in items} == {"SENTINEL"}
    by_film = sorted(items, key=lambda item: item.case_id)
    assert [item.task == "planted" for item in by_film] not in ([True] * 4 + [False] * 4, [False] * 4 + [True] * 4)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        assert sum(audit.sample.values()) == 2 * 5
        assert all((item.rank or 0) >= audit.sample[item.finding] for item in tests)
        films = [session.get_one(AuditCase, item.case_id).image_id for item in tests]
        assert not {session.get_one(Image, film).patient_id for film in films} & met
        found = readers.detection(session, audit_id)
        assert (found.drawn, found.planned) == (len(drawn), len(drawn) + 4)
    assert redrawn(loop, audit_id)
    read_everything(loop, audit_id, loop.account_id, catches=True)
    with loop.database.transaction() as session:
        found = readers.detection(session, audit_id)
        assert (found.found.hits, found.found.n) == (found.planned, found.planned)
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id), judged=True)
    clause = next(one for one in verdict.clauses if one.name == "reader-trust")
    assert f"{found.planned} of {found.planned} planted errors" in clause.sentence


def test_a_shut_trust_clause_names_the_plants_that_open_it(loop: Loop) -> None:
    """Six plants prove nothing, however well they are found; as many more as are named do."""
    iteration, audit_id = audited(loop, measure=2, fix=0, sentinel=10)
    read_everything(loop, audit_id, loop.account_id, catches=True)

    def clause() -> Any:
        with loop.database.transaction() as session:
            verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id), judged=True)
        return next(one for one in verdict.clauses if one.name == "reader-trust")

    shut = clause()
    assert not shut.passed
    assert shut.stream == "SENTINEL"
    assert 0 < more(loop, audit_id, "SENTINEL", shut.more).added <= shut.more  # the films of a small pool end
    assert not clause().passed
    assert "are not read yet" in clause().sentence
    read_everything(loop, audit_id, loop.account_id, catches=True)
    assert clause().passed


def test_what_cannot_be_asked_for_is_refused(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=2, fix=0)
    for stream, finding, reads in (
        ("FIX", None, 1), ("HOLDOUT", None, 0), ("HOLDOUT", "nodule", 1), ("SENTINEL", "nodule", 1),
        ("MEASURE", None, 1),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            more(loop, audit_id, stream, reads, finding)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="Of every held-out patient"):  # this project holds nobody out
        more(loop, audit_id, "HOLDOUT", 1)
    with pytest.raises(InvalidInput, match="No film is left"):
        for _ in range(100):  # of thirty films
            more(loop, audit_id, "SENTINEL", 5)
    with loop.database.transaction() as session:
        session.get_one(Iteration, iteration.id).stage = "closed"
    for stream in ("HOLDOUT", "SENTINEL"):
        with pytest.raises(Conflict):
            more(loop, audit_id, stream, 1)  # type: ignore[arg-type]


def test_no_second_reader_meets_their_own_added_film_again(held: Loop) -> None:
    """Two readers: each of an added patient's looks goes to another one."""
    _, audit_id = audited(held, **PLAN | {"measure": 0, "holdout": 0, "second": 1.0})
    more(held, audit_id, "HOLDOUT", 3)
    other = person(held, "reader two")
    films: dict[int, list[int]] = {held.account_id: [], other: []}
    for account_id, own in films.items():
        while (case := claim(held, audit_id, account_id)) is not None:
            own.append(case.image_id)
            read(held, case.id, account_id, "accept")
    assert sorted(films[held.account_id]) == sorted(films[other])
    assert len(films[other]) == len(set(films[other])) == 3


def test_a_launch_says_what_margin_holdout_can_show(held: Loop) -> None:
    with held.database.transaction() as session:
        few = power_of_launch(session, held.project_id, Declaration(holdout=3), 0.02).holdout
        many = power_of_launch(session, held.project_id, Declaration(holdout=1000), 0.02).holdout
    assert few is not None
    assert many is not None
    assert (few.patients <= 3, many.patients) == (True, 9)
    assert few.shown >= many.shown
    assert many.margin == 0.15
    assert many.chance < 0.01
    _, audit_id = audited(held, **PLAN)
    drawn = set(patients(held, audit_id, "HOLDOUT"))
    with held.database.transaction() as session:
        after = power_of_launch(session, held.project_id, Declaration(holdout=0), 0.02).holdout
    assert after is not None
    assert after.patients == len(drawn)


def test_nobody_held_out_shows_no_margin(loop: Loop) -> None:
    with loop.database.transaction() as session:
        assert power_of_launch(session, loop.project_id, Declaration(), 0.02).holdout is None
