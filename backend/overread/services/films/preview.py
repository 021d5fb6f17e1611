"""What an import would bring, before anything is stored: the import itself, in a transaction that is undone."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from overread.db.rehearsal import Rehearsal, rehearsal
from overread.db.session import Database
from overread.db.tables import Source
from overread.domain.source_reports import Foreseen, RefusedFile
from overread.services.films.import_lines import Line
from overread.services.films.imports import import_source
from overread.services.films.projects import NewSource, create_source, told_of
from overread.services.films.report import source_report
from overread.storage import BlobStore

REFUSED = 1000  # lines that are kept of a preview; its report counts them all


class _Named(BlobStore):
    """Blobs that get their names, and are not kept. What is here already is read."""

    def put(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()


@contextmanager
def rehearsed(database: Database, blobs: BlobStore) -> Iterator[tuple[Rehearsal, BlobStore]]:
    """An installation that whatever is imported into is forgotten by. Raises Conflict where an import of the same
    begins meanwhile."""
    with rehearsal(database) as forgetful:
        yield forgetful, _Named(blobs.folder, blobs.reserve, blobs.bucket)


def preview_source(
    database: Database,
    blobs: BlobStore,
    project_id: int,
    new: NewSource,
    on_line: Callable[[Line], None] = lambda _line: None,
) -> Foreseen:
    """What ``import_source`` would do with a source that is new, or here already. Raises what it and ``create_source``
    raise, and Conflict where an import of the same begins meanwhile."""
    refused: list[RefusedFile] = []

    def on_each(line: Line) -> None:
        if line.outcome == "refused" and len(refused) < REFUSED:
            refused.append(RefusedFile(line.file_name, line.reason or ""))
        on_line(line)

    with rehearsed(database, blobs) as (forgetful, named):
        with forgetful.transaction() as session:
            source = create_source(session, project_id, new)
        outcomes = import_source(forgetful, named, source.id, on_each)
        with forgetful.transaction() as session:
            return Foreseen(
                outcomes,
                refused,
                source_report(session, source.id),
                told_of(session, session.get_one(Source, source.id)),
            )
