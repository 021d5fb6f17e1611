"""Items that were found wrong and stay out of training: only they can show whether an error comes back by itself."""

import hashlib

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.db.tables import Audit, Iteration, KeptOut, Project, Read


def keep_out(session: Session, audit: Audit, read: Read) -> None:
    """Store the unit of a counted read as kept out if the read found it wrong and the hash of the project's seed and
    the unit falls within the plan's share. A unit that is kept out once is so for ever."""
    if not read.unacceptable or read.verdict == "cannot_tell":
        return
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    if is_sentinel(project.seed, read.image_sha256, read.finding, iteration.plan.get("keep_out", 0.0)):
        row = {"image_id": read.image_id, "finding": read.finding, "read_id": read.id}
        session.execute(insert(KeptOut).values(row).on_conflict_do_nothing())


def is_sentinel(seed: int, image_sha256: str, finding: str, share: float) -> bool:
    """The same for the same unit, whoever asks and in whatever order things are read."""
    digest = hashlib.sha256(f"sentinel {seed}/{image_sha256}/{finding}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share
