"""The Celery worker: takes a job's id, claims its row, and keeps watch over the process that computes it.

Each job runs in a process of its own: memory is freed, CUDA never meets a fork, and cancelling is a signal. The
watcher renews the lease; when it cannot, it stops the process before the lease is over.
"""

import os
import socket
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import cache

import structlog
from celery import Celery
from celery.platforms import SecurityWarning

from backend.db.session import Database
from backend.db.tables import Job
from backend.jobs import TASK, WORKER, Sender, celery_app
from backend.services.iterations import advance_iteration
from backend.services.jobs import claim_job, count_alike, has_ended, release_job, renew_lease
from backend.services.reaper import reaping
from backend.services.work_folders import sweep
from backend.settings import Settings
from backend.unprivileged import die_with_parent

GRACE_SECONDS = 5.0
log = structlog.get_logger()


def start_worker(settings: Settings, database: Database, queue: str, concurrency: int) -> None:
    """Take jobs, so many at a time, until asked to stop; and reap: with no service up nobody else finds a job whose
    message is lost."""
    options = ["--queues", queue, "--concurrency", str(concurrency), "--pool", "prefork"]
    quiet = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    sweep(database, settings.data_folder)
    with reaping(database):
        app = create_worker(settings, concurrency)
        app.conf.broker_transport_options["client_name"] = f"{WORKER}{queue.replace(' ', '')}"
        app.start(["--quiet", "worker", *options, *quiet])


def create_worker(settings: Settings, concurrency: int) -> Celery:
    """The Celery application with its one task."""
    app = celery_app(settings.redis_url)
    # Celery warns of root since it may accept pickles; ours takes JSON alone, and a message is a number.
    warnings.simplefilter("ignore", SecurityWarning)

    @app.task(name=TASK)
    def run_job(job_id: int) -> None:
        watch_job(settings, job_id, concurrency)

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
    process = subprocess.Popen(_command(settings, job), env=threads | os.environ, preexec_fn=die_with_parent)
    try:
        _beat(database, settings, job, process)
    finally:
        _stop(process)
    if process.returncode != 0:
        _release(database, job)
    sweep(database, settings.data_folder)


def _beat(database: Database, settings: Settings, job: Job, process: subprocess.Popen[bytes]) -> None:
    """Renew the lease until the process ends; return early when the lease is lost or the job was cancelled."""
    while True:
        try:
            process.wait(timeout=min(2.0, settings.lease_seconds / 3))
            return
        except subprocess.TimeoutExpired:
            with database.transaction() as session:
                renewed = renew_lease(session, job.id, job.fence, settings.lease_seconds)
                ended = not renewed and has_ended(session, job.id, job.fence)
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
    task = ["-m", "worker.tasks", str(job.id), str(job.fence)]
    if job.kind == "train" and settings.training_processes > 1:
        processes = str(settings.training_processes)
        return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", processes, *task]
    return [sys.executable, *task]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _release(database: Database, job: Job) -> None:
    """The process died without recording an end: free the job (again, cancelled, or failed as poison)."""
    with database.transaction() as session:
        freed = release_job(session, job.id, job.fence)
        if freed is not None and freed.iteration_id is not None:
            advance_iteration(session, freed.iteration_id)
