"""What may be imported, and what it would bring: readers, folders, previews."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from overread.api.http.deps import EngineerDep, InstallationDep, SessionDep
from overread.api.preview_schemas import FoldersOut, PreviewOut, ReaderOut, RefusedFileOut
from overread.api.schemas import JobOut, SourceIn
from overread.datasets.catalogue import list_readers
from overread.services.films import previews
from overread.services.films.import_root import below, inside, list_folders
from overread.services.films.projects import NewSource

router = APIRouter(tags=["imports"])


@router.get("/readers")
def get_readers(_account: EngineerDep) -> list[ReaderOut]:
    """Every reader of a public format, and its options with what they are by default."""
    return [ReaderOut.model_validate(one) for one in list_readers()]


@router.get("/import-folders")
def get_folders(
    installation: InstallationDep, _account: EngineerDep, path: Annotated[str, Query(max_length=1000)] = ""
) -> FoldersOut:
    """The folders in one below the server's import folder."""
    return FoldersOut.model_validate(list_folders(installation.settings, path))


@router.post("/projects/{project_id}/previews", status_code=202)
def create_preview(
    project_id: int, body: SourceIn, session: SessionDep, installation: InstallationDep, _account: EngineerDep
) -> JobOut:
    """Find out in the background what importing this source would bring. Nothing is imported."""
    new = NewSource(**body.model_dump() | {"path": inside(installation.settings, body.path)})
    return JobOut.model_validate(previews.preview_later(session, project_id, new))


@router.get("/previews/{job_id}")
def get_preview(job_id: int, session: SessionDep, installation: InstallationDep, _account: EngineerDep) -> PreviewOut:
    """How far a preview is, by the number of its job; and what it found, null until it is done."""
    preview, job = previews.get_preview_and_job(session, job_id)
    asked = asdict(previews.asked_of(preview))
    asked["path"] = below(installation.settings, asked["path"])
    told = {"project_id": preview.project_id, "job": job, "asked": asked, "found": preview.found}
    return PreviewOut.model_validate(told)


@router.get("/previews/{job_id}/refused")
def list_refused(
    job_id: int,
    session: SessionDep,
    _account: EngineerDep,
    reason: Annotated[str | None, Query(max_length=4000)] = None,
    after: Annotated[str, Query(max_length=1000)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[RefusedFileOut]:
    """The files that would be refused, by name; ``after`` is the last name seen. The first thousand are kept."""
    files = previews.list_refused(previews.get_preview(session, job_id), after, limit, reason)
    return [RefusedFileOut.model_validate(file) for file in files]
