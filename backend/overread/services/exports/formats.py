"""The formats that labels go out in: one text, or a folder of files."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast, get_args

from sqlalchemy import func
from sqlalchemy.orm import Session

from overread.datasets.reading import Statement
from overread.db.session import Database
from overread.db.tables import Image, Source
from overread.domain.errors import InvalidInput
from overread.domain.words import ExportFormat, FolderFormat, TextFormat
from overread.services.exports import coco, lines, nnunet, png, webdataset
from overread.services.exports.folder import Folder, written_folder
from overread.services.exports.labels import LabelFilter, LabelledFilm
from overread.services.exports.shards import LabelsChanged
from overread.services.exports.source_words import ToldFilm, plan_words, told_films, word_lines
from overread.services.exports.stream import Export, Watch, films_of, labelled_films, plan_export
from overread.services.exports.tar import tar_pieces
from overread.services.trail import record
from overread.storage import BlobStore, written_whole


def settle(
    session: Session, project_id: int, where: LabelFilter, form: ExportFormat, account_id: int | None = None
) -> Export:
    """``plan_export``, and whether the format can hold it: raises InvalidInput where it would say something else. The
    trail gets a line: what leaves the house, and by whom."""
    if form == "statements" or form == "source-boxes":
        export = plan_words(session, project_id, where, form)
    else:
        export = plan_export(session, project_id, where)
    if form == "siim":
        _check_siim(session, export)
    if form == "nnunet":
        nnunet.check_findings(export.findings)
        if where.split in ("external", "holdout"):
            raise InvalidInput(
                "nnU-Net's data set is one to train on, and nobody may train on external films or those held out. "
                "Leave --split out: they go into imagesTs and labelsTs. Or export png or coco."
            )
    asked = {name: value for name, value in vars(where).items() if value is not None}
    told = {"form": form, "films": export.films, **asked}
    record(session, "labels.exported", f"project {project_id}", project_id=project_id, account_id=account_id, **told)
    return export


def export_text(database: Database, export: Export, form: TextFormat) -> Iterator[str]:
    """The labels, or what sources say, as one text, piece by piece."""
    return _text(database, export, form, Counter(), lambda _count: None)


def export_tar(database: Database, blobs: BlobStore, export: Export, form: FolderFormat) -> Iterator[bytes]:
    """The files of a folder as a tar, piece by piece. Raises what no folder can be of with the first, mostly."""
    return tar_pieces(labelled_films(database, export), lambda folder, films: _fill(folder, films, blobs, export, form))


def write(
    database: Database,
    blobs: BlobStore,
    export: Export,
    form: ExportFormat,
    to: Path,
    on_films: Watch = lambda _count: None,
    say: Callable[[str], None] = lambda _sentence: None,
) -> Counter[str]:
    """The labels as a file or as a folder, whole or not at all; a folder that was stopped goes on where it was, or says
    that it begins again. Returns how many ``films`` there were, and how many labels, statements or boxes by what they
    tell. ``on_films`` is told of films looked at, and of all of them with a minus where it begins again. Raises
    DiskFull, and Conflict for a folder that is there already."""
    looked: list[int] = []

    def tell(films: int) -> None:
        looked.append(films)
        on_films(films)

    try:
        return _written(database, blobs, export, form, to, tell)
    except LabelsChanged:
        say("What goes out has changed since this export was stopped: it begins again.")
        on_films(-sum(looked))
        return _written(database, blobs, export, form, to, on_films)


def _written(
    database: Database, blobs: BlobStore, export: Export, form: ExportFormat, to: Path, on_films: Watch
) -> Counter[str]:
    counts = Counter[str](films=0)
    if form in get_args(TextFormat):
        with written_whole(to) as new, new.open("w", encoding="utf-8", newline="") as file:
            file.writelines(_text(database, export, cast(TextFormat, form), counts, on_films))
    else:
        with written_folder(to) as folder:
            films = _counted(labelled_films(database, export, on_films), counts)
            _fill(folder, films, blobs, export, cast(FolderFormat, form))
    return counts


def _fill(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore, export: Export, form: FolderFormat) -> None:
    if form == "png":
        png.write_png(folder, films, blobs)
    elif form == "nnunet":
        nnunet.write_nnunet(folder, films, blobs, export.findings)
    elif form == "webdataset":
        webdataset.write_webdataset(folder, films, blobs)
    elif form == "seg":
        from overread.services.exports import seg  # half a second to load, as is pyarrow

        seg.write_seg(folder, films, blobs)
    else:
        from overread.services.exports import parquet

        parquet.write_parquet(folder, films, blobs)


def _text(database: Database, export: Export, form: TextFormat, counts: Counter[str], on_films: Watch) -> Iterator[str]:
    if form == "statements" or form == "source-boxes":
        return word_lines(_counted_words(told_films(database, export, form, on_films), counts), form)
    films = _counted(labelled_films(database, export, on_films), counts)
    if form == "coco":
        return coco.coco_lines(films, export.project, export.findings, by_source=export.by_source)
    return {"jsonl": lines.json_lines, "boxes": lines.box_lines, "siim": lines.siim_lines}[form](films)


def _counted(films: Iterator[LabelledFilm], counts: Counter[str]) -> Iterator[LabelledFilm]:
    for one in films:
        counts["films"] += 1
        counts.update(label.told for label in one.labels)
        yield one


def _counted_words(films: Iterator[ToldFilm], counts: Counter[str]) -> Iterator[ToldFilm]:
    for one in films:
        counts["films"] += 1
        counts.update(word.says if isinstance(word, Statement) else "boxes" for word in one.words)
        yield one


def _check_siim(session: Session, export: Export) -> None:
    if len(export.findings) != 1:
        raise InvalidInput(f"SIIM's file is of one finding: say which with --finding ({', '.join(export.findings)}).")
    frame = lines.FRAME
    odd = films_of(export, Image).where((frame % Image.width != 0) | (frame % Image.height != 0))
    film = session.scalars(odd.order_by(Image.id).limit(1)).one_or_none()
    if film is not None:
        raise InvalidInput(
            f"SIIM counts in {frame}×{frame} pixels, and {film.file_name} is {film.width}×{film.height}: its masks "
            "would not be the same there. Export coco, or another --source."
        )
    # As lines.image_id names them.
    base = func.regexp_replace(Image.file_name, "^.*/", "")
    whole = Source.name + "/" + Image.file_name
    name = func.regexp_replace(base, r"^(.+)\.[^.]+$", r"\1")
    twice = films_of(export, func.min(whole), func.max(whole)).group_by(name)
    pair = session.execute(twice.having(func.count() > 1).limit(1)).one_or_none()
    if pair is not None:
        raise InvalidInput(
            f"SIIM names a film without its folder, and {pair[0]} and {pair[1]} would be one. Export coco, or another "
            "--source."
        )
