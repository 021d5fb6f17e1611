"""Jobs that meet no network: importing a source, drawing an audit."""

import time

from sqlalchemy.orm import Session

from overread.db.tables import Iteration, Labelling
from overread.services.audit.draw import open_audit
from overread.services.films import imports
from overread.services.films.import_lines import Line
from overread_worker.tasks.context import JobContext

PROGRESS_SECONDS = 0.5


def run_import(context: JobContext) -> None:
    """Import a source; one that brings no film fails, with a sentence."""
    done, told = 0, 0.0

    def on_line(line: Line) -> None:
        nonlocal done, told
        done += 1
        if time.monotonic() - told > PROGRESS_SECONDS:
            context.progress(done, None, line.file_name)
            told = time.monotonic()

    outcomes = imports.import_source(context.database, context.blobs, context.job.arguments["source_id"], on_line)
    context.progress(done, done, ", ".join(f"{n} {word}" for word, n in outcomes.items()))
    imports.refuse_nothing(outcomes)
    context.finish()


def run_audit(context: JobContext) -> None:
    """Draw the audit of a finished labelling."""

    def write(session: Session) -> None:
        labelling = session.get_one(Labelling, context.job.arguments["labelling_id"])
        open_audit(session, session.get_one(Iteration, labelling.iteration_id), labelling.id)

    context.finish(write)
