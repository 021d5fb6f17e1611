"""Items that were found wrong and stay out of training: only they can show whether an error comes back by itself."""

import hashlib
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Image, Iteration, KeptOut, Patient, Project, Read

Known = TypeVar("Known")


def keep_out(session: Session, audit: Audit, read: Read) -> None:
    """Store the unit of a counted read as kept out if the read found it wrong and the hash of the project's seed and
    the unit falls within the plan's share. A unit that is kept out once is so for ever."""
    if not read.unacceptable or read.verdict == "cannot_tell":
        return
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    if stays_out(project.seed, read.image_sha256, read.finding, iteration.plan.keep_out):
        row = {"image_id": read.image_id, "finding": read.finding, "read_id": read.id}
        session.execute(insert(KeptOut).values(row).on_conflict_do_nothing())


def leave_out(session: Session, targets: dict[str, dict[str, Known]], project_id: int) -> None:
    """Take from training targets (by film's SHA-256 and finding) all films of patients who are held out, and all units
    that are kept out."""
    held = (
        select(Image.sha256)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.project_id == project_id, Patient.held)
    )
    for sha256 in session.scalars(held):
        targets.pop(sha256, None)
    kept = select(Image.sha256, KeptOut.finding).join(Image, Image.id == KeptOut.image_id)
    for sha256, finding in session.execute(kept.where(Image.project_id == project_id)):
        if sha256 in targets:
            targets[sha256].pop(finding, None)


def stays_out(seed: int, image_sha256: str, finding: str, share: float) -> bool:
    """The same for the same unit, whoever asks and in whatever order things are read."""
    digest = hashlib.sha256(f"sentinel {seed}/{image_sha256}/{finding}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share
