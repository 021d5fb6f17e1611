"""Jobs: what is running, how far, since when; and their end on demand."""

from datetime import UTC, datetime

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, EngineerDep, SessionDep
from overread.api.schemas import JobOut
from overread.db.tables import Job
from overread.domain.errors import NotFound
from overread.services import jobs
from overread.services.loop.iterations import advance_iteration
from overread.services.trail import record

router = APIRouter(tags=["jobs"])


def job_out(job: Job) -> JobOut:
    """A job on the wire. "Stalled" is not stored: it is running with a lease that has run out."""
    stalled = job.state == "running" and job.lease_until is not None and job.lease_until < datetime.now(UTC)
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        progress=job.progress,
        error=job.error,
        attempts=job.attempts or 0,
        stalled=stalled,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


@router.get("/jobs/{job_id}")
def get_job(job_id: int, session: SessionDep, _account: AccountDep) -> JobOut:
    """How far a job has come."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job_out(job)


@router.post("/jobs/{job_id}/cancel")
def cancel_job(job_id: int, session: SessionDep, account: EngineerDep) -> JobOut:
    """End a job: at once while it waits, within seconds while it runs. Its iteration, if it has one, ends with it."""
    job = jobs.cancel_job(session, job_id)
    record(session, "job.cancelled", f"job {job_id}", project_id=job.project_id, account_id=account.id, kind=job.kind)
    if job.iteration_id is not None:
        advance_iteration(session, job.iteration_id)
    return job_out(job)
