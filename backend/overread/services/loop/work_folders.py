"""What a learning job keeps in work/: films as it reads them (folders), its state and checkpoints (files).

A job that is over needs none of it: what it made is in blobs. One that failed or was cancelled goes on, when its
iteration is resumed, from its state; its films are made again. Workers sweep when they start and after each job.
"""

import re
import shutil
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Encoder, Iteration, Job, Run
from overread.services.loop.iterations import superseded

Need = Literal["all", "state", "nothing"]
_NAME = re.compile(r"(run|encoder)-(\d{1,18})")


def sweep(database: Database, data_folder: Path) -> None:
    """Delete what no job needs any more. A job that is resumed meanwhile waits for the row that is held here."""
    for folder in work_folders(data_folder):
        with database.transaction() as session:
            need = need_of(session, folder)
            if need == "nothing":
                shutil.rmtree(folder, ignore_errors=True)
            for films in folder.glob("*/") if need == "state" else ():
                shutil.rmtree(films, ignore_errors=True)


def work_folders(data_folder: Path) -> list[Path]:
    """A folder for each job that learns or has learned, by name."""
    return sorted(path for path in (data_folder / "work").glob("*") if _NAME.fullmatch(path.name))


def need_of(session: Session, folder: Path) -> Need:
    """What of a work folder its job needs. Locks the job's row; one that somebody else holds is at work."""
    kind, number = folder.name.split("-")
    row: Run | Encoder | None = session.get(Run, int(number)) if kind == "run" else session.get(Encoder, int(number))
    if row is None:
        return "nothing"
    query = select(Job.state).where(Job.id == row.job_id).with_for_update(skip_locked=True)
    state = session.scalars(query).one_or_none()
    if state in (None, "queued", "running"):
        return "all"
    # Encoders are not resumed.
    if state == "done" or isinstance(row, Encoder):
        return "nothing"
    return "nothing" if superseded(session, session.get_one(Iteration, row.iteration_id)) else "state"
