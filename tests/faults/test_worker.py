"""Workers, killed where it hurts."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from overread.db.session import Database
from overread.db.tables import Epoch, Job, PseudoLabel, Run
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.policy.plan import Plan
from overread.jobs import Sender
from overread.services.loop.iterations import cancel_iteration, launch_iteration
from overread.services.loop.reaper import reap
from overread.settings import Settings
from overread.storage import BlobStore
from overread_worker import app
from tests.faults.workers import RECIPE, count, kill, launch, running, stage, wait_for_worker, worker
from tests.loop import Loop
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("workers")


def kill_when(loop: Loop, settings: Settings, moment: Callable[[], bool]) -> None:
    """Kill -9 a worker with all its processes at this moment, and let the reaper find out."""
    with worker(settings) as first:
        wait_for_worker(loop, moment)
        kill(first)
    until(lambda: reap(loop.database) is None and not running(loop), 20)  # type: ignore[func-returns-value]


@contextmanager
def labels_held_back(loop: Loop) -> Iterator[None]:
    """No shard can end while this lasts: its rows wait for a lock of ours."""
    with loop.database.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {PseudoLabel.__tablename__} IN SHARE MODE"))
        yield


def test_kill_9_in_training_and_in_a_shard_loses_and_doubles_nothing(loop: Loop, settings: Settings) -> None:
    iteration = launch(loop, settings)
    kill_when(loop, settings, lambda: count(loop, Epoch) >= 3)
    before = count(loop, Epoch)
    assert before < RECIPE["epochs"]  # type: ignore[operator]
    with labels_held_back(loop):
        kill_when(loop, settings, lambda: stage(loop, iteration) == "labelling" and running(loop) > 0)
    with worker(settings):
        wait_for_worker(loop, lambda: reap(loop.database) is None and stage(loop, iteration) == "auditing")  # type: ignore[func-returns-value]
    with loop.database.transaction() as session:
        epochs = session.scalars(select(Epoch.epoch).order_by(Epoch.epoch)).all()
        assert epochs == list(range(RECIPE["epochs"]))  # type: ignore[call-overload]
        assert session.scalar(select(func.count()).select_from(PseudoLabel)) == 30 * 5
        jobs = session.scalars(select(Job).order_by(Job.id)).all()
        assert {job.state for job in jobs} == {"done"}
        assert (jobs[0].fence, jobs[0].attempts) == (2, 1)  # begun twice, and forgiven when it got further
        assert session.scalars(select(Run.checkpoint_sha256)).one() is not None


# A job that records its end, then takes longer than a heartbeat to send what follows.
SLOW_TO_SEND = """
import sys, time
from pathlib import Path
from sqlalchemy import create_engine, text
with create_engine(sys.argv[1]).begin() as connection:
    connection.execute(text("update job set state = 'done', lease_until = null, finished_at = now()"))
time.sleep(1.5)
Path(sys.argv[2]).touch()
"""


def test_a_job_that_has_ended_may_still_send_what_follows(
    loop: Loop, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(loop, settings)
    command = [sys.executable, "-c", SLOW_TO_SEND, settings.database_url, str(tmp_path / "sent")]
    monkeypatch.setattr(app, "_command", lambda *_: command)
    with loop.database.transaction() as session:
        job = session.scalars(select(Job.id)).one()
    app.watch_job(settings.model_copy(update={"lease_seconds": 0.6}), job)
    assert (tmp_path / "sent").exists()


# A job that takes longer than a few heartbeats.
LASTS = "import sys, time; time.sleep(2); open(sys.argv[1], 'w')"


def test_a_database_that_is_away_for_a_moment_does_not_stop_a_job(
    loop: Loop, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(loop, settings)
    beats, renew = [], app.renew_lease  # type: ignore[attr-defined]

    def away_at_first(*arguments: Any) -> bool:
        beats.append(arguments)
        if len(beats) < 2:
            raise OperationalError("select 1", {}, Exception("terminating connection"))
        return renew(*arguments)

    monkeypatch.setattr(app, "renew_lease", away_at_first)
    monkeypatch.setattr(app, "_command", lambda *_: [sys.executable, "-c", LASTS, str(tmp_path / "lasted")])
    with loop.database.transaction() as session:
        job = session.scalars(select(Job.id)).one()
    app.watch_job(settings.model_copy(update={"lease_seconds": 1.5}), job)
    assert (tmp_path / "lasted").exists()
    assert len(beats) > 1


# What a job's process writes down: how many threads it was given.
TELLS_ITS_THREADS = "import os, sys; open(sys.argv[1], 'w').write(os.environ['OMP_NUM_THREADS'])"


@pytest.mark.parametrize(("runs", "threads"), [(1, "8"), (2, "4"), (3, "4")])
def test_a_job_shares_the_cores_with_those_of_its_kind_alone(
    loop: Loop, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int, threads: str
) -> None:
    launch_iteration(
        loop.database, BlobStore(settings.blob_folder), loop.project_id, Plan(recipes=(from_mapping(RECIPE),) * runs)
    )
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr(app, "_command", lambda *_: [sys.executable, "-c", TELLS_ITS_THREADS, str(tmp_path / "told")])
    with loop.database.transaction() as session:
        first = session.scalars(select(Job.id).order_by(Job.id)).first()
    app.watch_job(settings, first or 0, concurrency=2)
    assert (tmp_path / "told").read_text() == threads


def test_cancel_stops_a_training_within_seconds(loop: Loop, settings: Settings) -> None:
    with worker(settings):
        iteration = launch(loop, settings, epochs=5000)
        wait_for_worker(loop, lambda: count(loop, Epoch) >= 2)
        with loop.database.transaction() as session:
            cancel_iteration(session, iteration.id)
        until(lambda: not running(loop), 15)
    with loop.database.transaction() as session:
        assert session.scalars(select(Job.state)).all() == ["cancelled"]


def test_a_launch_while_redis_is_away_waits_in_its_row(loop: Loop, settings: Settings) -> None:
    away = Database(settings.database_url, Sender("unix:///nowhere/valkey.sock"))
    plan = Plan(recipes=(from_mapping(RECIPE | {"epochs": 1}),), measure=3, fix=3)
    iteration = launch_iteration(away, BlobStore(settings.blob_folder), loop.project_id, plan)
    away.engine.dispose()
    assert stage(loop, iteration) == "training"
    with worker(settings):
        # Ten seconds later the worker's own reaper sends again what still waits: no service need be up.
        wait_for_worker(loop, lambda: stage(loop, iteration) == "auditing")


def test_a_worker_without_torch_says_what_to_install(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['torch'] = None")
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "overread.cli", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert 'pip install "overread[worker]"' in done.stderr
    assert "Traceback" not in done.stderr
