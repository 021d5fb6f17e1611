"""Previews as rows: asked for over HTTP, found out by a job, and told from there."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from overread.db.tables import Job, Preview
from overread.domain.errors import NotFound
from overread.domain.source_reports import RefusedFile
from overread.services.films.projects import NewSource, find_source
from overread.services.jobs import create_job

KEPT = timedelta(days=7)


def preview_later(session: Session, project_id: int, new: NewSource) -> Job:
    """Enqueue the preview of a source; those of long ago go. Raises what ``create_source`` raises."""
    find_source(session, project_id, new)
    session.execute(delete(Preview).where(Preview.project_id == project_id, Preview.created_at < func.now() - KEPT))
    job = create_job(session, "preview", project_id)
    session.add(Preview(job_id=job.id, project_id=project_id, asked=asdict(new)))
    session.flush()
    return job


def get_preview(session: Session, job_id: int) -> Preview:
    """The preview that this job finds out, or NotFound."""
    return get_preview_and_job(session, job_id)[0]


def get_preview_and_job(session: Session, job_id: int) -> tuple[Preview, Job]:
    """The same with its job, as both were at one moment: a job that is done has found something. Raises NotFound."""
    query = select(Preview, Job).join(Job, Job.id == Preview.job_id).where(Preview.job_id == job_id)
    for preview, job in session.execute(query):
        return preview, job
    raise NotFound(f"There is no preview {job_id}. Previews are kept for {KEPT.days} days: ask for it again.")


def asked_of(preview: Preview) -> NewSource:
    """The source that somebody would import."""
    return NewSource(**preview.asked)  # type: ignore[arg-type]


def list_refused(preview: Preview, after: str, limit: int, reason: str | None = None) -> Sequence[RefusedFile]:
    """The files that would be refused, by name, from the one after ``after`` on; of very many the first that came."""
    known = preview.found.refused if preview.found else []
    files = (file for file in known if file.file_name > after and reason in (None, file.reason))
    return sorted(files, key=lambda file: file.file_name)[:limit]
