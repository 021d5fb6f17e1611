"""Jobs that meet no network: importing a source, finding out what that would bring, drawing an audit."""

import time
from collections.abc import Mapping

from sqlalchemy.orm import Session

from overread.datasets import count_films
from overread.db.tables import Iteration, Labelling, Source
from overread.services.audit.draw import open_audit
from overread.services.films import imports
from overread.services.films.import_lines import Line
from overread.services.films.options import of_reader
from overread.services.films.preview import preview_source
from overread.services.films.previews import asked_of, get_preview
from overread_worker.tasks.context import JobContext

PROGRESS_SECONDS = 0.5


def run_import(context: JobContext) -> None:
    """Import a source; one that brings no film fails, with a sentence."""
    source_id = context.job.arguments["source_id"]
    with context.database.transaction() as session:
        source = session.get_one(Source, source_id)
    teller = Teller(context, count_films(source.reader, source.path, of_reader(source.options)))
    outcomes = imports.import_source(context.database, context.blobs, source_id, teller)
    teller.end(outcomes)
    imports.refuse_nothing(outcomes)
    context.finish()


def run_preview(context: JobContext) -> None:
    """Find out what a source would bring; nothing of it stays but that."""
    with context.database.transaction() as session:
        new = asked_of(get_preview(session, context.job.id))
    teller = Teller(context, count_films(new.reader, new.path, of_reader(new.options)))
    found = preview_source(context.database, context.blobs, context.job.project_id, new, teller)
    teller.end(found.outcomes)

    def write(session: Session) -> None:
        get_preview(session, context.job.id).found = found

    context.finish(write)


class Teller:
    """Tells how many files are done, of about how many, a few times a second at most."""

    def __init__(self, context: JobContext, about: int) -> None:
        self._context, self._about = context, about
        self._done, self._told = 0, 0.0

    def __call__(self, line: Line) -> None:
        self._done += 1
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self._context.progress(self._done, max(self._about, self._done), line.file_name)
            self._told = time.monotonic()

    def end(self, outcomes: Mapping[str, int]) -> None:
        """All are done."""
        self._context.progress(self._done, self._done, ", ".join(f"{n} {word}" for word, n in outcomes.items()))


def run_audit(context: JobContext) -> None:
    """Draw the audit of a finished labelling."""

    def write(session: Session) -> None:
        labelling = session.get_one(Labelling, context.job.arguments["labelling_id"])
        open_audit(session, session.get_one(Iteration, labelling.iteration_id), labelling.id)

    context.finish(write)
