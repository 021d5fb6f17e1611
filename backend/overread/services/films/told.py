"""What a source says of its films, stored with them: masks, and beside them statements and boxes, which are none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Literal, get_args

import numpy as np
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from overread.datasets.reading import Box, Entry, Film, Statement
from overread.db.tables import Image, Mask, MaskChange, Source, SourceBox, SourceMask, SourceStatement
from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import Rle
from overread.domain.words import Origin, SourceMaskKind, SourceSays
from overread.services.films.masks import MaskRow, mask_row, store_masks

OTHERWISE = "its statements or boxes are not those that came with these pixels before, which stay"
Kind = Literal["statements", "boxes"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WordRow = SourceStatement | SourceBox
_WORDS: dict[Kind, type[Statement | Box]] = {"statements": Statement, "boxes": Box}
_TABLES: dict[Kind, type[SourceStatement | SourceBox]] = {"statements": SourceStatement, "boxes": SourceBox}


def store_source_masks(
    session: Session, source: Source, image: Image, findings: list[str], masks: Mapping[str, Rle]
) -> None:
    """Of a pool they are public labels, else references. Raises InvalidInput for another project's finding."""
    store_mask_rows(session, source, source_mask_rows(source, image, findings, masks))


def source_mask_rows(source: Source, image: Image, findings: list[str], masks: Mapping[str, Rle]) -> list[MaskRow]:
    """The masks of one film as they are stored. Raises InvalidInput for another project's finding, and InvalidMask for
    one of another size than its film's."""
    unknown = set(masks) - set(findings)
    if unknown:
        raise InvalidInput(f"Mask for unknown finding {sorted(unknown)[0]!r}; this project has {', '.join(findings)}.")
    origin: Origin = "SEMIAUTOMATIC" if source.role == "pool" else "MANUAL"
    return [mask_row(image, finding, mask, origin) for finding, mask in masks.items()]


def store_mask_rows(session: Session, source: Source, rows: Sequence[MaskRow]) -> None:
    """Store a source's masks, of one film or of many."""
    kind: SourceMaskKind = "public" if source.role == "pool" else "reference"
    for row, mask_id in zip(rows, store_masks(session, rows), strict=True):
        session.add(SourceMask(image_id=row.image_id, finding=row.finding, kind=kind, mask_id=mask_id))


def replace_source_masks(
    session: Session, source: Source, image: Image, old: Mapping[str, Mask], masks: Mapping[str, Rle]
) -> None:
    """Masks of a film that newer ones take the place of: all of ``old`` are kept, and so is when they gave way."""
    newer = {finding: masks[finding] for finding in old}
    ids = store_masks(session, source_mask_rows(source, image, list(old), newer))
    for (finding, before), mask_id in zip(old.items(), ids, strict=True):
        session.add(MaskChange(image_id=image.id, finding=finding, old_mask_id=before.id, mask_id=mask_id))
        session.flush()  # the trigger asks for it
        session.execute(update(SourceMask).filter_by(image_id=image.id, finding=finding).values(mask_id=mask_id))


def last_change(session: Session, project_id: int) -> int | None:
    """The last change of a mask in a project, None where none has changed yet."""
    changes = select(func.max(MaskChange.id)).join(Image, Image.id == MaskChange.image_id)
    return session.scalar(changes.where(Image.project_id == project_id))


def word_rows(image: Image, findings: list[str], entry: Entry) -> list[WordRow]:
    """What the entry says of the project's findings beside masks, as it is stored of a new film. Raises InvalidMask for
    a box that does not lie on the film."""
    return [row for kind, words in _said(image, findings, entry).items() for row in _rows(kind, image, words)]


def store_words(
    session: Session, source: Source, image: Image, findings: list[str], entry: Entry
) -> tuple[list[Kind], str | None]:
    """What the entry says of the project's findings beside masks, stored where the film has none of the kind: nothing
    is ever replaced. Returns the kinds that were stored, and a remark where something else is here. Raises InvalidMask
    for a box that does not lie on the film."""
    stored: list[Kind] = []
    remark = None
    for kind, new in _said(image, findings, entry).items():
        known = set(words_of(session, kind, [image.id]).get(image.id, ())) if new else new
        if new == known:
            continue
        if known or image.source_id != source.id:
            remark = OTHERWISE
            continue
        session.add_all(_rows(kind, image, new))
        stored.append(kind)
    return stored, remark


def _said(image: Image, findings: list[str], entry: Entry) -> dict[Kind, set[Statement | Box]]:
    film = Film(np.broadcast_to(np.uint8(0), (image.height, image.width)))
    told: dict[Kind, Sequence[Statement | Box]] = {"statements": entry.statements, "boxes": entry.boxes(film)}
    return {kind: {one for one in words if one.finding in findings} for kind, words in told.items()}


def _rows(kind: Kind, image: Image, words: Iterable[Statement | Box]) -> list[WordRow]:
    return [_TABLES[kind](image_id=image.id, **vars(one)) for one in sorted(words, key=repr)]


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


def films_said(finding: str, said: SourceSays) -> Select[int]:
    """The films of which their source says this of a finding on the whole film, or on which it boxed it."""
    if said == "boxed":
        return select(SourceBox.image_id).where(SourceBox.finding == finding)
    return select(SourceStatement.image_id).where(SourceStatement.finding == finding, SourceStatement.says == said)


def has_reader(session: Session, kind: Kind, project_id: int, reader: str) -> bool:
    """Whether a statement, or a box, of a project names this reader, in the source's words."""
    table = _TABLES[kind]
    query = select(table.reader).join(Image, Image.id == table.image_id)
    return session.scalar(query.where(Image.project_id == project_id, table.reader == reader).limit(1)) is not None
