"""What a source says of its films, stored with them."""

from collections.abc import Mapping

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from overread.datasets.reading import Masks
from overread.db.tables import Image, Mask, MaskChange, Source, SourceMask
from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import Rle
from overread.domain.words import Origin, SourceMaskKind
from overread.services.films.masks import mask_row, store_masks


def store_source_masks(session: Session, source: Source, image: Image, findings: list[str], masks: Masks) -> None:
    """Of a pool they are public labels, else references. Raises InvalidInput for another project's finding."""
    unknown = set(masks) - set(findings)
    if unknown:
        raise InvalidInput(f"Mask for unknown finding {sorted(unknown)[0]!r}; this project has {', '.join(findings)}.")
    public = source.role == "pool"
    kind: SourceMaskKind = "public" if public else "reference"
    origin: Origin = "SEMIAUTOMATIC" if public else "MANUAL"
    ids = store_masks(session, [mask_row(image, finding, Rle.of(mask), origin) for finding, mask in masks.items()])
    for finding, mask_id in zip(masks, ids, strict=True):
        session.add(SourceMask(image_id=image.id, finding=finding, kind=kind, mask_id=mask_id))


def replace_source_masks(session: Session, image: Image, old: Mapping[str, Mask], masks: Masks) -> None:
    """References of a film that newer ones take the place of: all of ``old`` are kept, and so is when they gave way."""
    ids = store_masks(session, [mask_row(image, finding, Rle.of(masks[finding]), "MANUAL") for finding in old])
    for (finding, before), mask_id in zip(old.items(), ids, strict=True):
        session.add(MaskChange(image_id=image.id, finding=finding, old_mask_id=before.id, mask_id=mask_id))
        session.flush()  # the trigger asks for it
        session.execute(update(SourceMask).filter_by(image_id=image.id, finding=finding).values(mask_id=mask_id))


def last_change(session: Session, project_id: int) -> int | None:
    """The last change of a reference in a project, None where none has changed yet."""
    changes = select(func.max(MaskChange.id)).join(Image, Image.id == MaskChange.image_id)
    return session.scalar(changes.where(Image.project_id == project_id))
