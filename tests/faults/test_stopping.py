"""Workers that are asked to stop, and queues that wait for nobody else's work."""

import os
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest
import redis
from sqlalchemy import select

from overread.db.session import Database
from overread.db.tables import Epoch
from overread.services.films import projects
from overread.services.jobs import create_job
from overread.settings import Settings
from overread_worker import app, slots
from tests.faults.workers import (
    count,
    first_job,
    launch,
    running,
    state_of,
    told,
    wait_for_worker,
    worker,
)
from tests.loop import Loop
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("workers")


def stop(process: subprocess.Popen[bytes], how: str) -> None:
    """Ask a worker to stop: as `docker stop` does, as Ctrl+C does, or as systemd does with all its processes."""
    if how == "docker stop":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGINT if how == "Ctrl+C" else signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("processes", "stops"),
    [(1, ["docker stop", "Ctrl+C", "systemctl stop"]), (2, ["docker stop"])],
    ids=["one", "torchrun"],
)
def test_a_worker_that_is_asked_to_stop_hands_its_training_back(
    loop: Loop, settings: Settings, database: Database, processes: int, stops: list[str]
) -> None:
    launch(loop, settings, epochs=90)
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
        assert session.scalars(select(Epoch.epoch).order_by(Epoch.epoch)).all() == list(range(90))
    assert (first_job(loop).attempts, first_job(loop).fence) == (1, len(stops) + 1)


def test_a_process_that_was_stopped_before_its_watcher_knew_is_no_death(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd stops all at once, and the training may be the quicker."""
    launch(loop, settings)
    stopping = app.Stop()
    monkeypatch.setattr(app, "stopping", stopping)
    monkeypatch.setattr(app, "_command", lambda *_: ["sh", "-c", "kill -TERM $$"])
    watching = Thread(target=app.watch_job, args=(settings, first_job(loop).id))
    watching.start()
    until(lambda: running(loop) == 1, 20)
    time.sleep(0.3)
    stopping.hear()
    watching.join()
    assert (first_job(loop).state, first_job(loop).attempts) == ("queued", 0)
    stopping.asked = False
    app.watch_job(settings, first_job(loop).id)  # nobody asked for it: it died
    assert (first_job(loop).state, first_job(loop).attempts) == ("queued", 1)


# A second signal comes while the first one's is handled, a little later each time.
SIGNALS_UPON_SIGNALS = """
import signal
from celery.signals import worker_ready
from overread.settings import Settings
from overread_worker import app

app.create_worker(Settings(redis_url="redis://"), 1)
worker_ready.send(sender=None)
signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
for number in range(5000):
    signal.setitimer(signal.ITIMER_REAL, (number % 50 + 1) * 1e-6)
    signal.raise_signal(signal.SIGTERM)
print(app.stopping.asked)
"""


def test_signals_upon_signals_do_not_lock_a_worker_up() -> None:
    done = subprocess.run([sys.executable, "-c", SIGNALS_UPON_SIGNALS], capture_output=True, timeout=60, check=True)
    assert done.stdout == b"True\n"


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


def test_a_worker_without_a_gpu_stands_in_until_one_with_a_gpu_comes(
    loop: Loop, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(loop, settings, epochs=5000)
    monkeypatch.setattr(slots, "HAS_GPU", "")  # ends well: there is one
    monkeypatch.setattr(slots.Slots, "_start", lambda self, _queue: subprocess.Popen(["sleep", "600"]))
    with_gpu = slots.Slots(settings, ["gpu"], 1)
    until(lambda: with_gpu._probe.wait() == 0)  # type: ignore[union-attr]
    with worker(settings, lease_seconds=60.0), redis.Redis.from_url(settings.redis_url) as broker:
        wait_for_worker(loop, lambda: count(loop, Epoch) >= 1)
        with_gpu.look()
        assert 0 < broker.ttl(slots.GPU_KEY) <= slots.GPU_SECONDS
        wait_for_worker(loop, lambda: first_job(loop).state == "queued")
        assert first_job(loop).attempts == 0
        until(lambda: database.send.in_broker() == {first_job(loop).id}, 20)
        with_gpu.stop(["gpu"])
        broker.delete(slots.GPU_KEY)  # as it goes by itself
        wait_for_worker(loop, lambda: first_job(loop).state == "running")
