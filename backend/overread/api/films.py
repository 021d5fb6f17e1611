"""Projects, sources, images."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from overread.api.http.deps import AccountDep, EngineerDep, InstallationDep, ReaderDep, SessionDep
from overread.api.http.immutable import FOREVER, packed, tagged
from overread.api.schemas import (
    ImageOut,
    ImportLineOut,
    JobOut,
    Name,
    ProjectIn,
    ProjectOut,
    SourceIn,
    SourceNoteOut,
    SourceOut,
    SourceReportOut,
)
from overread.services.films import images, projects
from overread.services.films.import_lines import list_lines
from overread.services.films.import_root import inside
from overread.services.films.report import source_report
from overread.services.films.thumbnails import size_of, thumbnail

router = APIRouter(tags=["projects"])


@router.get("/projects")
def list_projects(session: SessionDep, _account: AccountDep) -> list[ProjectOut]:
    """Every project."""
    return [ProjectOut.model_validate(row) for row in projects.list_projects(session)]


@router.post("/projects", status_code=201)
def create_project(body: ProjectIn, session: SessionDep, account: EngineerDep) -> ProjectOut:
    """A project with its findings, which stay as they are for ever."""
    return ProjectOut.model_validate(
        projects.create_project(session, body.name, body.findings, account.id, body.seed, body.holdout)
    )


@router.get("/projects/{project_id}/sources")
def list_sources(project_id: int, session: SessionDep, account: AccountDep) -> list[SourceOut]:
    """The sources of a project, with the number of images by split and of masks, and what is to be told of them; to
    readers without the names of films."""
    return [_source_out(one, named=account.role != "reader") for one in projects.list_sources(session, project_id)]


@router.post("/projects/{project_id}/sources", status_code=202)
def create_source(
    project_id: int, body: SourceIn, session: SessionDep, installation: InstallationDep, account: EngineerDep
) -> JobOut:
    """Name a source and import it in the background; calling again imports what is new in it."""
    new = projects.NewSource(**body.model_dump() | {"path": inside(installation.settings, body.path)})
    source = projects.create_source(session, project_id, new, account.id)
    return JobOut.model_validate(projects.import_later(session, source))


@router.get("/sources/{source_id}/lines")
def list_import_lines(
    source_id: int,
    session: SessionDep,
    _account: EngineerDep,
    outcome: Name | None = None,
    reason: Annotated[str | None, Query(max_length=4000)] = None,
    after: Annotated[str, Query(max_length=1000)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[ImportLineOut]:
    """What became of each file, by name; ``after`` is the last name seen."""
    lines = list_lines(session, source_id, outcome, after, limit, reason)
    return [ImportLineOut.model_validate(line) for line in lines]


@router.get("/sources/{source_id}/report")
def get_source_report(source_id: int, session: SessionDep, _account: EngineerDep) -> SourceReportOut:
    """What came in: films and patients a split, masks a finding with the least and the largest, refusals by reason."""
    return SourceReportOut.model_validate(source_report(session, source_id))


@router.get("/images/{image_id}")
def get_image(image_id: int, session: SessionDep, _account: ReaderDep) -> ImageOut:
    """What is known of a film."""
    return ImageOut.model_validate(images.get_image(session, image_id))


@router.get("/images/{image_id}/pixels", response_class=Response)
def get_pixels(
    request: Request, image_id: int, session: SessionDep, installation: InstallationDep, _account: ReaderDep
) -> Response:
    """Raw grey pixels, 8 or 16 bits, behind a 16-byte header (magic OVR1, width, height, bits); gzip on the way."""
    sha256 = images.get_image(session, image_id).sha256
    return packed(
        request, installation, sha256, lambda: installation.blobs.get(sha256), FOREVER | {"X-Image-Sha256": sha256}
    )


@router.get("/images/{image_id}/thumbnail", response_class=Response)
def get_thumbnail(
    request: Request,
    image_id: int,
    session: SessionDep,
    installation: InstallationDep,
    _account: ReaderDep,
    size: Annotated[int, Query(ge=16, le=512)] = 160,
) -> Response:
    """A small PNG, windowed to the 1st–99th percentile; made once a film and size."""
    sha256, folder = images.get_image(session, image_id).sha256, installation.settings.data_folder / "thumbnails"
    tag = f"{sha256}-{size_of(size)}"
    return tagged(request, tag, lambda: thumbnail(folder, installation.blobs, sha256, size), "image/png", FOREVER)


def _source_out(one: projects.CountedSource, *, named: bool) -> SourceOut:
    row = one.source
    return SourceOut(
        id=row.id,
        name=row.name,
        reader=row.reader,
        role=row.role,
        licence=row.licence,
        namespace=row.namespace,
        counts=one.counts,
        notes=[SourceNoteOut.model_validate(note if named else replace(note, names=())) for note in one.notes],
    )
