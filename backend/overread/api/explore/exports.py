"""Labels out, as one text or one tar that is never held whole."""

from collections.abc import Iterator
from itertools import chain
from typing import cast, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from overread.api.http.deps import EngineerDep, InstallationDep, hold_stream
from overread.api.schemas import Id, Name
from overread.domain.words import Decision, ExportFormat, ExportSplit, FolderFormat, TextFormat, ToldBy
from overread.services.exports import formats
from overread.services.exports.labels import LabelFilter

router = APIRouter(tags=["exports"])
PIECE = 1 << 16  # characters that are sent at once
FILES: dict[TextFormat, tuple[str, str]] = {
    "jsonl": ("labels.jsonl", "application/jsonl"),
    "coco": ("labels.coco.json", "application/json"),
    "boxes": ("boxes.csv", "text/csv; charset=utf-8"),
    "siim": ("siim-rle.csv", "text/csv; charset=utf-8"),
    "statements": ("statements.csv", "text/csv; charset=utf-8"),
    "source-boxes": ("source-boxes.csv", "text/csv; charset=utf-8"),
}


@router.get(
    "/projects/{project_id}/labels/{form}", response_class=StreamingResponse, dependencies=[Depends(hold_stream)]
)
def export_labels(
    project_id: Id,
    form: ExportFormat,
    installation: InstallationDep,
    account: EngineerDep,
    source: Name | None = None,
    iteration: Id | None = None,
    finding: Name | None = None,
    decision: Decision | None = None,
    by: ToldBy | None = None,
    reader: Name | None = None,
    split: ExportSplit | None = None,
) -> StreamingResponse:
    """The labels that stand: what people said, and the machine of an iteration (by its number; the newest) where nobody
    did. ``by`` public: public labels instead. Formats of many files come as a tar. statements and source-boxes: what
    sources say beside masks, by ``source``, ``finding``, ``split`` and the source's own ``reader``."""
    where = LabelFilter(source, iteration, finding, decision, by, reader, split)
    with installation.database.transaction() as session:
        export = formats.settle(session, project_id, where, form, account.id)
    pieces: Iterator[str] | Iterator[bytes]
    if form in get_args(TextFormat):
        name, media = FILES[cast(TextFormat, form)]
        pieces = _pieces(formats.export_text(installation.database, export, cast(TextFormat, form)))
    else:
        name, media = f"{form}.tar", "application/x-tar"
        pieces = _begun(formats.export_tar(installation.database, installation.blobs, export, cast(FolderFormat, form)))
    return StreamingResponse(
        pieces, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of which is there: what cannot go out is refused while an answer can say so."""
    return chain([next(pieces, b"")], pieces)


def _pieces(text: Iterator[str]) -> Iterator[str]:
    """The text in pieces large enough that sending one is not what takes the time."""
    piece: list[str] = []
    size = 0
    for part in text:
        piece.append(part)
        size += len(part)
        if size >= PIECE:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)
