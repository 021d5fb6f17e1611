"""What a source says of its films, stored with them: masks, and beside them statements and boxes, which are none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Literal, get_args

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from overread.datasets.reading import Box, Entry, Film, Statement
from overread.db.tables import Image, Mask, MaskChange, Source, SourceBox, SourceMask, SourceStatement
from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import Rle
from overread.domain.words import Origin, SourceMaskKind
from overread.services.films.masks import mask_row, store_masks

OTHERWISE = "its statements or boxes are not those that came with these pixels before, which stay"
Kind = Literal["statements", "boxes"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_WORDS: dict[Kind, type[Statement | Box]] = {"statements": Statement, "boxes": Box}
_TABLES: dict[Kind, type[SourceStatement | SourceBox]] = {"statements": SourceStatement, "boxes": SourceBox}


def store_source_masks(
    session: Session, source: Source, image: Image, findings: list[str], masks: Mapping[str, Rle]
) -> None:
    """Of a pool they are public labels, else references. Raises InvalidInput for another project's finding."""
    unknown = set(masks) - set(findings)
    if unknown:
        raise InvalidInput(f"Mask for unknown finding {sorted(unknown)[0]!r}; this project has {', '.join(findings)}.")
    kind: SourceMaskKind = "public" if source.role == "pool" else "reference"
    ids = _store(session, source, image, masks)
    for finding, mask_id in zip(masks, ids, strict=True):
        session.add(SourceMask(image_id=image.id, finding=finding, kind=kind, mask_id=mask_id))


def replace_source_masks(
    session: Session, source: Source, image: Image, old: Mapping[str, Mask], masks: Mapping[str, Rle]
) -> None:
    """Masks of a film that newer ones take the place of: all of ``old`` are kept, and so is when they gave way."""
    ids = _store(session, source, image, {finding: masks[finding] for finding in old})
    for (finding, before), mask_id in zip(old.items(), ids, strict=True):
        session.add(MaskChange(image_id=image.id, finding=finding, old_mask_id=before.id, mask_id=mask_id))
        session.flush()  # the trigger asks for it
        session.execute(update(SourceMask).filter_by(image_id=image.id, finding=finding).values(mask_id=mask_id))


def _store(session: Session, source: Source, image: Image, masks: Mapping[str, Rle]) -> list[int]:
    """The masks' ids, in their order."""
    origin: Origin = "SEMIAUTOMATIC" if source.role == "pool" else "MANUAL"
    return store_masks(session, [mask_row(image, finding, mask, origin) for finding, mask in masks.items()])


def last_change(session: Session, project_id: int) -> int | None:
    """The last change of a mask in a project, None where none has changed yet."""
    changes = select(func.max(MaskChange.id)).join(Image, Image.id == MaskChange.image_id)
    return session.scalar(changes.where(Image.project_id == project_id))


def store_words(
    session: Session, source: Source, image: Image, findings: list[str], entry: Entry
) -> tuple[list[Kind], str | None]:
    """What the entry says of the project's findings beside masks, stored where the film has none of the kind: nothing
    is ever replaced. Returns the kinds that were stored, and a remark where something else is here. Raises InvalidMask
    for a box that does not lie on the film."""
    film = Film(np.broadcast_to(np.uint8(0), (image.height, image.width)))
    told: dict[Kind, Sequence[Statement | Box]] = {"statements": entry.statements, "boxes": entry.boxes(film)}
    stored: list[Kind] = []
    remark = None
    for kind, words in told.items():
        new = {one for one in words if one.finding in findings}
        known = set(words_of(session, kind, [image.id]).get(image.id, ()))
        if not new or new == known:
            continue
        if known or image.source_id != source.id:
            remark = OTHERWISE
            continue
        session.add_all(_TABLES[kind](image_id=image.id, **vars(one)) for one in sorted(new, key=repr))
        stored.append(kind)
    return stored, remark


def words_of(session: Session, kind: Kind, image_ids: Collection[int]) -> dict[int, list[Statement | Box]]:
    """The statements, or the boxes, of these films by image id, in an order that is always the same. A film without
    any is left out."""
    table, made = _TABLES[kind], _WORDS[kind]
    columns = [getattr(table, field.name) for field in fields(made)]
    query = (
        select(table.image_id, *columns)
        .where(table.image_id.in_(image_ids))
        .order_by(table.finding, table.reader, *columns)
    )
    found: dict[int, list[Statement | Box]] = {}
    for image_id, *word in session.execute(query):
        found.setdefault(image_id, []).append(made(*word))
    return found


def has_reader(session: Session, kind: Kind, project_id: int, reader: str) -> bool:
    """Whether a statement, or a box, of a project names this reader, in the source's words."""
    table = _TABLES[kind]
    query = select(table.reader).join(Image, Image.id == table.image_id)
    return session.scalar(query.where(Image.project_id == project_id, table.reader == reader).limit(1)) is not None
