"""Why scores rose or fell: films that moved, what is unlike, what entered from whom, and what must not be told."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import inspect, select

from overread.datasets.phantoms.phantom import truth
from overread.db.session import Database
from overread.db.tables import (
    AuditCase,
    Epoch,
    Image,
    Iteration,
    Patient,
    PseudoLabel,
    Read,
    Run,
    TrainingSet,
)
from overread.domain.errors import Conflict
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics
from overread.domain.learning.reports import EpochReport
from overread.services.explore.moved import MovedFilm
from overread.services.explore.why import Why, why
from overread.services.films.told import last_change
from overread.services.labelling.evaluation import record_evaluation
from overread.services.loop.training_sets import read_manifest
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import FINDINGS, POOL, Loop, make_loop
from tests.reading import audited, read_all, read_truly
from tests.services.films.folders import film, folder_source

FIRST = {"measure": 9, "fix": 10, "holdout": 12, "keep_out": 0.5, "min_reads": 0}
SECOND = {"measure": 0, "fix": 2, "sentinel": 10, "holdout": 0, "keep_out": 0.5, "override": "to compare with"}


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)


def ask(loop: Loop, iteration: Iteration) -> Why:
    with loop.database.transaction() as session:
        return why(session, session.get_one(Iteration, iteration.id))


def two_iterations(loop: Loop) -> tuple[Iteration, Iteration, int]:
    """One that was read as it is, and the next, wrong on other films, its audit open; and that audit."""
    first, audit_id = audited(loop, wrong=lambda film: 0.6 * (film.id % 2), **FIRST)
    read_truly(loop, audit_id)
    second, next_audit = audited(loop, wrong=lambda film: 0.4 * (film.id % 3 == 0), **SECOND)
    return first, second, next_audit


def expected(loop: Loop, first: Iteration, second: Iteration) -> dict[int, float]:
    """The gain of each label of the second iteration beside the phantom's truth: everything was read as it is."""
    gains: dict[int, float] = {}
    with loop.database.transaction() as session:
        query = select(PseudoLabel, Image.file_name, PseudoLabel.area)
        rows = session.execute(query.join(Image, Image.id == PseudoLabel.image_id)).all()
        right = {
            (label.labelling_id, label.image_id, label.finding): (label.id, _agrees(name, label.finding, area))
            for label, name, area in rows
        }
    for (labelling, image, finding), (label_id, after) in right.items():
        if labelling == second.labelling_id:
            gains[label_id] = float(after) - float(right[first.labelling_id, image, finding][1])  # type: ignore[index]
    return gains


def _agrees(name: str, finding: str, area: int) -> bool:
    """A wrong label of the loop's says the opposite, so that the areas tell."""
    return int(truth(POOL, name)[finding].sum()) == area


def test_films_that_moved_are_measured_against_people(held: Loop) -> None:
    first, second, _ = two_iterations(held)
    told, gains = ask(held, second), expected(held, first, second)
    assert [moves.finding for moves in told.moves] == FINDINGS
    films: list[MovedFilm] = []
    for moves in told.moves:
        assert [film.gain for film in moves.gained] == [1.0] * len(moves.gained)
        assert [film.gain for film in moves.lost] == [-1.0] * len(moves.lost)
        assert {film.finding for film in moves.gained + moves.lost} <= {moves.finding}
        nearer, away = (sum(getattr(group, way) for group in moves.groups) for way in ("nearer", "away"))
        assert (len(moves.gained), len(moves.lost)) == (min(6, nearer), min(6, away))
        for group in moves.groups:
            wanted = (group.nearer - group.away) / group.gain.n
            assert (group.gain.n, group.gain.value) == (group.nearer + group.away + group.same, pytest.approx(wanted))
        films += moves.gained + moves.lost
    assert len(films) > 10
    assert all(gains[film.label_id] == film.gain for film in films)
    with held.database.transaction() as session:
        manifest = session.get_one(Iteration, second.id).training_set_sha256
        names = {image.sha256: image.id for image in session.scalars(select(Image))}
        blind = set(session.scalars(select(Image.id).join(Patient, Patient.id == Image.patient_id).where(Patient.held)))
        read = {
            (names[line.image], finding)
            for line in read_manifest(held.blobs, manifest)
            for finding, target in line.targets.items()
            if target.kind == "read"
        }
    assert {film.learned for film in films} == {True, False}
    assert all(film.learned == ((film.image_id, film.finding) in read) for film in films)
    assert {film.image_id in blind for film in films} == {True, False}
    assert all((film.truth.verdict is None) == (film.image_id in blind) for film in films)


def test_nothing_is_told_of_what_an_open_audit_waits_for(held: Loop) -> None:
    _, second, next_audit = two_iterations(held)
    with held.database.transaction() as session:
        waiting = set(session.scalars(select(AuditCase.image_id).where(AuditCase.audit_id == next_audit)))
    before = ask(held, second)
    assert waiting
    assert not {film.image_id for film in shown(before)} & waiting
    read_all(held, next_audit)
    told = units_of(ask(held, second))
    assert told > units_of(before)  # what was waited for is there
    with held.database.transaction() as session:  # people's word on a unit in whose place an error is planted
        plant = session.scalars(select(Read).where(Read.task == "planted").limit(1)).one()
        told_of = {one.key: getattr(plant, one.key) for one in inspect(Read).column_attrs if one.key != "id"}
        session.add(Read(**told_of | {"task": "read", "verdict": "reject", "mask_id": None}))
    assert units_of(ask(held, second)) == told
    with held.database.transaction() as session:
        session.get_one(Iteration, second.id).stage = "closed"
    assert units_of(ask(held, second)) == told + 1


def shown(told: Why) -> list[MovedFilm]:
    return [film for moves in told.moves for film in (*moves.gained, *moves.lost)]


def units_of(told: Why) -> int:
    return sum(group.gain.n for moves in told.moves for group in moves.groups)


def test_what_entered_is_told_by_whom_it_came_from_and_stays(held: Loop) -> None:
    first, second, next_audit = two_iterations(held)
    told = ask(held, second)
    with held.database.transaction() as session:
        counts = session.get_one(TrainingSet, second.training_set_sha256).counts
        lines = read_manifest(held.blobs, second.training_set_sha256)
    kinds: Counter[str] = Counter()
    lesions: Counter[tuple[str, str]] = Counter()
    for one in told.entered:
        kinds[one.kind] += one.positives + one.negatives
        lesions[one.finding, one.kind] += one.positives
    assert kinds == {"reference": counts.reference, "read": counts.read, "pseudo": counts.pseudo}
    targets = [pair for line in lines for pair in line.targets.items()]
    assert +lesions == Counter((finding, target.kind) for finding, target in targets if target.mask)
    assert list(dict.fromkeys(one.finding for one in told.entered)) == FINDINGS
    for one in told.entered:
        origin = (one.source, one.iteration, one.stream is not None, one.verdict is not None, one.decision is not None)
        assert (
            origin
            == {
                "reference": ("hospital", None, False, False, False),
                "read": (None, 0, True, True, False),
                "pseudo": (None, 0, False, False, True),
            }[one.kind]
        )
        assert one.verdict != "reject" or one.positives == 0
        assert one.decision is None or (one.decision == "positive") == (one.positives > 0)
    assert {one.stream for one in told.entered} >= {"MEASURE", "FIX"}
    with held.database.transaction() as session:  # what people say later entered nothing then
        films = select(AuditCase.id, AuditCase.image_id).where(AuditCase.audit_id == next_audit)
        cases = {image_id: case_id for case_id, image_id in session.execute(films)}
        said = select(Read).where(Read.image_id.in_(cases), Read.verdict == "accept", Read.task == "read")
        earlier = session.scalars(said.order_by(Read.id).limit(1)).one()
        told_of = {one.key: getattr(earlier, one.key) for one in inspect(Read).column_attrs}
        for name in ("id", "created_at"):
            del told_of[name]
        session.add(Read(**told_of | {"case_id": cases[earlier.image_id], "verdict": "reject", "mask_id": None}))
    assert ask(held, second).entered == told.entered
    with pytest.raises(Conflict, match="no iteration before number 0"):
        ask(held, first)


def measured(positives: int, value: float, source: str) -> EnsembleMetrics:
    row = FindingMetrics(positives, 7, positives + 7, 128, d_auc=value, d_auc_interval=[value - 0.1, value + 0.1])
    whole = EnsembleMetrics({"nodule": row, "fibrosis": replace(row, d_auc=None)}, MacroMetrics(d_auc=value))
    return replace(whole, sources={source: whole})


def test_unlike_things_and_recipes_stand_beside_the_scores(loop: Loop) -> None:
    first, _ = audited(loop, recipes=["demo-teacher-a", "demo-teacher-b"])
    second = loop.launch(recipes=["demo-teacher-b"], override="to compare with", seed=3, withhold=["nodule"])
    assert {one.what for one in ask(loop, second).unlike} == {"networks", "seeds", "thresholds"} & {
        one.what for one in ask(loop, second).unlike
    } | {"networks", "seeds"}  # of a training that goes on neither epochs nor parameters are told
    loop.label(second)
    with loop.database.transaction() as session:
        for index, epochs in enumerate((2, 3, 1)):
            run = session.scalars(select(Run).order_by(Run.id).offset(index).limit(1)).one()
            for epoch in range(epochs):
                session.add(Epoch(run_id=run.id, epoch=epoch, values=EpochReport(epoch, 1, 1, 1, None, 0.1, 1, 1, 0)))
        one, other = (session.get_one(Iteration, row.id) for row in (first, second))
        record_evaluation(session, one, {"development": measured(5, 0.8, "hospital")})
        record_evaluation(
            session, other, {"development": measured(6, 0.7, "pool"), "external": measured(3, 0.9, "pool")}
        )
    told = ask(loop, second)
    assert told.split == "development"  # the first was scored on no external film
    assert [(one.finding, one.metric, one.before.value, one.after.value) for one in told.scores] == [
        ("nodule", "d_auc", 0.8, 0.7)
    ]
    assert told.scores[0].after.interval == pytest.approx([0.6, 0.8])
    unlike = {(one.what, one.finding): (one.before, one.after) for one in told.unlike}
    assert unlike["networks", None] == ("2", "1")
    assert unlike["epochs", None] == ("2 + 3", "1")
    assert unlike["parameters", None] == ("77,186 + 77,186", "77,186")
    assert unlike["seeds", None] == ("0 + 1", "3000")
    assert unlike["test-films", "nodule"] == ("5 + 7", "6 + 7")
    assert unlike["test-sources", None] == ("hospital", "pool")
    assert not {what for what, _ in unlike} & {"code", "test-split"}
    assert [(one.before, one.after) for one in told.recipes] == [
        ("demo-teacher-a", "demo-teacher-b"),
        ("demo-teacher-b", "demo-teacher-b"),
    ]
    assert "epochs" in {setting.key for setting in told.recipes[0].settings}
    assert (told.withheld, told.thresholds, told.refresh) == (("nodule",), "hand", False)
    assert {one.kind for one in told.entered if one.finding == "nodule"} == {"reference"}


def test_reference_masks_that_changed_between_both_evaluations_are_unlike(loop: Loop, tmp_path: Path) -> None:
    def come(nodule: int) -> None:
        lesion = np.zeros((24, 20), np.uint8)
        lesion[2 : 2 + nodule, 2:5] = 255
        (films := tmp_path / "test films").mkdir(exist_ok=True)
        film(films / "a.png", 1)
        cv2.imwrite(str(films / "a__nodule.png"), lesion)
        folder_source(loop, films, "tests", "external")

    def score(iteration: Iteration) -> None:
        with loop.database.transaction() as session:
            row = session.get_one(Iteration, iteration.id)
            record_evaluation(
                session, row, {"external": measured(5, 0.8, "tests")}, last_change(session, row.project_id)
            )

    come(4)
    come(5)  # before either
    first, _ = audited(loop)
    score(first)
    second, _ = audited(loop, override="to compare with")
    score(second)
    assert "test-masks" not in {one.what for one in ask(loop, second).unlike}
    come(6)
    score(second)
    told = {(one.what, one.finding): (one.before, one.after) for one in ask(loop, second).unlike}
    assert told["test-masks", "nodule"] == ("0", "1")


@pytest.mark.parametrize("teaches", ["contour", "all"])
def test_what_machine_labels_taught_is_told_beside_their_numbers(loop: Loop, teaches: str) -> None:
    audited(loop)
    second, _ = audited(
        loop,
        recipes=[{"name": "student", "network": "small-unet", "pseudo": {"teaches": teaches}}],
        override="to compare with",
    )
    assert ask(loop, second).teaches == teaches
