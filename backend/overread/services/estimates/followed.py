"""Units followed from one iteration to the next: read by people, never trained on, labelled by both (definitions: 6).

They are of two kinds. HOLDOUT is a sample of the pool, and its truth the reference that was read blind. Kept-out units
were chosen because a label of theirs was wrong, so they say whether errors come back and nothing else; their truth is
the newest counted read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, KeptOut, Mask, Patient, PseudoLabel, Read, Source
from overread.domain.imaging.masks import Rle
from overread.domain.policy.bias import Followed
from overread.domain.policy.gate import USABLE
from overread.services.audit.holdout import references
from overread.services.heads import heads, stands_for


@dataclass(frozen=True)
class FollowedLabel:
    """A label of a followed unit: its presence q and what it draws."""

    presence: float
    mask: Rle


@dataclass(frozen=True)
class Unit:
    """A followed unit: where it is from, its truth, and the label of each side;
    ``kept_out`` after it was found wrong, else HOLDOUT."""

    image_id: int
    patient_id: int
    finding: str
    truth: Rle
    before: FollowedLabel
    after: FollowedLabel
    kept_out: bool
    inside: dict[str, str | None] = field(default_factory=dict)

    @property
    def wrong_before(self) -> bool:
        return self.is_wrong(self.before)

    @property
    def wrong_after(self) -> bool:
        return self.is_wrong(self.after)

    @property
    def likeness(self) -> float:
        """Dice of the two labels' masks; 1 where both are empty: they say the same."""
        return likeness(self.before.mask, self.after.mask)

    def is_wrong(self, label: FollowedLabel) -> bool:
        """The mask is below USABLE, or there where nothing should be."""
        return likeness(label.mask, self.truth) < USABLE


def likeness(one: Rle, other: Rle) -> float:
    """Dice; 1 where both are empty: they say the same."""
    alike = one.dice(other)
    return 1.0 if alike is None else alike


def followed_units(session: Session, before: Iteration, after: Iteration) -> list[Unit]:
    """Every followed unit of the project that both iterations labelled, by film and finding."""
    kept = _kept_out(session, after)
    truths = kept | references(session, after.project_id)
    old, new = (_labels(session, one.labelling_id, truths) for one in (before, after))
    images = {image_id for image_id, _ in truths}
    films = session.execute(
        select(Image, Source.name, Source.namespace)
        .join(Source, Source.id == Image.source_id)
        .where(Image.id.in_(images))
    ).all()
    found = []
    for image, source, site in sorted(films, key=lambda row: row[0].id):
        inside = {"source": source, "site": None if site == source else site, "view": image.view, "sex": image.sex}
        for key in sorted(key for key in truths if key[0] == image.id and key in old and key in new):
            places = (image.id, image.patient_id, key[1])
            found.append(Unit(*places, truths[key], old[key], new[key], key in kept, inside))
    return found


def as_columns(units: Sequence[Unit]) -> Followed:
    """The units as the measures of bias take them."""

    def column(values: Iterable[object], kind: type) -> NDArray[Any]:
        return np.array(list(values), dtype=kind)

    return Followed(
        patient=column((unit.patient_id for unit in units), np.int64),
        wrong_before=column((unit.wrong_before for unit in units), np.bool_),
        wrong_after=column((unit.wrong_after for unit in units), np.bool_),
        likeness=column((unit.likeness for unit in units), np.float64),
        presence_before=column((unit.before.presence for unit in units), np.float64),
        presence_after=column((unit.after.presence for unit in units), np.float64),
        lesion=column((not unit.truth.is_empty for unit in units), np.bool_),
    )


def _kept_out(session: Session, after: Iteration) -> dict[tuple[int, str], Rle]:
    """The newest counted read of each unit that is kept out, on films that are not held; "cannot tell" is no truth."""
    query = (
        select(Image.id, Read.finding, Read.verdict, Image.height, Image.width, Mask.counts)
        .join(KeptOut, (KeptOut.image_id == Read.image_id) & (KeptOut.finding == Read.finding))
        .join(Image, Image.id == Read.image_id)
        .join(Patient, (Patient.id == Image.patient_id) & ~Patient.held)
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        .outerjoin(Mask, Mask.id == stands_for())
        .where(Image.project_id == after.project_id)
    )
    rows = session.execute(heads(query, Read.image_id, Read.finding))
    return {
        (image_id, finding): Rle.stored((height, width), counts)
        for image_id, finding, verdict, height, width, counts in rows
        if verdict != "cannot_tell"
    }


def _labels(
    session: Session, labelling_id: int | None, units: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], FollowedLabel]:
    """Labels of these units in a labelling; an uncertain one counts by the mask that it draws."""
    images = {image_id for image_id, _ in units}
    query = (
        select(Image.id, PseudoLabel.finding, PseudoLabel.presence, Image.height, Image.width, Mask.counts)
        .join(Image, Image.id == PseudoLabel.image_id)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .where(PseudoLabel.labelling_id == labelling_id, PseudoLabel.image_id.in_(images))
    )
    return {
        (image_id, finding): FollowedLabel(presence, Rle.stored((height, width), counts))
        for image_id, finding, presence, height, width, counts in session.execute(query)
    }
