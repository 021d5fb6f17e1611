"""What is kept of a labelling: its probability maps, how its labels were decided, and what each proposes."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Image,
    Iteration,
    Labelling,
    Mask,
    ProbabilityMap,
    Project,
    PseudoLabel,
)
from overread.domain.errors import NotFound
from overread.domain.words import DECISIONS, Decision
from overread.services.films.masks import mask_pixels


def get_map(session: Session, labelling_id: int, image_id: int) -> ProbabilityMap:
    """The maps' row of one film, or NotFound."""
    row = session.get(ProbabilityMap, (labelling_id, image_id))
    if row is None:
        raise NotFound(f"Labelling {labelling_id} has no probability maps of image {image_id}.")
    return row


def count_decisions(session: Session, labelling_id: int | None) -> dict[str, dict[Decision, int]]:
    """Pseudo labels by finding (in the project's order) and decision."""
    query = (
        select(PseudoLabel.finding, PseudoLabel.decision, func.count())
        .where(PseudoLabel.labelling_id == labelling_id)
        .group_by(PseudoLabel.finding, PseudoLabel.decision)
    )
    counts: dict[str, dict[Decision, int]] = {}
    for finding, decision, n in session.execute(query):
        counts.setdefault(finding, dict.fromkeys(DECISIONS, 0))[decision] = n
    order = session.scalar(
        select(Project.findings)
        .join(Iteration, Iteration.project_id == Project.id)
        .join(Labelling, Labelling.iteration_id == Iteration.id)
        .where(Labelling.id == labelling_id)
    )
    return {finding: counts[finding] for finding in order or [] if finding in counts}


def proposed_pixels(session: Session, label: PseudoLabel, image: Image) -> NDArray[np.bool_]:
    """The mask the ensemble proposes; without one, the empty mask."""
    if label.mask_id is None:
        return np.zeros((image.height, image.width), bool)
    return mask_pixels(session.get_one(Mask, label.mask_id))
