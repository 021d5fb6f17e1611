"""The reaper: frees jobs whose worker went silent and sends again what lost its message, while its process lives.

Services and workers both run one; of any number, one at a time sweeps. A worker's own is what finds a job whose
message was lost while no service was up: private servers keep no message from one start to the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from overread.db.session import Database
from overread.services.jobs import reap_jobs
from overread.services.loop.iterations import advance_iteration

REAP_SECONDS = 5.0
SWEEP = 7_061_120  # the advisory lock that a sweep holds; any number that nothing else takes
log = structlog.get_logger()


def reap(database: Database) -> None:
    """One sweep, unless another reaper is at it; tells each iteration whose job ended for good by it."""
    with _alone(database) as alone:
        if not alone:
            return
        with database.transaction() as session:
            for job in reap_jobs(session, database.send.in_broker):
                if job.iteration_id is not None:
                    advance_iteration(session, job.iteration_id)


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """Whether no other reaper sweeps while this lasts. On a connection of its own: messages go out after the sweep's
    commit, and until they have, another reaper would miss them and send them as well."""
    with database.engine.connect() as connection:
        yield connection.execute(select(func.pg_try_advisory_xact_lock(SWEEP))).scalar_one()


@contextmanager
def reaping(database: Database) -> Iterator[None]:
    """Sweep every few seconds while this lasts, in a thread; a database that is away is tried again."""
    over = Event()
    Thread(target=_reap_until, args=(database, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _reap_until(database: Database, over: Event) -> None:
    while not over.wait(REAP_SECONDS):
        try:
            reap(database)
        except SQLAlchemyError as error:
            log.warning("reaper could not reach the database; it tries again", error=str(error))
