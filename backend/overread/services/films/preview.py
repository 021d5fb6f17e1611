"""What an import would bring, before anything is stored: the import itself, in a transaction that is undone."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from overread.db.rehearsal import Rehearsal, rehearsal
from overread.db.session import Database
from overread.domain.sources import SourceNote
from overread.services.films.import_lines import Line
from overread.services.films.imports import import_source
from overread.services.films.notes import source_notes
from overread.services.films.projects import NewSource, create_source
from overread.services.films.report import SourceReport, source_report
from overread.storage import BlobStore

REFUSED = 1000  # lines that are kept of a preview; its report counts them all


@dataclass(frozen=True)
class Preview:
    """What an import would say: how many files would be added, unchanged and refused; the first of the refused ones;
    the source as it would lie here, and what is to be told of it."""

    outcomes: Mapping[str, int]
    refused: list[Line]
    report: SourceReport
    notes: list[SourceNote]


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
) -> Preview:
    """What ``import_source`` would do with a source that is new, or here already. Raises what it and ``create_source``
    raise, and Conflict where an import of the same begins meanwhile."""
    refused: list[Line] = []

    def on_each(line: Line) -> None:
        if line.outcome == "refused" and len(refused) < REFUSED:
            refused.append(line)
        on_line(line)

    with rehearsed(database, blobs) as (forgetful, named):
        with forgetful.transaction() as session:
            source = create_source(session, project_id, new)
        outcomes = import_source(forgetful, named, source.id, on_each)
        with forgetful.transaction() as session:
            return Preview(outcomes, refused, source_report(session, source.id), source_notes(session, source))
