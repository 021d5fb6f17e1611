"""Tables as CSV: large, perhaps gzipped, and as hostile as any file. Read row by row."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from overread.datasets.files.files import nfc
from overread.domain.errors import InvalidInput

MAX_LETTERS = 256 << 20  # inflated; the largest of the collections' tables has some 100 MB
MAX_LINE = 64 << 10
MAX_ROWS = 1_000_000
MAX_COLUMNS = 1000
Row = tuple[int, dict[str, str]]
# A quote that nobody closes is an error: it would take the rows behind it for one value.
_values = partial(csv.reader, skipinitialspace=True, strict=True)


def find_tables(folder: Path, *patterns: str) -> list[Path]:
    """The files of these names in the folder, or else in those right below it, where archives unpack themselves."""
    for depth in ("", "*/"):
        if found := {file for pattern in patterns for file in folder.glob(depth + pattern) if file.is_file()}:
            return sorted(found)
    return []


def one_table(folder: Path, option: str, given: str, *patterns: str) -> Path | None:
    """The table that the option names, or else the one of these names; None where there is none. Raises InvalidInput
    where there are several, or not the one that is named."""
    found = [folder / given] if given else find_tables(folder, *patterns)
    if given and not found[0].is_file():
        raise InvalidInput(f"There is no table {given} in {folder}.")
    if len(found) > 1:
        names = " and ".join(str(file.relative_to(folder)) for file in found)
        first = found[0].relative_to(folder)
        say = f'Say which counts: {{"{option}": "{first}"}}.' if option else "Keep the right one."
        raise InvalidInput(f"{folder} has {names}. {say}")
    return found[0] if found else None


def need_table(folder: Path, option: str, given: str, *patterns: str) -> Path:
    """``one_table``, or InvalidInput where there is none."""
    found = one_table(folder, option, given, *patterns)
    if found is None:
        say = f" or say what it is called with the option {option}" if option else ""
        raise InvalidInput(f"{folder} has no table {' or '.join(patterns)}. Put it there{say}.")
    return found


def read_rows(table: Path, needed: Sequence[str], known: Sequence[str] = ()) -> Iterator[Row]:
    """Each row's number and its values by column, names of columns in lower case, "" for what a short row does not
    reach; empty rows are skipped. Between values are commas, semicolons or tabs, what the header has most of, and
    spaces around them do not count. Raises InvalidInput for what is no CSV in UTF-8, lacks a ``needed`` column, has one
    of them or of the ``known`` ones twice, or a row that does not fit; and beyond the limits."""
    try:
        lines = _lines(table)
        header = next(lines, "")
        delimiter = max(",;\t", key=header.count)
        columns = [name.strip().casefold() for name in next(_values([header], delimiter=delimiter), [])]
        _check_header(table, columns, needed, known)
        reader = _values(lines, delimiter=delimiter)
        least = 1 + max(columns.index(name) for name in needed)
        for values in reader:
            number = reader.line_num + 1
            if number > MAX_ROWS:
                raise InvalidInput(f"{table.name} has more than {MAX_ROWS:,} rows. Split it, and its films.")
            if not any(values):
                continue
            told = [value.strip() for value in values]
            if any(told[len(columns) :]) or len(told) < least:
                raise InvalidInput(f"Row {number} of {table.name} has another number of values than its header.")
            yield number, dict.fromkeys(columns, "") | dict(zip(columns, told, strict=False))
    except csv.Error as error:
        raise InvalidInput(f"{table.name} is no CSV in UTF-8, or its quotes do not close: {error}") from None


def read_names(table: Path) -> list[str]:
    """The lines of a list, without those that are empty. Raises InvalidInput as ``read_rows`` does."""
    return [name for line in _lines(table) if (name := line.strip())]


def _check_header(table: Path, columns: list[str], needed: Sequence[str], known: Sequence[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise InvalidInput(f"{table.name} has {len(columns):,} columns; at most {MAX_COLUMNS:,} are read.")
    if missing := [name for name in needed if name not in columns]:
        raise InvalidInput(f"{table.name} needs the columns {', '.join(needed)}; it has no {missing[0]}.")
    if twice := [name for name in (*needed, *known) if columns.count(name) > 1]:
        raise InvalidInput(f"{table.name} has two columns {twice[0]}. Keep the right one.")


def _lines(table: Path) -> Iterator[str]:
    """The lines of a text in UTF-8, inflated where it is gzipped; accents are the same however they are stored."""
    if not table.is_file():  # opening a pipe would wait for ever
        raise InvalidInput(f"{table.name} cannot be read: it is no regular file.")
    left = MAX_LETTERS
    opened = gzip.open if table.suffix.lower() == ".gz" else open
    try:
        with opened(table, "rt", encoding="utf-8-sig") as file:
            while line := file.readline(MAX_LINE + 1):
                left -= len(line)
                if left < 0:
                    raise InvalidInput(f"{table.name} has more than {MAX_LETTERS >> 20} MiB of text.")
                if len(line) > MAX_LINE or "\0" in line:
                    raise InvalidInput(f"{table.name} has a line with a NUL, or of more than {MAX_LINE >> 10} KiB.")
                yield nfc(line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InvalidInput(f"{table.name} is no CSV in UTF-8: {error}") from None
