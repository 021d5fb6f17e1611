"""Projects and their sources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.datasets import check_options, check_path
from overread.db.tables import Image, Job, Project, Source, SourceMask
from overread.domain.errors import Conflict, InvalidInput, NotFound
from overread.domain.json_value import JsonValue
from overread.domain.sources import SourceNote
from overread.services.films.changes import newer_notes
from overread.services.films.notes import source_notes
from overread.services.films.options import check_meaning, of_reader
from overread.services.films.splits import SPLITS, seed_of, shares_of
from overread.services.jobs import create_job
from overread.services.trail import record

FINDINGS = ("consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule")
HOLDOUT = 0.05
_WORD = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class NewSource:
    """What it takes to name a source. ``namespace`` says whose patient keys the files use (default: its own)."""

    name: str
    reader: str
    role: str
    licence: str
    path: str | None = None
    namespace: str | None = None
    options: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class CountedSource:
    """A source, with its images by split and its ``"masks"``, and what is to be told of it (``told_of``)."""

    source: Source
    counts: dict[str, int]
    notes: list[SourceNote]


def list_projects(session: Session) -> Sequence[Project]:
    """Every project."""
    return session.scalars(select(Project).order_by(Project.id)).all()


def create_project(
    session: Session,
    name: str,
    findings: list[str],
    account_id: int | None = None,
    seed: int = 0,
    holdout: float = HOLDOUT,
) -> Project:
    """A project; its findings are fixed for ever, since masks and training sets name them. So is who is held out:
    ``holdout`` is a share of the pool's patients, chosen by ``seed`` when their first film comes."""
    _check_name(name)
    if not 1 <= len(findings) <= 8 or len(set(findings)) != len(findings):
        raise InvalidInput("A project has 1 to 8 different findings.")
    for finding in findings:
        if not _WORD.fullmatch(finding):
            raise InvalidInput(f"{finding!r} is no finding's id: lower-case letters, digits and _ (pleural_effusion).")
    if session.scalar(select(Project.id).where(Project.name == name)):
        raise Conflict(f"A project named {name!r} exists already.")
    if not 0 <= holdout <= 0.5:
        raise InvalidInput("holdout is the share of the pool's patients that are never trained on, 0 to 0.5.")
    project = Project(name=name, findings=findings, seed=seed, holdout=holdout)
    session.add(project)
    session.flush()
    record(session, "project.created", f"project {project.id}", project_id=project.id, account_id=account_id, name=name)
    return project


def get_project(session: Session, project_id: int) -> Project:
    """The project, or NotFound."""
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound(f"There is no project {project_id}.")
    return project


def find_project(session: Session, name: str) -> Project | None:
    """The project of this name, if there is one."""
    return session.scalars(select(Project).where(Project.name == name)).one_or_none()


def project_of(session: Session, name: str, findings: list[str] | None = None) -> Project:
    """The project of this name, made with these findings (the five, where none are said) if there is none. Raises
    InvalidInput where there is one of other findings."""
    project = find_project(session, name)
    if project is None:
        return create_project(session, name, findings or list(FINDINGS))
    if findings and sorted(findings) != sorted(project.findings):
        raise InvalidInput(
            f"Project {name} has the findings {', '.join(project.findings)}, for ever. Leave --finding out, or name "
            "another project."
        )
    return project


def get_project_named(session: Session, name: str) -> Project:
    """The project of this name, or NotFound."""
    project = find_project(session, name)
    if project is None:
        raise NotFound(f"There is no project {name!r}. `overread import {name} …` makes it.")
    return project


def create_source(session: Session, project_id: int, new: NewSource, account_id: int | None = None) -> Source:
    """A source row; naming the same source again with the same reader and role gives the one that exists."""
    known = find_source(session, project_id, new)
    if known is not None:
        return known
    source = Source(
        project_id=project_id,
        name=new.name,
        reader=new.reader,
        path=new.path,
        options=dict(new.options),
        role=new.role,
        namespace=new.namespace or new.name,
        licence=new.licence,
    )
    session.add(source)
    session.flush()
    record(
        session,
        "source.created",
        f"source {source.id}",
        project_id=project_id,
        account_id=account_id,
        name=new.name,
        reader=new.reader,
        role=new.role,
    )
    return source


def find_source(session: Session, project_id: int, new: NewSource) -> Source | None:
    """The source that is named so and is here already. Raises NotFound, InvalidInput for what cannot be a source, and
    Conflict where the name is another's."""
    _check_source(new, get_project(session, project_id).findings)
    known = session.scalars(select(Source).filter_by(project_id=project_id, name=new.name)).one_or_none()
    if known is not None:
        was = (known.reader, known.role, known.path, known.namespace, known.options)
        if was != (new.reader, new.role, new.path, new.namespace or new.name, new.options):
            raise Conflict(
                f"Source {new.name!r} exists with another reader, role, path, namespace or options. Take another name."
            )
    return known


def list_sources(session: Session, project_id: int) -> list[CountedSource]:
    """The sources of a project, or NotFound."""
    get_project(session, project_id)
    counts = count_images(session, project_id)
    rows = session.scalars(select(Source).where(Source.project_id == project_id).order_by(Source.id))
    return [CountedSource(row, counts.get(row.name, {}), told_of(session, row)) for row in rows]


def told_of(session: Session, source: Source) -> list[SourceNote]:
    """What is to be told of a source: as its last import found it (counted anew where none has ended yet), and whether
    its masks are newer than those that were learned from last."""
    found = source_notes(session, source) if source.notes is None else source.notes
    return [*found, *newer_notes(session, source)]


def import_later(session: Session, source: Source) -> Job:
    """Enqueue the import of a source."""
    return create_job(session, "import", source.project_id, source_id=source.id)


def count_images(session: Session, project_id: int) -> dict[str, dict[str, int]]:
    """Images and masks by source name: ``{source: {split: n, "masks": n}}``."""
    counts: dict[str, dict[str, int]] = {}
    by_split = (
        select(Source.name, Image.split, func.count())
        .join(Source, Source.id == Image.source_id)
        .where(Image.project_id == project_id)
        .group_by(Source.name, Image.split)
    )
    for name, split, n in session.execute(by_split):
        counts.setdefault(name, {})[split] = n
    masks = (
        select(Source.name, func.count(SourceMask.mask_id))
        .join(Image, Image.source_id == Source.id)
        .join(SourceMask, SourceMask.image_id == Image.id)
        .where(Image.project_id == project_id)
        .group_by(Source.name)
    )
    for name, n in session.execute(masks):
        counts[name]["masks"] = n
    return counts


def _check_name(name: str) -> None:
    if not (len(name.strip()) >= 1 and len(name) <= 100 and name.isprintable()):
        raise InvalidInput("A name has 1 to 100 printable characters.")


def _check_source(new: NewSource, findings: list[str]) -> None:
    """What can be wrong with a source before it has a row: a row of its name would stand in the next try's way."""
    _check_name(new.name)
    check_options(new.reader, of_reader(new.options))
    if new.role not in SPLITS:
        raise InvalidInput(f"There is no role {new.role!r}; there are {', '.join(SPLITS)}.")
    shares_of(new.options)
    seed_of(new.options)
    check_meaning(new.options, findings)
    check_path(new.reader, new.path)
