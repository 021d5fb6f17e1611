"""A film that is here already, and comes again: in its own file, in a copy, or under another patient."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.datasets.reading import Entry, Masks
from overread.db.tables import Image, Mask, Source, SourceMask
from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle
from overread.services.films.import_lines import Line
from overread.services.films.told import store_source_masks


def come_again(session: Session, source: Source, entry: Entry, image: Image, findings: list[str], masks: Masks) -> Line:
    """A film that is here: unchanged, or with masks of findings that were unknown. Raises InvalidMask where a mask says
    something else than the one that is here: nobody has said which is right."""
    query = select(SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    known = {row.finding: row.Mask for row in session.execute(query.where(SourceMask.image_id == image.id))}
    for finding in masks.keys() & known.keys():
        if Rle.of(masks[finding]).sha256 != known[finding].sha256:
            raise InvalidMask(
                f"Its {finding} mask has {masks[finding].sum():,} px, and {image.file_name}, with the same pixels, "
                f"came with another one, of {known[finding].area:,} px. Find out which is right: no import replaces a "
                "mask, so the one that is here stays, unless the right one goes into a new project."
            )
    new = {finding: mask for finding, mask in masks.items() if finding not in known}
    if not new:
        same = None if entry.file_name == image.file_name else f"same pixels as {image.file_name}"
        return Line(entry.file_name, "unchanged", same, image.id)
    if image.source_id != source.id:
        raise InvalidMask(
            f"It says {', '.join(new)} of the same pixels as {image.file_name}, of another source, where that is "
            "unknown. Leave the film out of one of the two sources."
        )
    store_source_masks(session, source, image, findings, new)
    return Line(entry.file_name, "added", f"{', '.join(new)}, unknown before, to {image.file_name}", image.id)


def two_patients(image: Image) -> InvalidInput:
    """The refusal of pixels that two people are said to have."""
    return InvalidInput(
        f"The same pixels are already here under another patient ({image.file_name}). "
        "Find out whose film it is, then import the right one only."
    )
