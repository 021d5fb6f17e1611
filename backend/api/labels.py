"""Pseudo labels, their probability maps, and the masks that stand beside each other."""

import gzip
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from backend.api.audit_schemas import ComparisonOut
from backend.api.deps import HouseDep, ReaderDep, SessionDep
from backend.api.pool import keyset
from backend.api.projects import FOREVER, find_image
from backend.api.schemas import ImageOut, PseudoLabelOut, PseudoLabelPage, RleOut
from backend.db.tables import Mask, PseudoLabel, SourceMask
from backend.domain.errors import NotFound
from backend.services import labellings, reads, veils
from backend.services.iterations import get_iteration
from backend.services.masks import empty_rle, mask_rle

router = APIRouter(tags=["pseudo labels"])


@router.get("/iterations/{iteration_id}/pseudo-labels")
def list_pseudo_labels(
    iteration_id: int,
    session: SessionDep,
    account: ReaderDep,
    finding: str | None = None,
    decision: str | None = None,
    source_id: int | None = None,
    order: str = "risk",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PseudoLabelPage:
    """A page of pseudo labels: riskiest first, or (order=public_dice) least like the public label first."""
    iteration = get_iteration(session, iteration_id)
    if iteration.labelling_id is None:
        return PseudoLabelPage(labels=[], next=None)
    where = labellings.LabelFilter(finding, decision, source_id, order)
    rows = labellings.list_labels(session, iteration.labelling_id, where, keyset(after), limit, account.id)
    labels = [_label_out(row) for row in rows]
    last = f"{getattr(rows[-1][0], order)!r}:{labels[-1].id}" if len(rows) == limit else None
    return PseudoLabelPage(labels=labels, next=last)


@router.get("/pseudo-labels/{label_id}/comparison")
def compare(label_id: int, session: SessionDep, account: ReaderDep) -> ComparisonOut:
    """Pseudo mask, public label and read of one finding on one film."""
    label = session.get(PseudoLabel, label_id)
    if label is None:
        raise NotFound(f"There is no pseudo label {label_id}.")
    veils.require_open_eyes(session, account.id, label.image_id)
    image = find_image(session, label.image_id)
    read = reads.newest_reads(session, image.id, account.id).get(label.finding)
    row = labellings.get_label(session, label, account.id)
    label = row[0]
    proposed = session.get(Mask, label.mask_id) if label.mask_id else None
    public = session.scalars(
        select(Mask)
        .join(SourceMask, SourceMask.mask_id == Mask.id)
        .where(SourceMask.image_id == image.id, SourceMask.finding == label.finding, SourceMask.kind == "public")
    ).one_or_none()
    empty = empty_rle(image)
    told = read is not None and read.verdict != "cannot_tell"
    read_mask = reads.read_mask(session, read) if read is not None else None
    return ComparisonOut(
        label=_label_out(row),
        image=ImageOut.model_validate(image),
        pseudo=RleOut(**(mask_rle(proposed) if proposed else empty)),
        public=RleOut(**mask_rle(public)) if public else None,
        read=RleOut(**(mask_rle(read_mask) if read_mask else empty)) if told else None,
        dice_public=label.public_dice,
        dice_read=read.dice if read is not None else None,
    )


@router.get("/labellings/{labelling_id}/images/{image_id}/maps", response_class=Response)
def get_maps(labelling_id: int, image_id: int, session: SessionDep, house: HouseDep, account: ReaderDep) -> Response:
    """8-bit probability maps, one plane a finding, behind a 16-byte header (magic OVP1, width, height, findings); 409
    before a film that is read blind was."""
    veils.require_open_eyes(session, account.id, image_id)
    row = labellings.get_map(session, labelling_id, image_id)
    maps = veils.shown_maps(session, house.blobs, row)
    body = gzip.compress(maps, compresslevel=1)
    headers = FOREVER | {"Content-Encoding": "gzip", "ETag": f'"{hashlib.sha256(maps).hexdigest()}"'}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _label_out(row: Any) -> PseudoLabelOut:
    label, image, source, area, verdict = row
    columns = (
        "id",
        "image_id",
        "finding",
        "decision",
        "presence",
        "agreement",
        "variance",
        "stability",
        "risk",
        "weight",
        "public_dice",
    )
    return PseudoLabelOut(
        **{name: getattr(label, name) for name in columns},
        file_name=image.file_name,
        source=source,
        area=area or 0,
        verdict=verdict,
    )
