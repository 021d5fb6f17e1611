"""What a source says of its films, stored with them."""

from sqlalchemy.orm import Session

from overread.datasets.reading import Masks
from overread.db.tables import Image, Source, SourceMask
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
