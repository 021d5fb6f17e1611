"""Jobs: claimed with a lease and a fence, kept alive by heartbeats, freed by the reaper. Postgres' clock decides.

``attempts`` counts how often a job was begun since it last got further than ever before. Getting further forgives all
but the attempt under way, and one that was stopped on request is not counted, so what is left are deaths at one place.

Locks are taken in one order: who ends a job, or cancels it, locks its iteration first. The other way round, one job's
end would wait for an iteration whose cancelling waits for that job.
"""

from collections.abc import Callable, Container
from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from overread.db.session import enqueue
from overread.db.tables import Iteration, Job
from overread.domain.errors import Conflict, NotFound, StaleVersion
from overread.domain.learning.reports import JobProgress
from overread.jobs import ATTEMPTS, QUEUES

RESEND_AFTER = timedelta(seconds=10)


def create_job(session: Session, kind: str, project_id: int, iteration_id: int | None = None, **arguments: int) -> Job:
    """A queued row; its message goes out when the caller commits."""
    job = Job(
        kind=kind,
        queue=QUEUES[kind],
        project_id=project_id,
        iteration_id=iteration_id,
        arguments=arguments,
        state="queued",
    )
    session.add(job)
    session.flush()
    enqueue(session, job)
    return job


def get_job(session: Session, job_id: int) -> Job:
    """The job, or NotFound."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def waiting_queues(session: Session) -> list[str]:
    """The queues in which jobs wait."""
    return sorted(session.scalars(select(Job.queue).where(Job.state == "queued").distinct()))


def claim_job(session: Session, job_id: int, worker: str, lease_seconds: float) -> Job | None:
    """Make a queued job ours; None when another worker has it, or it is over: the message changes nothing."""
    return session.scalars(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(
            state="running",
            fence=Job.fence + 1,
            attempts=Job.attempts + 1,
            worker=worker,
            lease_until=func.now() + timedelta(seconds=lease_seconds),
            started_at=func.now(),
            error=None,
        )
        .returning(Job)
    ).one_or_none()


def renew_lease(session: Session, job_id: int, fence: int, lease_seconds: float) -> bool:
    """Push the lease forward. False ends the job: the lease was lost, or somebody asked for it to be cancelled."""
    row = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.fence == fence, Job.state == "running")
        .values(lease_until=func.now() + timedelta(seconds=lease_seconds))
        .returning(Job.cancel)
    ).one_or_none()
    return row is not None and not row.cancel


def count_alike(session: Session, job: Job) -> int:
    """How many jobs of its kind the job's iteration has, itself included; 1 without an iteration."""
    alike = select(func.count()).where(Job.iteration_id == job.iteration_id, Job.kind == job.kind)
    return 1 if job.iteration_id is None else session.execute(alike).scalar_one()


def has_ended(session: Session, job_id: int, fence: int) -> bool:
    """Whether whoever held the job under this fence recorded its end."""
    job = session.get_one(Job, job_id)
    return job.fence == fence and job.finished_at is not None


def hold_job(session: Session, job_id: int, fence: int) -> Job:
    """Lock the job's row before a write; raises StaleVersion when the lease was lost, so nothing late is written."""
    job = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one_or_none()
    if job is None or job.fence != fence or job.state != "running":
        raise StaleVersion(f"Job {job_id} is no longer held under fence {fence}; its results are not written.")
    return job


def record_progress(session: Session, job_id: int, fence: int, progress: JobProgress) -> None:
    """Overwrite the job's progress. Only what no attempt had reached before is progress: a
    shard that begins anew each time, and dies each time at the same film, gets no further."""
    job = hold_job(session, job_id, fence)
    job.progress = progress
    if progress.done > job.furthest:
        job.furthest, job.attempts = progress.done, 1


def hold_to_end(session: Session, job_id: int, fence: int) -> Job:
    """The same before a job's end, with its iteration locked first."""
    _lock_iteration(session, job_id)
    return hold_job(session, job_id, fence)


def _lock_iteration(session: Session, job_id: int) -> None:
    own = select(Job.iteration_id).where(Job.id == job_id).scalar_subquery()
    session.execute(select(Iteration.id).where(Iteration.id == own).with_for_update())


def finish_job(session: Session, job_id: int, fence: int) -> Job:
    """Mark the job done, in the same transaction as its last result."""
    job = hold_to_end(session, job_id, fence)
    job.state, job.lease_until, job.finished_at = "done", None, func.now()
    return job


def fail_job(session: Session, job_id: int, fence: int, error: str) -> Job | None:
    """Mark the job failed with a sentence (or cancelled, when that was asked); None when the lease was lost."""
    try:
        job = hold_to_end(session, job_id, fence)
    except StaleVersion:
        return None
    job.state = "cancelled" if job.cancel else "failed"
    job.error, job.lease_until, job.finished_at = error[:2000], None, func.now()
    return job


def release_job(session: Session, job_id: int, fence: int) -> Job | None:
    """Give a job back whose process died; it runs again elsewhere, until it has died often enough to be poison. None
    when the lease was lost."""
    try:
        return _free(session, hold_to_end(session, job_id, fence))
    except StaleVersion:
        return None


def hand_back(session: Session, job_id: int, fence: int) -> Job | None:
    """Give a job back that was stopped because its worker stops: it waits for the next one, and no attempt is counted.
    None when the lease was lost."""
    try:
        job = hold_to_end(session, job_id, fence)
    except StaleVersion:
        return None
    job.attempts -= 1
    return _free(session, job)


def cancel_job(session: Session, job_id: int) -> Job:
    """A queued job ends at once; a running one when its worker next renews the lease (seconds)."""
    _lock_iteration(session, job_id)
    job = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one_or_none()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", func.now()
    elif job.state == "running":
        job.cancel = True
    return job


def retry_job(session: Session, job: Job) -> None:
    """Queue a failed or cancelled job again, with its attempts forgiven."""
    if job.state not in ("failed", "cancelled"):
        raise Conflict(f"Job {job.id} is {job.state}; only a failed or cancelled job can be resumed.")
    job.state, job.cancel, job.attempts, job.error, job.finished_at = "queued", False, 0, None, None
    enqueue(session, job)


def reap_jobs(session: Session, in_broker: Callable[[], Container[int] | None]) -> list[Job]:
    """Free what lost its lease, and send again what waits without a message; returns the jobs that ended for good here.

    ``in_broker`` tells whose messages the broker holds, None when it is away. It is asked only when something has
    waited for a while, and after the rows: a message that is taken between the two looks has a row that says so.
    """
    expired = (Job.state == "running", Job.lease_until < func.now())
    theirs = Iteration.id.in_(select(Job.iteration_id).where(*expired))
    locked = session.scalars(select(Iteration.id).where(theirs).order_by(Iteration.id).with_for_update()).all()
    of_those = or_(Job.iteration_id.is_(None), Job.iteration_id.in_(locked))
    lost = session.scalars(select(Job).where(*expired, of_those).with_for_update(skip_locked=True)).all()
    ended = [job for job in lost if _free(session, job).state != "queued"]
    _send_again(session, in_broker)
    return ended


def _send_again(session: Session, in_broker: Callable[[], Container[int] | None]) -> None:
    waiting = (Job.state == "queued", Job.sent_at < func.now() - RESEND_AFTER)
    ids = session.scalars(select(Job.id).where(*waiting).order_by(Job.id)).all()
    known = in_broker() if ids else ()
    if known is None:
        return
    missing = [job_id for job_id in ids if job_id not in known]
    rows = select(Job).where(*waiting, Job.id.in_(missing)).order_by(Job.id).with_for_update(skip_locked=True)
    for job in session.scalars(rows).all() if missing else ():
        job.sent_at = func.now()
        enqueue(session, job)


def _free(session: Session, job: Job) -> Job:
    job.lease_until = None
    if job.cancel:
        job.state, job.finished_at = "cancelled", func.now()
    elif job.attempts >= ATTEMPTS:
        job.state, job.finished_at = "failed", func.now()
        job.error = (
            f"Its process died {job.attempts} times without progress. Read the worker's log, then resume the iteration."
        )
    else:
        job.state, job.sent_at = "queued", func.now()
        enqueue(session, job)
    return job
