"""A table of what a source calls its findings, and which of the project's each one means: a user writes it, and a dry
run writes the one to begin with."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from overread.datasets.files.tables import read_rows
from overread.domain.errors import Conflict, InvalidInput
from overread.domain.json_value import JsonValue
from overread.domain.sources import ClassCount
from overread.services.csv_lines import csv_line
from overread.services.films.options import CODES

COLUMNS = ("name", "finding", *CODES, "films")


def read_names(file: Path) -> dict[str, JsonValue]:
    """The options ``names`` and ``codes`` that a table says: columns name and finding (empty: left out), if you like
    snomed and radlex. Raises InvalidInput for a table that is none or says two things."""
    names: dict[str, JsonValue] = {}
    codes: dict[str, dict[str, JsonValue]] = {}
    for number, told in read_rows(file, ("name", "finding"), COLUMNS):
        if strange := told.keys() - set(COLUMNS):
            may = f"{', '.join(COLUMNS[2:-1])} and {COLUMNS[-1]}"
            raise InvalidInput(f"{file.name} may have {may}, and no {min(strange)[:40] or 'column without a name'}.")
        name, finding = told["name"].removeprefix("'"), told["finding"]
        if not name:
            raise InvalidInput(f"Row {number} of {file.name} has no name.")
        if name in names:
            raise InvalidInput(f"{file.name} names {name!r} twice. Say once which finding it means.")
        names[name] = finding
        for kind, code in ((kind, told[kind]) for kind in CODES if told.get(kind)):
            if not finding or codes.setdefault(finding, {}).setdefault(kind, code) != code:
                raise InvalidInput(f"Row {number} of {file.name} gives {kind} {code} to no finding, or a second code.")
    return {"names": names} | ({"codes": codes} if codes else {})


def check_new(file: Path) -> None:
    """Raise Conflict where there is such a file, as somebody may have worked on it; InvalidInput where there is no
    folder for it that may be written."""
    if os.path.lexists(file):
        raise Conflict(f"There is a file {file} already. Give the table another name.")
    if not file.parent.is_dir():
        raise InvalidInput(f"There is no folder {file.parent}. Make it, or write the table elsewhere.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise InvalidInput(f"The folder {file.parent} may not be written. Write the table elsewhere.")


def write_names(file: Path, classes: Iterable[ClassCount], options: Mapping[str, JsonValue]) -> None:
    """The table of a source's own names as they are understood now, for a user to correct; films that were not counted
    are left open. Raises OSError where there is such a file."""
    given = options.get("codes")
    codes = given if isinstance(given, Mapping) else {}
    lines = [csv_line(COLUMNS)]
    for one in classes:
        of_finding = codes.get(one.finding or "")
        known = of_finding if isinstance(of_finding, Mapping) else {}
        lines.append(
            csv_line([one.name, one.finding or "", *(str(known.get(kind, "")) for kind in CODES), one.films or None])
        )
    with file.open("x", encoding="utf-8", newline="") as table:
        table.writelines(lines)
