"""Real workers on a real queue, killed where it hurts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import redis
from sqlalchemy import func, select, text

from backend.db.session import Database
from backend.db.tables import Epoch, Iteration, Job, PseudoLabel, Run
from backend.jobs import Sender
from backend.services import projects
from backend.services.iterations import cancel_iteration, launch_iteration
from backend.services.jobs import create_job
from backend.services.launches import Launch
from backend.services.reaper import reap
from backend.settings import Settings
from backend.storage import BlobStore
from tests.loop import Loop
from worker import app, slots

RECIPE = {
    "name": "slow",
    "network": "small-unet",
    "width": 4,
    "size": 32,
    "epochs": 40,
    "batch": 2,
    "augment": {"policy": "none"},
}
pytestmark = pytest.mark.xdist_group("workers")


@contextmanager
def worker(settings: Settings, queue: str = "gpu,cpu", **changes: object) -> Iterator[subprocess.Popen[bytes]]:
    """`overread worker`, with all its processes in a group of their own."""
    command = [sys.executable, "-m", "backend.cli", "worker", "--queue", queue, "--concurrency", "1"]
    quick = settings.model_copy(update={"lease_seconds": 3.0} | changes)
    process = subprocess.Popen(command, env=os.environ | quick.environment(), start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(what: Callable[[], bool], seconds: float = 300) -> None:
    """Five minutes: three jobs each load the learning engine, on cores that other tests keep busy."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """As everywhere, but messages really go out."""
    opened = Database(settings.database_url, Sender(settings.redis_url))
    yield opened
    opened.engine.dispose()


def launch(loop: Loop, settings: Settings, **changes: object) -> Iteration:
    plan = Launch(recipes=[RECIPE | changes], measure=3, fix=3)
    return launch_iteration(loop.database, BlobStore(settings.blob_folder), loop.project_id, plan)


def count(loop: Loop, table: type) -> int:
    with loop.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def stage(loop: Loop, iteration: Iteration) -> str:
    with loop.database.transaction() as session:
        return session.get_one(Iteration, iteration.id).stage


def told(loop: Loop) -> str:
    """What every job says of itself: a failure here has no other witness."""
    with loop.database.transaction() as session:
        jobs = session.scalars(select(Job).order_by(Job.id))
        return "; ".join(f"{j.kind} {j.state}, attempt {j.attempts}, {j.progress}, {j.error}" for j in jobs)


def wait_for_worker(loop: Loop, moment: Callable[[], bool]) -> None:
    """Wait for what a worker does; if it does not come, say how its jobs stand."""
    try:
        wait_for(moment)
    except AssertionError as error:
        raise AssertionError(told(loop)) from error


def kill_when(loop: Loop, settings: Settings, moment: Callable[[], bool]) -> None:
    """Kill -9 a worker with all its processes at this moment, and let the reaper find out."""
    with worker(settings) as first:
        wait_for_worker(loop, moment)
        kill(first)
    wait_for(lambda: reap(loop.database) is None and not running(loop), 20)


@contextmanager
def labels_held_back(loop: Loop) -> Iterator[None]:
    """No shard can end while this lasts: its rows wait for a lock of ours."""
    with loop.database.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {PseudoLabel.__tablename__} IN SHARE MODE"))
        yield


def running(loop: Loop) -> int:
    with loop.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.state == "running")) or 0


def test_kill_9_in_training_and_in_a_shard_loses_and_doubles_nothing(loop: Loop, settings: Settings) -> None:
    iteration = launch(loop, settings)
    kill_when(loop, settings, lambda: count(loop, Epoch) >= 3)
    before = count(loop, Epoch)
    assert before < RECIPE["epochs"]
    with labels_held_back(loop):
        kill_when(loop, settings, lambda: stage(loop, iteration) == "labelling" and running(loop) > 0)
    with worker(settings):
        wait_for_worker(loop, lambda: reap(loop.database) is None and stage(loop, iteration) == "auditing")
    with loop.database.transaction() as session:
        epochs = session.scalars(select(Epoch.epoch).order_by(Epoch.epoch)).all()
        assert epochs == list(range(RECIPE["epochs"]))  # type: ignore[arg-type]
        assert session.scalar(select(func.count()).select_from(PseudoLabel)) == 30 * 5
        jobs = session.scalars(select(Job).order_by(Job.id)).all()
        assert {job.state for job in jobs} == {"done"}
        assert (jobs[0].fence, jobs[0].attempts) == (2, 1)  # begun twice, and forgiven when it got further
        assert session.scalars(select(Run.checkpoint_sha256)).one() is not None


def stop(process: subprocess.Popen[bytes], how: str) -> None:
    """Ask a worker to stop: as `docker stop` does, as Ctrl+C does, or as systemd does with all its processes."""
    if how == "docker stop":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGINT if how == "Ctrl+C" else signal.SIGTERM)
    assert process.wait(30) == 0


def first_job(loop: Loop) -> Job:
    with loop.database.transaction() as session:
        return session.scalars(select(Job).order_by(Job.id)).first() or Job()


@pytest.mark.parametrize(
    ("processes", "stops"),
    [(1, ["docker stop", "Ctrl+C", "systemctl stop"]), (2, ["docker stop"])],
    ids=["one", "torchrun"],
)
def test_a_worker_that_is_asked_to_stop_hands_its_training_back(
    loop: Loop, settings: Settings, database: Database, processes: int, stops: list[str]
) -> None:
    launch(loop, settings, epochs=60)
    changes = {"lease_seconds": 60.0, "training_processes": processes}  # no lease runs out here: no reaper helps
    for number, how in enumerate(stops, start=1):
        seen = count(loop, Epoch)
        with worker(settings, queue="gpu", **changes) as process:
            wait_for_worker(loop, lambda seen=seen: count(loop, Epoch) >= seen + 2)  # type: ignore[misc]
            stop(process, how)
        job = first_job(loop)
        assert (job.state, job.attempts, job.fence, job.lease_until) == ("queued", 0, number, None), told(loop)
        assert database.send.in_broker() == {job.id}  # it waits for nobody's lease, and for no reaper
    with worker(settings, queue="gpu", **changes):
        wait_for_worker(loop, lambda: first_job(loop).state == "done")
    with loop.database.transaction() as session:
        assert session.scalars(select(Epoch.epoch).order_by(Epoch.epoch)).all() == list(range(60))
    assert (first_job(loop).attempts, first_job(loop).fence) == (1, len(stops) + 1)


def test_a_process_that_was_stopped_before_its_watcher_knew_is_no_death(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd stops all at once, and the training may be the quicker."""
    launch(loop, settings)
    stopping = Event()
    monkeypatch.setattr(app, "stopping", stopping)
    monkeypatch.setattr(app, "_command", lambda *_: ["sh", "-c", "kill -TERM $$"])
    watching = Thread(target=app.watch_job, args=(settings, first_job(loop).id))
    watching.start()
    wait_for(lambda: running(loop) == 1, 20)
    time.sleep(0.3)
    stopping.set()
    watching.join()
    assert (first_job(loop).state, first_job(loop).attempts) == ("queued", 0)
    stopping.clear()
    app.watch_job(settings, first_job(loop).id)  # nobody asked for it: it died
    assert (first_job(loop).state, first_job(loop).attempts) == ("queued", 1)


def test_an_import_does_not_wait_behind_a_training(loop: Loop, settings: Settings, database: Database) -> None:
    launch(loop, settings, epochs=5000)
    with worker(settings):
        wait_for_worker(loop, lambda: count(loop, Epoch) >= 1)
        with database.transaction() as session:
            new = projects.NewSource(
                "more", "phantom", "pool", "made here", options={"count": 3, "size": 32, "seed": 9}
            )
            source = projects.create_source(session, loop.project_id, new)
            job = create_job(session, "import", loop.project_id, source_id=source.id)
        wait_for_worker(loop, lambda: state_of(loop, job.id) == "done")
        assert first_job(loop).state == "running"


def state_of(loop: Loop, job_id: int) -> str:
    with loop.database.transaction() as session:
        return session.get_one(Job, job_id).state


def test_a_worker_without_a_gpu_stands_in_until_one_with_a_gpu_comes(
    loop: Loop, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(loop, settings, epochs=5000)
    monkeypatch.setattr(slots, "HAS_GPU", "")  # ends well: there is one
    monkeypatch.setattr(slots.Slots, "_start", lambda self, _queue: subprocess.Popen(["sleep", "600"]))
    with_gpu = slots.Slots(settings, ["gpu"], 1)
    wait_for(lambda: with_gpu._probe.wait() == 0)  # type: ignore[union-attr]
    with worker(settings, lease_seconds=60.0), redis.Redis.from_url(settings.redis_url) as broker:
        wait_for_worker(loop, lambda: count(loop, Epoch) >= 1)
        with_gpu.look()
        assert 0 < broker.ttl(slots.GPU_KEY) <= slots.GPU_SECONDS
        wait_for_worker(loop, lambda: first_job(loop).state == "queued")
        assert first_job(loop).attempts == 0
        wait_for(lambda: database.send.in_broker() == {first_job(loop).id}, 20)
        with_gpu.stop(["gpu"])
        broker.delete(slots.GPU_KEY)  # as it goes by itself
        wait_for_worker(loop, lambda: first_job(loop).state == "running")


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


# What a job's process writes down: how many threads it was given.
TELLS_ITS_THREADS = "import os, sys; open(sys.argv[1], 'w').write(os.environ['OMP_NUM_THREADS'])"


@pytest.mark.parametrize(("runs", "threads"), [(1, "8"), (2, "4"), (3, "4")])
def test_a_job_shares_the_cores_with_those_of_its_kind_alone(
    loop: Loop, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int, threads: str
) -> None:
    launch_iteration(loop.database, BlobStore(settings.blob_folder), loop.project_id, Launch(recipes=[RECIPE] * runs))
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
        wait_for(lambda: not running(loop), 15)
    with loop.database.transaction() as session:
        assert session.scalars(select(Job.state)).all() == ["cancelled"]


def test_a_launch_while_redis_is_away_waits_in_its_row(loop: Loop, settings: Settings) -> None:
    away = Database(settings.database_url, Sender("unix:///nowhere/valkey.sock"))
    plan = Launch(recipes=[RECIPE | {"epochs": 1}], measure=3, fix=3)
    iteration = launch_iteration(away, BlobStore(settings.blob_folder), loop.project_id, plan)
    away.engine.dispose()
    assert stage(loop, iteration) == "training"
    with worker(settings):
        # Ten seconds later the worker's own reaper sends again what still waits: no service need be up.
        wait_for_worker(loop, lambda: stage(loop, iteration) == "auditing")


def test_a_worker_without_torch_says_what_to_install(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['torch'] = None")
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "backend.cli", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert 'pip install "overread[worker]"' in done.stderr
    assert "Traceback" not in done.stderr
