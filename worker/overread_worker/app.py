"""The Celery worker of one queue: takes a job's id, claims its row, and keeps watch over the process that computes it.

Each job runs in a process of its own: memory is freed, CUDA never meets a fork, and cancelling is a signal. The
watcher renews the lease; when it cannot, it stops the process before the lease is over. Watchers are threads: they only
wait, and one process hears that it is to stop, on behalf of all.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from functools import cache

import structlog
from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_ready
from celery.worker import state
from sqlalchemy.exc import OperationalError

from overread.db.session import Database
from overread.db.tables import Job
from overread.jobs import TASK, WORKER, Sender, celery_app
from overread.services.jobs import claim_job, count_alike, hand_back, has_ended, release_job, renew_lease
from overread.services.loop.iterations import advance_iteration
from overread.services.loop.work_folders import sweep
from overread.settings import Settings
from overread.unprivileged import die_with_parent

GRACE_SECONDS = 4.0  # for a job's process to end; compose gives the whole worker ten
LOOK_SECONDS = 0.1
log = structlog.get_logger()


class Stop:
    """Whether the worker is to stop. No lock is taken when a signal says so, neither ours nor one of Celery's, as its
    own handler does: a second signal, as when systemd and our parent both send one, would wait in the midst of the
    first one's handling, and for ever."""

    asked = False

    def listen(self, **_ready: object) -> None:
        """Take the signals over from Celery, which would wait for its tasks, however long, and tell them nothing."""
        for request in (signal.SIGTERM, signal.SIGINT):
            signal.signal(request, self.hear)

    def hear(self, *_signal: object) -> None:
        self.asked = True
        state.should_stop = 0  # Celery takes no more messages, and ends well


stopping = Stop()


def run_queue(settings: Settings, queue: str, concurrency: int) -> None:
    """Take the queue's jobs, so many at a time, until asked to stop."""
    options = ["--queues", queue, "--concurrency", str(concurrency), "--pool", "threads"]
    quiet = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    app = create_worker(settings, concurrency)
    app.conf.broker_transport_options["client_name"] = f"{WORKER}{queue}"
    app.start(["--quiet", "worker", *options, *quiet])


def create_worker(settings: Settings, concurrency: int) -> Celery:
    """The Celery application with its one task."""
    app = celery_app(settings.redis_url)
    # Celery warns of root since it may accept pickles; ours takes JSON alone, and a message is a number.
    warnings.simplefilter("ignore", SecurityWarning)

    @app.task(name=TASK)
    def run_job(job_id: int) -> None:
        watch_job(settings, job_id, concurrency)

    worker_ready.connect(stopping.listen)
    return app


@cache
def _database(database_url: str, redis_url: str) -> Database:
    """One small pool a process, opened after the fork."""
    return Database(database_url, Sender(redis_url), pool_size=1)


def watch_job(settings: Settings, job_id: int, concurrency: int = 1) -> None:
    """Claim the job, run it in a child process, renew its lease; a lost, doubled or stale message does nothing."""
    database = _database(settings.database_url, settings.redis_url)
    with database.transaction() as session:
        job = claim_job(session, job_id, f"{socket.gethostname()}:{os.getpid()}", settings.lease_seconds)
        alike = 1 if job is None else count_alike(session, job)
    if job is None:
        log.info("job is not ours to run", job=job_id)
        return
    threads = threads_of(settings, job, min(concurrency, alike))
    process = subprocess.Popen(
        _command(settings, job),
        env=threads | os.environ | {"PYTHONSAFEPATH": "1"},  # torchrun starts Pythons of its own
        preexec_fn=die_with_parent,
        process_group=0,  # Ctrl+C is for the watcher, who hands the job back
    )
    try:
        _beat(database, settings, job, process)
        asked = stopping.asked and process.poll() is None
    finally:
        _stop(process)
    if process.returncode != 0:
        _give_up(database, job, asked or _was_stopped_too(process))
    sweep(database, settings.data_folder)


def _beat(database: Database, settings: Settings, job: Job, process: subprocess.Popen[bytes]) -> None:
    """Renew the lease until the process ends; return early when the lease is lost, the job was cancelled, or the worker
    is to stop. A database that is away for a moment is asked again, as long as the lease lasts."""
    every = min(2.0, settings.lease_seconds / 3)
    due = time.monotonic() + every
    ours = time.monotonic() + settings.lease_seconds - every
    while process.poll() is None and not stopping.asked:
        time.sleep(LOOK_SECONDS)
        if time.monotonic() < due:
            continue
        due = time.monotonic() + every
        try:
            with database.transaction() as session:
                renewed = renew_lease(session, job.id, job.fence, settings.lease_seconds)
                ended = not renewed and has_ended(session, job.id, job.fence)
        except OperationalError:
            if time.monotonic() > ours:
                return
            continue
        ours = time.monotonic() + settings.lease_seconds - every
        if ended:  # its process now sends the messages that follow; stopped, it would lose them
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
        if not renewed:
            return


def threads_of(settings: Settings, job: Job, beside: int) -> dict[str, str]:
    """The environment that gives a job its share of the cores, where ``beside`` jobs of its kind run at a time: threads
    that fight over cores make all of them slower. The plan decides, never the moment: a job that runs again computes
    with as many threads, and so to the same bit."""
    processes = settings.training_processes if job.kind == "train" else 1
    return {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // (beside * processes)))}


def _command(settings: Settings, job: Job) -> list[str]:
    """The process that computes the job; a training on several devices is started by torchrun, a process a device."""
    task = ["-m", "overread_worker.tasks", str(job.id), str(job.fence)]
    if job.kind == "train" and settings.training_processes > 1:
        processes = str(settings.training_processes)
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", processes]
        return [sys.executable, "-P", *torchrun, *task]
    return [sys.executable, "-P", *task]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _was_stopped_too(process: subprocess.Popen[bytes]) -> bool:
    """Whether whoever stops the worker stopped the job's process as well, as systemd does; it may have died first."""
    if process.returncode != -signal.SIGTERM:
        return False
    time.sleep(1.0)
    return stopping.asked


def _give_up(database: Database, job: Job, asked: bool) -> None:
    """The process ended without recording it. Stopped on request, the job is handed back as if nothing had been; else
    it died, and is freed (again, cancelled, or failed as poison)."""
    with database.transaction() as session:
        freed = (hand_back if asked else release_job)(session, job.id, job.fence)
        if freed is not None and freed.iteration_id is not None:
            advance_iteration(session, freed.iteration_id)


if __name__ == "__main__":  # started by overread_worker.slots, a process a queue
    run_queue(Settings(), sys.argv[1], int(sys.argv[2]))
