"""The single networks' masks beside the ensemble's: kept with the labels, shown to who reads, with plants followed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from overread.db.tables import Image, Labelling, MemberMask, Run
from overread.domain.imaging.masks import Rle
from overread.services.films.masks import MaskRow, mask_row, store_masks


@dataclass(frozen=True)
class Teacher:
    """A network that labelled: its place in the iteration's plan, from 1, and the hash of its checkpoint."""

    number: int
    checkpoint_sha256: str


def record_members(
    session: Session,
    labelling_id: int,
    kept: Iterable[tuple[Image, Sequence[Teacher], str, Sequence[Rle | None]]],
) -> None:
    """Write the members' masks, None or empty for "nothing marked", of films and findings."""
    rows: list[dict[str, object]] = []
    drawn: list[tuple[dict[str, object], MaskRow]] = []
    for image, teachers, finding, masks in kept:
        key = {"labelling_id": labelling_id, "image_id": image.id, "finding": finding, "mask_id": None}
        for teacher, mask in zip(teachers, masks, strict=True):
            rows.append(key | {"teacher": teacher.number, "checkpoint_sha256": teacher.checkpoint_sha256})
            if mask is not None and not mask.is_empty:
                drawn.append((rows[-1], mask_row(image, finding, mask, "AUTOMATIC", labelling_id)))
    ids = store_masks(session, [mask for _, mask in drawn])
    for (row, _), mask_id in zip(drawn, ids, strict=True):
        row["mask_id"] = mask_id
    if rows:
        session.execute(insert(MemberMask).execution_options(render_nulls=True), rows)


def knows_teacher(session: Session, labelling_id: int, number: int) -> bool:
    """Whether the iteration of a labelling has a network of this number."""
    run = exists().where(
        Labelling.id == labelling_id, Run.iteration_id == Labelling.iteration_id, Run.position == number - 1
    )
    return bool(session.scalar(select(run)))
