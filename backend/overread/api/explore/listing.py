"""Pseudo labels, their boxes and their probability maps."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from overread.api.explore.pool import Place, keyset
from overread.api.http.deps import InstallationDep, ReaderDep, SessionDep
from overread.api.http.immutable import ASKED, packed
from overread.api.schemas import Answer, BoxOut, Id, Name, PseudoLabelOut, PseudoLabelPage
from overread.domain.words import Decision
from overread.services.blinding import planted, rules
from overread.services.explore import boxes, listing
from overread.services.labelling import labels
from overread.services.stages import get_iteration

router = APIRouter(tags=["pseudo labels"])


class BoxedLabelOut(Answer):
    """A pseudo label and a box for each region of its mask; none where that is empty."""

    id: int
    finding: str
    decision: Decision
    presence: float
    boxes: list[BoxOut]


class BoxedFilmOut(Answer):
    """A film, its size in pixels, and the boxes of its labels."""

    image_id: int
    file_name: str
    width: int
    height: int
    labels: list[BoxedLabelOut]


class BoxedFilmPage(Answer):
    """``next`` is the ``after`` of the page that follows; null at the end."""

    films: list[BoxedFilmOut]
    next: int | None


@router.get("/iterations/{iteration_id}/pseudo-labels")
def list_pseudo_labels(
    iteration_id: int,
    session: SessionDep,
    account: ReaderDep,
    finding: Name | None = None,
    decision: Name | None = None,
    source_id: Id | None = None,
    order: Name = "risk",
    after: Place = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PseudoLabelPage:
    """A page of pseudo labels: riskiest first, or (order=public_dice) least like the public label first."""
    iteration = get_iteration(session, iteration_id)
    if iteration.labelling_id is None:
        return PseudoLabelPage(labels=[], next=None)
    where = listing.LabelFilter(finding, decision, source_id, order)
    rows = listing.list_labels(session, iteration.labelling_id, where, keyset(after), limit, account.id)
    labels = [label_out(row) for row in rows]
    last = f"{getattr(rows[-1].label, order)!r}:{labels[-1].id}" if len(rows) == limit else None
    return PseudoLabelPage(labels=labels, next=last)


@router.get("/labellings/{labelling_id}/images/{image_id}/maps", response_class=Response)
def get_maps(
    request: Request,
    labelling_id: int,
    image_id: int,
    session: SessionDep,
    installation: InstallationDep,
    account: ReaderDep,
) -> Response:
    """8-bit probability maps, one plane a finding, behind a 16-byte header (magic OVP1, width, height, findings); 409
    before a film that is read blind was."""
    rules.require_open_eyes(session, account.id, image_id)
    row = labels.get_map(session, labelling_id, image_id)
    maps = planted.shown_maps(session, installation.blobs, row)
    # Not for ever: where an error is planted, the true map is shown once the audit is closed.
    return packed(request, installation, hashlib.sha256(maps).hexdigest(), lambda: maps, ASKED)


@router.get("/iterations/{iteration_id}/boxes")
def list_boxes(
    iteration_id: int,
    session: SessionDep,
    account: ReaderDep,
    finding: Name | None = None,
    after: Id = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> BoxedFilmPage:
    """A page of the pool's films with the boxes of their pseudo masks, one a region, of all findings or of one. A film
    that is to be read blind is not listed before that read is frozen."""
    labelling_id = get_iteration(session, iteration_id).labelling_id
    if labelling_id is None:
        return BoxedFilmPage(films=[], next=None)
    films = [boxed_out(film) for film in boxes.list_boxes(session, labelling_id, finding, after, limit, account.id)]
    return BoxedFilmPage(films=films, next=films[-1].image_id if len(films) == limit else None)


def boxed_out(film: boxes.BoxedFilm) -> BoxedFilmOut:
    """A film's boxes on the wire."""
    image = film.image
    labels = [
        BoxedLabelOut(
            id=one.label.id,
            finding=one.label.finding,
            decision=one.label.decision,
            presence=one.label.presence,
            boxes=one.boxes,
        )
        for one in film.labels
    ]
    return BoxedFilmOut(
        image_id=image.id, file_name=image.file_name, width=image.width, height=image.height, labels=labels
    )


def label_out(row: listing.LabelRow) -> PseudoLabelOut:
    """A pseudo label on the wire."""
    label = row.label
    return PseudoLabelOut(
        id=label.id,
        image_id=label.image_id,
        file_name=row.image.file_name,
        source=row.source,
        finding=label.finding,
        decision=label.decision,
        presence=label.presence,
        agreement=label.agreement,
        variance=label.variance,
        stability=label.stability,
        risk=label.risk,
        weight=label.weight,
        public_dice=label.public_dice,
        area=label.area,
        verdict=row.verdict,
    )
