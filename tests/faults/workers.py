"""Real workers on a real queue: how to start them, kill them, and wait for what they do."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from overread.db.tables import Iteration, Job
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.policy.plan import Plan
from overread.services.loop.iterations import launch_iteration
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import Loop
from tests.waiting import until

RECIPE = {
    "name": "slow",
    "network": "small-unet",
    "width": 4,
    "size": 32,
    "epochs": 40,
    "batch": 2,
    "augment": {"policy": "none"},
}


@contextmanager
def worker(settings: Settings, queue: str = "gpu,cpu", **changes: object) -> Iterator[subprocess.Popen[bytes]]:
    """`overread worker`, with all its processes in a group of their own."""
    command = [sys.executable, "-m", "overread.cli", "worker", "--queue", queue, "--concurrency", "1"]
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


def launch(loop: Loop, settings: Settings, **changes: object) -> Iteration:
    plan = Plan(recipes=(from_mapping(RECIPE | changes),), measure=3, fix=3)
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
        until(moment)
    except AssertionError as error:
        raise AssertionError(told(loop)) from error


def running(loop: Loop) -> int:
    with loop.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.state == "running")) or 0


def first_job(loop: Loop) -> Job:
    with loop.database.transaction() as session:
        return session.scalars(select(Job).order_by(Job.id)).first() or Job()


def state_of(loop: Loop, job_id: int) -> str:
    with loop.database.transaction() as session:
        return session.get_one(Job, job_id).state
