"""A film that is here already, and comes again: in its own file, in a copy, or under another patient."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.datasets.reading import Entry
from overread.db.tables import Image, Mask, PublicLabelRead, Source, SourceMask
from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle
from overread.services.films.compared import compare_again
from overread.services.films.import_lines import Line
from overread.services.films.told import replace_source_masks, store_source_masks, store_words
from overread.services.heads import of_standing_label


def come_again(
    session: Session, source: Source, entry: Entry, image: Image, findings: list[str], masks: Mapping[str, Rle]
) -> Line:
    """A film that is here: unchanged, with masks of findings that were unknown, the first statements or boxes, or with
    newer masks of its own file. A mask of another file, or source, that says something else than the one that is
    here is refused: nobody has said which is right. Raises InvalidMask where a lesion of its own file is gone, or a
    mask is of what another source left unknown."""
    query = select(SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    known = {row.finding: row.Mask for row in session.execute(query.where(SourceMask.image_id == image.id))}
    old = {f: mask for f, mask in known.items() if f in masks and masks[f].sha256 != mask.sha256}
    own_file = (image.source_id, image.file_name) == (source.id, entry.file_name)
    untold = [finding for finding in known if own_file and finding not in masks]
    if gone := [f for f, mask in known.items() if mask.area and (f in untold or (f in old and f in entry.assumed))]:
        raise InvalidMask(_gone(gone[0], known[gone[0]].area, entry.remark))
    if old and not own_file:
        return Line(entry.file_name, "refused", _contradicts(image, old, masks), image.id)
    new = {finding: mask for finding, mask in masks.items() if finding not in known}
    if new and image.source_id != source.id:
        raise InvalidMask(
            f"It says {', '.join(new)} of the same pixels as {image.file_name}, of another source, where that is "
            "unknown. Leave the film out of one of the two sources."
        )
    verdicts = _verdicts(session, image, old) if old else 0
    store_source_masks(session, source, image, findings, new)
    replace_source_masks(session, source, image, old, masks)
    if source.role == "pool":
        compare_again(session, image, [*old, *new])
    words, remark = store_words(session, source, image, findings, entry)
    said = [f"{f} of {masks[f].area:,} px in the place of {mask.area:,} px" for f, mask in old.items()]
    said += [f"{verdicts} verdicts on the public label before count no more"] if verdicts else []
    said += [f"{', '.join([*new, *words])}, unknown before, to {image.file_name}"] if new or words else []
    said += [f"same pixels as {image.file_name}"] if not said and entry.file_name != image.file_name else []
    said += [remark] if remark else []
    said += [f"that it has no {', '.join(untold)} is not said any more, and stands"] if untold else []
    outcome = "changed" if old else "added" if new or words else "unchanged"
    return Line(entry.file_name, outcome, "; ".join(said) or None, image.id)


def _verdicts(session: Session, image: Image, old: Collection[str]) -> int:
    """How many verdicts on public labels that are to give way are of those, and stop to count with them."""
    read = PublicLabelRead
    query = select(func.count()).select_from(read).where(read.image_id == image.id, read.finding.in_(old))
    return session.scalar(query.where(of_standing_label())) or 0


def _gone(finding: str, area: int, remark: str | None) -> str:
    """Why a film is refused whose lesion is not told any more: that would make it clear, or leave an old mask to teach
    though somebody took it back."""
    why = f" ({remark})" if remark else ""
    return (
        f"Its {finding} mask, of {area:,} px, is gone{why}. Bring it back, or declare that the film has no {finding} "
        "(in a folder by an all-black mask, in COCO by neg_category_ids): a mask that was lost on the way must not "
        "become that. To leave the film unknown import it into a new project."
    )


def _contradicts(image: Image, old: Mapping[str, Mask], masks: Mapping[str, Rle]) -> str:
    """Why the first mask that says something else is refused."""
    finding, here = next(iter(old.items()))
    told = f"Its {finding} mask has {masks[finding].area:,} px, and {image.file_name}, with the same pixels, came "
    told += f"with another one, of {here.area:,} px."
    return (
        f"{told} Find out which is right. The one that is here stands until {image.file_name} comes again with "
        "another: mend it there, or leave one of the two files out."
    )


def two_patients(image: Image) -> InvalidInput:
    """The refusal of pixels that two people are said to have."""
    return InvalidInput(
        f"The same pixels are already here under another patient ({image.file_name}). "
        "Find out whose film it is, then import the right one only."
    )
