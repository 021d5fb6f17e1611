"""Jobs: what is running, how far, since when; and their end on demand."""

from dataclasses import replace

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, EngineerDep, SessionDep
from overread.api.schemas import JobOut
from overread.services import jobs
from overread.services.loop.iterations import advance_iteration
from overread.services.trail import record

router = APIRouter(tags=["jobs"])


@router.get("/jobs/{job_id}")
def get_job(job_id: int, session: SessionDep, account: AccountDep) -> JobOut:
    """How far a job has come; to readers of imports and previews without what they work on, which names films."""
    job = JobOut.model_validate(jobs.get_job(session, job_id))
    if account.role == "reader" and job.kind in ("import", "preview"):
        return job.model_copy(update={"progress": replace(job.progress, what=""), "error": None})
    return job


@router.post("/jobs/{job_id}/cancel")
def cancel_job(job_id: int, session: SessionDep, account: EngineerDep) -> JobOut:
    """End a job: at once while it waits, within seconds while it runs. Its iteration, if it has one, ends with it."""
    job = jobs.cancel_job(session, job_id)
    record(session, "job.cancelled", f"job {job_id}", project_id=job.project_id, account_id=account.id, kind=job.kind)
    if job.iteration_id is not None:
        advance_iteration(session, job.iteration_id)
    return JobOut.model_validate(job)
