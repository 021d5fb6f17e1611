"""The learning engine's jobs on real rows: an encoder taught and named, two halves crossed, rare findings drawn,
several processes at one network."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from safetensors.torch import load_file
from sqlalchemy import select

import overread_worker.ml.epoch as epoch
import overread_worker.tasks.learn as learn
from overread.app import create_app
from overread.db.tables import Encoder, Epoch, Image, Iteration, Job, ProbabilityMap, Run
from overread.domain.errors import MissingDependency
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.learning.teaching import pool_half
from overread.services.loop.encoders import start_encoder
from overread.services.loop.training_sets import manifest_items
from overread.services.people import accounts
from overread.settings import Settings
from overread_worker.app import watch_job
from overread_worker.ml.dataset import TrainingItem, read_film
from overread_worker.ml.predict import Members
from overread_worker.ml.train import TrainingData
from overread_worker.tasks.curves import open_curves
from tests.loop import FINDINGS, Loop
from tests.work_folders import TINY, work

CURVE = {"loss", "class_loss", "mask_loss", "pool_loss", "learning_rate", "images_per_second", "truth_share", "waited",
         "d_auc", "dice"}  # fmt: skip


def runs_of(loop: Loop, iteration: Iteration) -> list[Run]:
    with loop.database.transaction() as session:
        return list(session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)))


def checkpoint(loop: Loop, row: Run | Encoder) -> Path:
    assert row.checkpoint_sha256 is not None
    return loop.blobs.path(row.checkpoint_sha256)


def test_two_students_each_learn_from_half_the_pool_and_label_the_other(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[TrainingItem]] = []
    train: Callable[..., Any] = learn.train  # type: ignore[attr-defined]

    def watched(recipe: Any, data: TrainingData, *rest: Any) -> Any:
        seen.append(data.items)
        return train(recipe, data, *rest)

    monkeypatch.setattr(learn, "train", watched)
    loop.launch(recipes=[TINY])
    assert work(loop, settings) == ["train", "label", "evaluate", "audit"]
    pool = {"average": 0.9, "pool": {"method": "mean_teacher", "batch": 4}}
    iteration = loop.launch(recipes=[TINY | pool | {"pseudo": {"cross_fit": True}}], override="a test")
    assert work(loop, settings) == ["train", "train", "label", "evaluate", "audit"]
    taught = [{pool_half(item.patient) for item in items if item.machine} for items in seen]
    assert taught == [set(), {"a"}, {"b"}]
    people = [sorted(str(item.image) for item in items if not item.machine) for items in seen]
    assert people[0] == people[1] == people[2]
    _check_labels(loop, iteration)


def _check_labels(loop: Loop, iteration: Iteration) -> None:
    """Each film of the pool carries the presences and maps of the student that its half did not teach."""
    recipe = from_mapping(TINY)
    students = {str(one.half): Members([checkpoint(loop, one)], FINDINGS, recipe) for one in runs_of(loop, iteration)}
    other, labelled = {"a": "b", "b": "a"}, Counter[str]()
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        assert row.stage == "auditing"
        query = select(ProbabilityMap, Image).join(Image, Image.id == ProbabilityMap.image_id)
        for stored, image in session.execute(query.where(ProbabilityMap.labelling_id == row.labelling_id)).all():
            half = pool_half(str(image.patient_id))
            film = read_film(loop.blobs.path(image.sha256), recipe.size)[None]
            own, crossed = (_presences(students[name], film) for name in (half, other[half]))
            told = np.array([stored.members[finding] for finding in FINDINGS])
            assert told == pytest.approx(crossed, abs=1e-3)
            assert told != pytest.approx(own, abs=1e-3)
            labelled[half] += 1
    assert sum(labelled.values()) == 30
    assert min(labelled["a"], labelled["b"]) > 5


def _presences(member: Members, film: Any) -> Any:
    """q of one network, (F, 1): half its classifier, half its map's maximum."""
    maps, classifier = member.predict(film)
    return ((classifier + maps.amax(dim=(-2, -1))) / 2)[0, 0, :, None].numpy()


def test_rare_findings_are_met_as_often_as_the_recipe_says(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    prevalence = {finding: 0.9 if finding == "nodule" else 0.0 for finding in FINDINGS} | {"fibrosis": 0.08}
    loop.source("clinic", "labelled", count=60, size=32, seed=5, shares={"train": 1.0}, prevalence=prevalence)
    met: list[np.ndarray] = []
    losses = epoch.batch_losses

    def watched(learner: Any, batch: Any, done: float) -> Any:
        met.append(batch.targets.presence.numpy())
        return losses(learner, batch, done)

    monkeypatch.setattr(epoch, "batch_losses", watched)
    # From iteration 0 on, the pool teaches by consistency as well.
    iteration = loop.launch(recipes=[TINY | {"rare": 1.0, "epochs": 4, "pool": {"method": "uda", "batch": 4}}])
    assert work(loop, settings) == ["train", "label", "evaluate", "audit"]
    with loop.database.transaction() as session:
        films = list(manifest_items(session, loop.blobs, loop.project_id, iteration.training_set_sha256))
        curve = session.scalars(select(Epoch).order_by(Epoch.epoch)).all()
        assert [set(point.values.values()) for point in curve] == [CURVE] * 4
        assert all(point.values.pool_loss is not None for point in curve)
        assert curve[-1].values.d_auc is not None
    drawn = dict(zip(FINDINGS, np.concatenate(met).mean(axis=0), strict=True))
    there = {f: float(np.mean([film.counts[f] is not None for film in films])) for f in FINDINGS}
    assert 0 < there["fibrosis"] < 0.2 < 0.7 < there["nodule"]
    assert drawn["fibrosis"] > 1.5 * there["fibrosis"]
    assert drawn["nodule"] < there["nodule"]


def _check_pictures(loop: Loop, settings: Settings, iteration: Iteration) -> None:
    """The web gets what the network saw, and how it did, over HTTP."""
    (run_row,) = runs_of(loop, iteration)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        with loop.database.transaction() as session:
            token = accounts.invite(session, "looks at pictures", "reader")
        assert client.post("/api/v1/sign-in/link", json={"token": token}).status_code == 200
        (told,) = client.get(f"/api/v1/iterations/{iteration.id}").json()["runs"]
        assert told["pictures"] == ["batch", "best", "worst"]
        for name in told["pictures"]:
            answer = client.get(f"/api/v1/runs/{run_row.id}/pictures/{name}")
            assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
        assert client.get(f"/api/v1/runs/{run_row.id}/pictures/other").status_code == 404


def test_curves_go_to_tensorboard_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_curves(None, "run-1") is None
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingDependency, match="pip install tensorboard"):
        open_curves(tmp_path, "run-1")
    written: list[tuple[str, float, int]] = []
    writer = SimpleNamespace(add_scalar=lambda *scalar: written.append(scalar), flush=lambda: None)
    library = ModuleType("torch.utils.tensorboard")
    library.SummaryWriter = lambda folder: writer if folder == str(tmp_path / "run-1") else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", library)
    write = open_curves(tmp_path, "run-1")
    assert write is not None
    write(3, {"loss": 0.5, "d_auc": None})
    assert written == [("loss", 0.5, 3)]


@pytest.mark.parametrize("method", ["simclr", "moco"])
def test_an_encoder_of_the_pool_is_where_a_named_recipe_starts(loop: Loop, settings: Settings, method: str) -> None:
    start = from_mapping(TINY | {"start": {"method": method, "epochs": 1, "batch": 8}})
    with loop.database.transaction() as session:
        encoder_id = start_encoder(session, loop.project_id, start).id
    assert work(loop, settings) == ["pretrain"]
    with loop.database.transaction() as session:
        encoder = session.get_one(Encoder, encoder_id)
        assert encoder.values is not None
        assert encoder.values.epoch == 0
        assert encoder.values.loss > 0
    still = TINY | {"epochs": 1, "learning_rate": 1e-12, "encoder_weights": encoder.checkpoint_sha256}
    iteration = loop.launch(recipes=[still])
    assert work(loop, settings)[0] == "train"
    _check_pictures(loop, settings, iteration)
    taught, (student,) = load_file(checkpoint(loop, encoder)), runs_of(loop, iteration)
    published = load_file(checkpoint(loop, student))
    for name, weights in taught.items():
        assert published[f"encoder.{name}"].numpy() == pytest.approx(weights.numpy(), abs=1e-9)


def test_torchrun_trains_one_network_by_two_processes_and_one_of_them_writes(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = settings.model_copy(update={"training_processes": 2})
    for name, value in two.environment().items():
        monkeypatch.setenv(name, value)
    iteration = loop.launch(recipes=[TINY])
    (queued,) = runs_of(loop, iteration)
    assert queued.job_id is not None
    watch_job(two, queued.job_id)
    (done,) = runs_of(loop, iteration)
    assert checkpoint(loop, done).is_file()
    with loop.database.transaction() as session:
        job = session.get_one(Job, queued.job_id)
        assert (job.state, job.error, job.attempts) == ("done", None, 1)
        assert session.get_one(Iteration, iteration.id).stage == "labelling"
        assert session.scalars(select(Epoch.epoch).order_by(Epoch.epoch)).all() == [0, 1]
