"""``patients.csv`` of a folder: whose film is whose and where it may go, as our own readers take it in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from overread.domain.words import ExportSplit
from overread.services.csv_lines import csv_line
from overread.services.exports.folder import Folder
from overread.services.exports.labels import Film

# What the reader is told of a split: a pool's films are drawn anew, and on those held out nobody may ever train.
SPLITS: Mapping[ExportSplit, str] = {"pool": "", "holdout": "external"}
PEOPLE = ("file", "patient_id", "sex", "age", "view", "split", "source", "came_as")


@contextmanager
def people(folder: Folder, name: str) -> Iterator[Callable[[str, Film], None]]:
    """The table, which is told of a film by its path below the table's own folder. Raises DiskFull."""
    with folder.lines(name) as line:
        line(csv_line(PEOPLE))

        def tell(file: str, film: Film) -> None:
            split = SPLITS.get(film.split, film.split)
            line(csv_line((file, film.patient, film.sex, film.age, film.view, split, film.source, film.file)))

        yield tell
