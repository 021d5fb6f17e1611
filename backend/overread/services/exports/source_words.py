"""What sources say beside masks, as it came in: a table of statements on whole films, or one of boxes.

They are no labels: nothing here outranks anything, and each reader of a source has rows of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from overread.datasets.reading import Box, Statement
from overread.db.session import Database
from overread.db.tables import Image
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.words import SourceFormat
from overread.services.csv_lines import csv_line
from overread.services.exports.labels import Film, LabelFilter
from overread.services.exports.stream import Export, Watch, film_out, film_pages, plan_export
from overread.services.films.told import Kind, has_reader, words_of

KINDS: dict[SourceFormat, Kind] = {"statements": "statements", "source-boxes": "boxes"}
FILM = ("file", "source", "film_sha256", "patient", "split", "finding")
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "statements": (*FILM, "says", "reader"),
    "boxes": (*FILM, "x_min", "y_min", "x_max", "y_max", "reader"),
}


@dataclass(frozen=True)
class ToldFilm:
    """A film, and what its source says of it: statements alone or boxes alone, in the project's order of findings."""

    film: Film
    words: tuple[Statement | Box, ...]


def plan_words(session: Session, project_id: int, where: LabelFilter, form: SourceFormat) -> Export:
    """``plan_export``, where ``reader`` is one of the source's own. Raises InvalidInput for a filter of labels, and
    NotFound for a reader whom no source names."""
    if (where.iteration, where.decision, where.by) != (None, None, None):
        raise InvalidInput(
            f"{form} holds what sources say, and no labels: leave --iteration, --decision and --by out, or export "
            "another format."
        )
    export = plan_export(session, project_id, replace(where, reader=None))
    if where.reader is not None and not has_reader(session, KINDS[form], project_id, where.reader):
        raise NotFound(
            f"No source has {where.reader!r} among the readers of its {KINDS[form]}. Leave --reader out to see whom "
            "they name."
        )
    return replace(export, where=where)


def told_films(
    database: Database, export: Export, form: SourceFormat, on_films: Watch = lambda _count: None
) -> Iterator[ToldFilm]:
    """Every film of which there is something to go out, page by page as ``labelled_films`` has them."""
    reader = export.where.reader

    def look(session: Session, images: Sequence[Image]) -> dict[int, list[Statement | Box]]:
        return words_of(session, KINDS[form], [image.id for image in images])

    for page, words in film_pages(database, export, look, on_films):
        for image, source, patient in page:
            said = [one for one in words.get(image.id, ()) if reader in (None, one.reader)]
            here = tuple(one for finding in export.findings for one in said if one.finding == finding)
            if here:
                yield ToldFilm(film_out(image, source, patient), here)


def word_lines(films: Iterator[ToldFilm], form: SourceFormat) -> Iterator[str]:
    """A row a statement, or a row a box with its sides in pixels of the film."""
    yield csv_line(COLUMNS[KINDS[form]])
    for one in films:
        film = one.film
        known = film.file, film.source, film.sha256, film.patient, film.split
        for word in one.words:
            yield csv_line((*known, word.finding, *_said(word), word.reader))


def _said(word: Statement | Box) -> tuple[str | float, ...]:
    if isinstance(word, Statement):
        return (word.says,)
    return word.left, word.top, word.right, word.bottom
