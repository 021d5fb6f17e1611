"""``python -m overread_worker.tasks JOB FENCE``: do a claimed job."""

import os
import sys
import traceback
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from overread.db.session import Database
from overread.db.tables import Job
from overread.domain.errors import OverreadError, StaleVersion
from overread.jobs import Sender
from overread.services.jobs import fail_job
from overread.services.loop.iterations import advance_iteration
from overread.settings import Settings
from overread.storage import BlobStore
from overread.unprivileged import die_with_parent
from overread_worker.tasks.context import JobContext


def task_of(kind: str) -> Callable[[JobContext], None]:
    """What does a job of this kind. Each loads what it needs alone: what training needs takes seconds to load."""
    if kind in ("import", "preview", "audit"):
        from overread_worker.tasks import films

        return {"import": films.run_import, "preview": films.run_preview, "audit": films.run_audit}[kind]
    if kind in ("evaluate", "label"):
        from overread_worker.tasks import label

        return {"evaluate": label.run_evaluation, "label": label.run_labelling}[kind]
    from overread_worker.tasks import learn

    return {"pretrain": learn.run_pretraining, "train": learn.run_training}[kind]


def run(settings: Settings, job_id: int, fence: int) -> int:
    """Do a claimed job; an error is recorded as its sentence, and its iteration told. Returns the exit status: 0 when
    the row says how it ended."""
    database = Database(settings.database_url, Sender(settings.redis_url), pool_size=2)
    with database.transaction() as session:
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
    if job.fence != fence:
        return 0
    context = JobContext(settings, database, BlobStore.of(settings), job)
    try:
        task_of(job.kind)(context)
    except StaleVersion:
        return 0
    except OverreadError as error:
        return _fail(context, error.detail)
    except OperationalError:  # the database went away, which says nothing of the job: it runs again
        traceback.print_exc()
        return 1
    except Exception as error:  # whatever it was, the row must say so: a person reads the row, not this log
        traceback.print_exc()
        return _fail(context, f"{type(error).__name__}: {error}")
    return 0


def _fail(context: JobContext, sentence: str) -> int:
    """Record the failure. One of several processes that train together ends badly, so that none waits for it."""
    if not context.writes:
        return 1
    with context.database.transaction() as session:
        failed = fail_job(session, context.job.id, context.job.fence, sentence)
        if failed is not None and failed.iteration_id is not None:
            advance_iteration(session, failed.iteration_id)
    return 1 if context.settings.training_processes > 1 else 0


if __name__ == "__main__":
    os.umask(0o077)
    if "RANK" in os.environ:  # torchrun stands between the watcher and this process
        die_with_parent()
    sys.exit(run(Settings(), int(sys.argv[1]), int(sys.argv[2])))
