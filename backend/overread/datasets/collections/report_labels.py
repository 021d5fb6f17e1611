"""Labels as CheXpert's labeller takes them from reports, in the tables of CheXpert and MIMIC-CXR: a column a class; 1
is present, 0 absent, -1 uncertain, and nothing says nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from overread.datasets.collections.collection import Labels, Wrong, shown, statements
from overread.datasets.files.names import FindingOf, classes_of
from overread.datasets.files.tables import read_rows
from overread.domain.errors import InvalidInput
from overread.domain.words import Says

CLASSES = (
    *("Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation"),
    *("Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices"),
)
SAYS: dict[str, Says | None] = {
    "": None,
    "1": "present",
    "0": "absent",
    "-1": "uncertain",
    "1.0": "present",
    "0.0": "absent",
    "-1.0": "uncertain",
}


def classes_in(tables: Iterable[Path], needed: Sequence[str], names: Mapping[str, str], drawn: set[str]) -> list[str]:
    """The classes, and those that ``names`` adds: of the columns of ``tables``, which have those that are ``needed``,
    and of the classes that are ``drawn``. Raises InvalidInput for any other name."""

    def words() -> set[str]:
        return drawn.union(*(row for table in tables for _, row in islice(read_rows(table, needed), 1)))

    return [*classes_of(CLASSES, names, words).values()]


def labels_in(
    table: str, classes: Iterable[str], finding_of: FindingOf
) -> Callable[[Mapping[str, str]], Labels | Wrong]:
    """Tells what a row's labels say; raises InvalidInput where the table has no column of a class."""
    columns = {name: name.casefold() for name in classes}
    told: dict[tuple[str | None, ...], Labels | Wrong] = {}  # the same labels stand in many rows

    def labels_of(values: tuple[str | None, ...]) -> Labels | Wrong:
        here = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        if not here:
            raise InvalidInput(f"{table} has no column of a class, such as {CLASSES[0]}.")
        for name, value in here.items():
            if value not in SAYS:
                return Wrong(f"its {name} is {shown(value)!r}; 1, 0, -1 or nothing is read")
        said = {name: SAYS[value] for name, value in here.items()}
        return Labels(tuple(name for name, says in said.items() if says is not None), statements(said, finding_of))

    def of_row(row: Mapping[str, str]) -> Labels | Wrong:
        values = tuple(map(row.get, columns.values()))
        if values not in told:
            told[values] = labels_of(values)
        return told[values]

    return of_row
