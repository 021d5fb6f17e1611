"""Masks beside each other: the pairs that agree least, one case in full, and the word on a public label."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from overread.api.audit.queue import sibling_out
from overread.api.audit.schemas import SiblingOut
from overread.api.explore.listing import label_out
from overread.api.explore.pool import Place, Range, keyset, span
from overread.api.http.deps import InstallationDep, ReaderDep, SessionDep
from overread.api.schemas import Answer, Body, BoxOut, Id, ImageOut, Name, PseudoLabelOut, RleOut
from overread.datasets.reading import Box, Statement
from overread.domain.imaging.films import unpack_film
from overread.domain.words import PublicVerdict, Says, Verdict
from overread.services.explore import compare, figures, public_labels
from overread.services.films.projects import get_project
from overread.services.stages import get_iteration

router = APIRouter(tags=["compare"])
PaneName = Literal["pseudo", "public", "read", "previous"]
WINDOW = r"^-?\d{1,6}(\.\d{1,3})?_-?\d{1,6}(\.\d{1,3})?(_i)?$"


class PairOut(PseudoLabelOut):
    """A pseudo label and how far it agrees (``dice``) with what it is compared with."""

    dice: float
    public_wrong: bool


class PairPage(Answer):
    """``total`` is told with the first page alone."""

    pairs: list[PairOut]
    total: int | None
    next: str | None


class PaneOut(Answer):
    """One mask, and a box a region. ``area`` in pixels; in mm² where the film's spacing is known."""

    name: PaneName
    mask: RleOut
    boxes: list[BoxOut]
    area: int
    area_mm2: float | None


class PairAgreementOut(Answer):
    """Of two panes; null where both masks are empty: neither measure is defined there."""

    a: PaneName
    b: PaneName
    dice: float | None
    nsd: float | None


class PublicLabelReadOut(Answer):
    """``older``: said of a public label that has given way to another one since, so that it counts no more."""

    id: int
    verdict: PublicVerdict
    note: str | None
    reader: str
    created_at: datetime
    older: bool


class PublicLabelReadIn(Body):
    """``shown``: the hash of the public label that was judged, as the comparison told it; a word on another one than
    stands now is refused."""

    verdict: PublicVerdict
    shown: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    note: str | None = Field(None, max_length=2000)


class StatementOut(Answer):
    """What the film's source says of the finding on the whole film. ``reader``: in its own words, empty where it tells
    none."""

    says: Says
    reader: str


class SourceBoxOut(Answer):
    """A rectangle that the film's source drew around the finding: its sides in pixels of the film, fractions too."""

    left: float
    top: float
    right: float
    bottom: float
    reader: str


class ComparisonOut(Answer):
    """One finding on one film: a pane for each mask that somebody drew, "no lesion" included. The borders' tolerance is
    in ``unit``; ``public_label_reads`` newest first, the first one that is not of an older label counts; ``shown``: the
    hash of the public label, null without one; ``siblings``: late saves, newest first."""

    iteration_id: int
    label: PseudoLabelOut
    image: ImageOut
    panes: list[PaneOut]
    agreements: list[PairAgreementOut]
    tolerance: float
    unit: Literal["mm", "px"]
    verdict: Verdict | None
    public_label_reads: list[PublicLabelReadOut]
    shown: str | None
    siblings: list[SiblingOut]
    statements: list[StatementOut]
    source_boxes: list[SourceBoxOut]


@router.get("/iterations/{iteration_id}/pairs")
def list_pairs(
    iteration_id: int,
    session: SessionDep,
    account: ReaderDep,
    against: Literal["public", "read"] = "public",
    finding: Name | None = None,
    source_id: Id | None = None,
    verdict: Verdict | Literal["unread"] | None = None,
    wrong: bool | None = None,
    dice: Range = None,
    after: Place = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> PairPage:
    """Pseudo masks beside public labels (or reads), least alike first. Pairs of two empty masks agree and are left
    out."""
    labelling_id = get_iteration(session, iteration_id).labelling_id
    if labelling_id is None:
        return PairPage(pairs=[], total=0, next=None)
    low, high = (0.0, 1.0) if dice is None else span("dice", dice)
    where = compare.PairFilter(against, finding, source_id, verdict, wrong, low, high)
    rows = compare.list_pairs(session, labelling_id, where, keyset(after), limit, account.id)
    pairs = [PairOut(**vars(label_out(pair)), dice=pair.dice, public_wrong=pair.public_wrong) for pair in rows]
    total = compare.count_pairs(session, labelling_id, where, account.id) if after is None else None
    return PairPage(pairs=pairs, total=total, next=f"{pairs[-1].dice!r}:{pairs[-1].id}" if len(rows) == limit else None)


@router.get("/pseudo-labels/{label_id}/comparison")
def compare_one(label_id: int, session: SessionDep, account: ReaderDep) -> ComparisonOut:
    """Pseudo mask, public label, read and the previous iteration's mask of one finding on one film, each pair
    measured."""
    found = compare.compare_masks(session, label_id, account.id)
    image = found.image
    return ComparisonOut(
        iteration_id=found.iteration_id,
        label=label_out(found),
        image=ImageOut.model_validate(image),
        panes=[
            PaneOut(
                name=name,
                mask=pane.mask,
                boxes=pane.mask.boxes,
                area=pane.area,
                area_mm2=pane.area_mm2,
            )
            for name, pane in found.panes.items()
        ],
        agreements=[PairAgreementOut.model_validate(one) for one in found.agreements],
        tolerance=found.scale.tolerance,
        unit=found.scale.unit,
        verdict=found.verdict,
        public_label_reads=_reads_out(session, image.id, found.label.finding),
        shown=found.panes["public"].mask.sha256 if "public" in found.panes else None,
        siblings=[sibling_out(sibling, account.id) for sibling in found.siblings],
        statements=[StatementOut(says=one.says, reader=one.reader) for one in found.said if isinstance(one, Statement)],
        source_boxes=[
            SourceBoxOut(left=one.left, top=one.top, right=one.right, bottom=one.bottom, reader=one.reader)
            for one in found.said
            if isinstance(one, Box)
        ],
    )


@router.get("/pseudo-labels/{label_id}/figure.{kind}", response_class=Response)
def draw_figure(
    label_id: int,
    kind: Literal["svg", "png"],
    session: SessionDep,
    installation: InstallationDep,
    account: ReaderDep,
    panes: Annotated[str, Query(pattern=r"^[a-z.]{0,60}$", description="names with dots between; difference too")] = "",
    base: PaneName | None = None,
    color: Annotated[int | None, Query(ge=0, le=7)] = None,
    window: Annotated[str | None, Query(pattern=WINDOW, description="low_high, and _i: inverted")] = None,
    box: Annotated[str | None, Query(pattern=r"^\d{1,5}(,\d{1,5}){3}$", description="x0,y0,x1,y1 in pixels")] = None,
    caption: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """The comparison as a figure for a paper or a slide: panes, legend, caption and measures; masks exact."""
    found = compare.compare_masks(session, label_id, account.id)
    greys = [float(part) for part in (window or "").removesuffix("_i").split("_") if part]
    options = figures.FigureOptions(
        panes=tuple(name for name in panes.split(".") if name),
        base=base,
        color=color,
        window=(greys[0], greys[1]) if greys else None,
        invert=(window or "").endswith("_i"),
        box=tuple(int(part) for part in box.split(",")) if box else None,  # type: ignore[arg-type]
        caption=caption or None,
    )
    film = unpack_film(installation.blobs.get(found.image.sha256))
    findings = get_project(session, found.image.project_id).findings
    media = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    drawn = {"svg": figures.figure_svg, "png": figures.figure_png}[kind](found, film, findings, options)
    name = f"overread-{label_id}.{kind}"
    return Response(drawn, media_type=media, headers={"Content-Disposition": f'inline; filename="{name}"'})


@router.post("/pseudo-labels/{label_id}/public-label-reads", status_code=201)
def read_public_label(
    label_id: int, body: PublicLabelReadIn, session: SessionDep, account: ReaderDep
) -> list[PublicLabelReadOut]:
    """Say that the public label beside a pseudo label is wrong, or withdraw that; answers with all that was said."""
    row = public_labels.read_public_label(session, label_id, account.id, body.verdict, body.note, body.shown)
    return _reads_out(session, row.image_id, row.finding)


@router.get("/projects/{project_id}/public-label-reads.csv", response_class=StreamingResponse)
def export_public_label_reads(project_id: int, session: SessionDep, account: ReaderDep) -> StreamingResponse:
    """Every verdict on a public label, those taken back included; none on a film that you are to read blind."""
    get_project(session, project_id)
    lines = list(public_labels.csv_lines(session, project_id, account.id))  # before the transaction ends
    headers = {"Content-Disposition": 'attachment; filename="public-label-reads.csv"'}
    return StreamingResponse(iter(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _reads_out(session: SessionDep, image_id: int, finding: str) -> list[PublicLabelReadOut]:
    return [
        PublicLabelReadOut(
            id=one.read.id,
            verdict=one.read.verdict,
            note=one.read.note,
            reader=one.reader,
            created_at=one.read.created_at,
            older=one.older,
        )
        for one in public_labels.history(session, image_id, finding)
    ]
