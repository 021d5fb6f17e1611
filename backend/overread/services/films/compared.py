"""Public labels beside pseudo labels: how alike they are is stored with the pseudo label, and measured again when a
public label comes or gives way to a newer one. Nothing is ever compared with one that stands no more."""

from collections.abc import Collection, Iterable

from sqlalchemy import Integer, cast, func, select, update
from sqlalchemy.orm import Session

from overread.db.rehearsal import is_rehearsed
from overread.db.tables import Image, Mask, PseudoLabel, SourceMask
from overread.domain.imaging.masks import Rle
from overread.services.films.masks import mask_rle, rle_of

_LOCK = func.hashtext("public labels")


def hold_public_labels(session: Session, project_id: int) -> None:
    """Until this transaction ends no public label of the project comes or gives way; others that hold them do not wait
    for each other. For whoever stores pseudo labels that are compared with them."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK, cast(project_id, Integer))))


def public_masks(session: Session, image_ids: Iterable[int]) -> dict[tuple[int, str], Rle]:
    """The public labels that stand on these films, by film and finding."""
    query = select(SourceMask.image_id, SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    rows = session.execute(query.where(SourceMask.image_id.in_(list(image_ids)), SourceMask.kind == "public"))
    return {(image_id, finding): mask_rle(mask) for image_id, finding, mask in rows}


def compare_again(session: Session, image: Image, findings: Collection[str]) -> None:
    """Measure every iteration's pseudo label of these findings of a film against the public label that stands now.
    Nobody waits for a rehearsal, which tells nothing that hangs on it."""
    if not findings or is_rehearsed(session):
        return
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, cast(image.project_id, Integer))))
    public = public_masks(session, [image.id])
    query = select(PseudoLabel.id, PseudoLabel.finding, Mask).outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
    rows = session.execute(query.where(PseudoLabel.image_id == image.id, PseudoLabel.finding.in_(findings))).all()
    measured = [
        {"id": label_id, "public_dice": rle_of(mask, image).dice(public[image.id, finding])}
        for label_id, finding, mask in rows
    ]
    if measured:
        session.execute(update(PseudoLabel), measured)
