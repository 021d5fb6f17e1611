"""What an iteration keeps for the learning engine: halves, stability, encoders; teachers refreshed after an audit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from overread import encoders
from overread.db.tables import Encoder, Job, Run
from overread.domain.errors import InvalidInput, InvalidRecipe, MissingDependency
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Pseudo, Start
from overread.domain.learning.recipe.values import from_mapping, to_mapping
from overread.domain.learning.teaching import pool_half
from overread.domain.learning.workers import Workers
from overread.domain.policy.plan import Plan
from overread.recipes import load
from overread.services.loop.encoders import adopt_encoder, start_encoder
from overread.services.loop.iterations import launch_iteration
from overread.services.loop.lineage import teacher_weights
from overread.services.loop.training_sets import ManifestItem, manifest_items, teaching_items
from tests.loop import FINDINGS, Loop

RECIPE = to_mapping(load("demo-teacher-a"))


def items(loop: Loop, sha256: str) -> list[ManifestItem]:
    with loop.database.transaction() as session:
        return list(manifest_items(session, loop.blobs, loop.project_id, sha256))


def second(loop: Loop, stable: bool = False, **changes: Any) -> Any:
    """The second iteration, past a gate that nobody asked."""
    loop.label(loop.launch(min_reads=0), stable=stable)
    return loop.launch(override="a test", **changes)


def test_cross_fitting_trains_two_students_and_neither_sees_the_other_half(loop: Loop) -> None:
    iteration = second(loop, recipes=[RECIPE | {"pseudo": {"cross_fit": True}}])
    with loop.database.transaction() as session:
        runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
        assert [run.half for run in runs] == ["a", "b"]
        assert len({run.seed for run in runs}) == 2
    every = items(loop, iteration.training_set_sha256)
    for half in ("a", "b"):
        own = teaching_items(every, Pseudo(cross_fit=True), half)
        assert {pool_half(item.patient) for item in own if item.machine} == {half}
        assert [item for item in own if not item.machine] == [item for item in every if not item.machine]


def test_iteration_0_has_nothing_to_fit_across(loop: Loop) -> None:
    iteration = loop.launch(recipes=[RECIPE | {"pseudo": {"cross_fit": True}}])
    with loop.database.transaction() as session:
        assert session.scalars(select(Run.half).where(Run.iteration_id == iteration.id)).all() == [None]


def test_stable_films_teach_first_and_unknown_stability_is_refused_in_words(loop: Loop) -> None:
    every = items(loop, second(loop, stable=True).training_set_sha256)
    machine = [item for item in every if item.machine]
    half = teaching_items(every, Pseudo(reliable_share=0.5))
    kept = {item.image_sha256: item for item in half if item.machine}
    assert len(kept) == round(len(machine) / 2)
    left = [max(item.stability.values()) for item in machine if item.image_sha256 not in kept]
    assert min(min(item.stability.values()) for item in kept.values()) >= max(left)
    with pytest.raises(InvalidInput, match="stability"):
        teaching_items([replace(item, stability={}) for item in every], Pseudo(reliable_share=0.5))


def test_a_film_that_is_left_out_keeps_what_people_said_of_it() -> None:
    mixed = ManifestItem("0" * 64, 8, 8, "1", {"nodule": None, "fibrosis": None}, {"nodule": 1.0, "fibrosis": 0.5},
                         frozenset({"fibrosis"}))  # fmt: skip
    whole = ManifestItem(
        "1" * 64, 8, 8, "1", dict.fromkeys(FINDINGS), dict.fromkeys(FINDINGS, 0.5), frozenset(FINDINGS)
    )
    (kept,) = [one for one in teaching_items([mixed, whole], Pseudo(uncertain="drop")) if one.image_sha256[0] == "0"]
    assert (kept.counts, kept.weights, kept.machine) == ({"nodule": None}, {"nodule": 1.0}, frozenset())


def test_what_people_told_of_a_film_stands_apart_from_what_a_machine_did() -> None:
    mixed = ManifestItem("0" * 64, 8, 8, "1", {"nodule": None, "fibrosis": None}, {"nodule": 1.0, "fibrosis": 0.5},
                         frozenset({"fibrosis"}))  # fmt: skip
    people, machine = teaching_items([mixed], Pseudo())
    assert (people.counts, people.weights, people.machine) == ({"nodule": None}, {"nodule": 1.0}, frozenset())
    assert (machine.counts, machine.weights, machine.machine) == ({"fibrosis": None}, {"fibrosis": 0.5}, {"fibrosis"})


def test_a_machine_that_teaches_contours_has_no_negatives_and_people_keep_theirs() -> None:
    """One film that a reader told of as well, one of a machine's negatives alone, a reference."""
    counts = {"nodule": None, "fibrosis": None, "consolidation": b"1"}
    weights = {"nodule": 1.0, "fibrosis": 0.5, "consolidation": 0.7}
    mixed = ManifestItem("0" * 64, 8, 8, "1", counts, weights, frozenset({"fibrosis", "consolidation"}))
    empty = ManifestItem("1" * 64, 8, 8, "2", {"nodule": None}, {"nodule": 0.5}, frozenset({"nodule"}))
    reference = ManifestItem("2" * 64, 8, 8, "3", {"nodule": None, "fibrosis": b"1"}, {"nodule": 1.0, "fibrosis": 1.0},
                             frozenset())  # fmt: skip
    people, truth, machine = teaching_items([mixed, empty, reference], Pseudo(teaches="contour"))
    assert (people.counts, people.machine, truth) == ({"nodule": None}, frozenset(), reference)
    assert (machine.counts, machine.weights) == ({"consolidation": b"1"}, {"consolidation": 0.7})
    assert machine.machine == {"consolidation"}
    assert len(teaching_items([mixed, empty, reference], Pseudo())) == 4


def test_a_refresh_learns_from_truth_and_reads_and_needs_no_open_gate(loop: Loop) -> None:
    with pytest.raises(InvalidInput, match="no teacher to refresh"):
        loop.launch(refresh=True)
    loop.label(loop.launch(min_reads=29))  # nobody has read: the gate is shut
    iteration = loop.launch(refresh=True)
    assert iteration.index == 1
    assert all(not item.machine for item in items(loop, iteration.training_set_sha256))


def test_a_student_goes_on_from_the_teacher_of_its_kind(loop: Loop) -> None:
    going_on = RECIPE | {"from_teacher": True}
    with pytest.raises(InvalidRecipe, match="iteration 0 has none"):
        loop.launch(recipes=[going_on])
    wider = RECIPE | {"width": RECIPE["width"] + 4}
    loop.label(loop.launch(recipes=[wider, RECIPE], min_reads=0))
    with loop.database.transaction() as session:
        for run in session.scalars(select(Run)):
            run.checkpoint_sha256 = loop.blobs.put(str(run.position).encode())
    iteration = loop.launch(override="a test", recipes=[wider | {"from_teacher": True}, going_on])
    with pytest.raises(InvalidRecipe, match="none of its network and width"):
        check_kind(loop, iteration.index, RECIPE | {"from_teacher": True, "width": RECIPE["width"] + 8})
    with loop.database.transaction() as session:
        teachers = session.scalars(select(Run).where(Run.iteration_id != iteration.id).order_by(Run.position)).all()
        students = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
        for student, teacher in zip(students, teachers, strict=True):
            recipe = student.recipe
            found = teacher_weights(session, loop.project_id, iteration.index, recipe, student.position)
            assert found == teacher.checkpoint_sha256 is not None


def check_kind(loop: Loop, index: int, recipe: dict[str, Any]) -> None:
    with loop.database.transaction() as session:
        teacher_weights(session, loop.project_id, index, from_mapping(recipe), 0)


def test_an_encoder_is_taught_on_the_pool_by_a_job(loop: Loop) -> None:
    recipe = Recipe("start", "small-unet", size=32, start=Start("simclr", batch=8))
    with loop.database.transaction() as session:
        encoder = start_encoder(session, loop.project_id, recipe)
        job = session.get_one(Job, encoder.job_id)
        assert (job.kind, job.queue, job.arguments) == ("pretrain", "gpu", {"encoder_id": encoder.id})
    with pytest.raises(InvalidInput, match="simclr or moco"), loop.database.transaction() as session:
        start_encoder(session, loop.project_id, replace(recipe, start=Start()))
    with pytest.raises(InvalidInput, match="30 films"), loop.database.transaction() as session:
        start_encoder(session, loop.project_id, replace(recipe, start=Start("moco", batch=64)))
    with loop.database.transaction() as session:
        assert len(session.scalars(select(Encoder.id)).all()) == 1


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"network": "efficientnet_b5"}, "Did you mean 'efficientnet-b5'"),
        ({"network": "efficientnet-b5", "encoder_weights": "imagenet"}, "OVERREAD_HUB=true"),
        ({"network": "efficientnet-b5", "batch": 1}, "leaves one alone"),
        ({"network": "efficientnet-b5", "batch": 4, "accumulate": 4}, "in 4 pieces"),
    ],
)
def test_a_network_that_workers_cannot_build_or_train_is_refused_before_a_job_exists(
    loop: Loop, recipe: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRecipe, match=said):
        loop.launch(recipes=["demo-teacher-a", RECIPE | recipe])
    if "batch" not in recipe:
        wrong = from_mapping(RECIPE | recipe | {"start": {"method": "moco", "batch": 8}})
        with pytest.raises(InvalidRecipe, match=said), loop.database.transaction() as session:
            start_encoder(session, loop.project_id, wrong)
    with loop.database.transaction() as session:
        assert session.scalars(select(Job.id)).all() == []


def test_what_the_workers_have_is_launched(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Plan(recipes=(replace(load("study-1-finding-initial"), batch=4),))
    for workers, said in ((Workers(), "OVERREAD_HUB"), (Workers(processes=4, hub=True), "shared by 4 processes")):
        with pytest.raises(InvalidRecipe, match=said):
            launch_iteration(loop.database, loop.blobs, loop.project_id, study, loop.account_id, workers)
    monkeypatch.setattr(encoders, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency, match="pip install"):
        loop.launch(recipes=["films-teacher-a"])
    both = Workers(processes=2, hub=True)
    assert launch_iteration(loop.database, loop.blobs, loop.project_id, study, loop.account_id, both).index == 0


def safetensors(header: bytes, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header


def test_a_checkpoint_that_is_missing_or_none_is_refused_before_a_job_exists(loop: Loop, tmp_path: Path) -> None:
    own, deep = tmp_path / "own.safetensors", safetensors(b"[" * 100_000)
    with pytest.raises(InvalidRecipe, match="no such file"):
        adopt_encoder(loop.blobs, Recipe("x", "small-unet", encoder_weights=str(own)))
    for content in (b"\x80\x04\x95pickle and more", b"", safetensors(b"[]"), safetensors(b"{}", 2**60), deep):
        own.write_bytes(content)
        with pytest.raises(InvalidRecipe, match="no safetensors file"):
            adopt_encoder(loop.blobs, Recipe("x", "small-unet", encoder_weights=str(own)))
    own.write_bytes(safetensors(json.dumps({"__metadata__": {}}).encode()))
    adopted = adopt_encoder(loop.blobs, Recipe("x", "small-unet", encoder_weights=str(own)))
    pickled = loop.blobs.put(b"\x80\x04\x95pickle and more")
    for weights, said in (("f" * 64, "not here"), (str(own), "by its SHA-256"), (pickled, "no safetensors")):
        with pytest.raises(InvalidRecipe, match=said):
            loop.launch(recipes=[RECIPE | {"encoder_weights": weights}])
    with loop.database.transaction() as session:
        assert session.scalars(select(Job.id)).all() == []
    loop.launch(recipes=[RECIPE | {"encoder_weights": adopted.encoder_weights}])
