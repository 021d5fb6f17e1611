"""What every job works with, and the fence under which it writes."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Job
from overread.domain.learning.reports import JobProgress
from overread.services.jobs import finish_job, hold_to_end, record_progress
from overread.services.loop.iterations import advance_iteration
from overread.settings import Settings
from overread.storage import BlobStore


@dataclass(frozen=True)
class JobContext:
    """What every job has: the installation, its own row as claimed, and the fence of every write."""

    settings: Settings
    database: Database
    blobs: BlobStore
    job: Job

    @property
    def fence(self) -> int:
        return self.job.fence

    @property
    def writes(self) -> bool:
        """Of the processes that torchrun started for one training, the first alone writes."""
        return os.environ.get("RANK", "0") == "0"

    def progress(self, done: int, total: int | None, what: str) -> None:
        """Write the progress line; raises StaleVersion when the job is no longer ours."""
        with self.database.transaction() as session:
            self.record(session, done, total, what)

    def record(self, session: Session, done: int, total: int | None, what: str) -> None:
        """The same beside what else is written in a transaction."""
        record_progress(session, self.job.id, self.fence, JobProgress(done, total, what))

    def finish(self, write: Callable[[Session], None] = lambda _session: None) -> None:
        """The last results, the job's end and the iteration's next step, in one transaction."""
        with self.database.transaction() as session:
            hold_to_end(session, self.job.id, self.fence)
            write(session)
            finish_job(session, self.job.id, self.fence)
            if self.job.iteration_id is not None:
                advance_iteration(session, self.job.iteration_id)
