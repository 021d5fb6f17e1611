"""nnU-Net v2's raw data set, of flat films: ``dataset.json``, ``imagesTr/x_0000.png`` and ``labelsTr/x.png``.

A pixel's value is a class, or, where classes are regions, each class that has the value. The map says all: a class
without a pixel is not there. Where a pixel is ``ignore`` nobody said what is there, and its film's findings are
unknown. Our own export comes in as it went out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from overread.datasets.files.json_files import is_whole, read_json
from overread.datasets.files.names import AS_THEY_ARE
from overread.datasets.people.owners import PATIENTS
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.datasets.tools.label_maps import BACKGROUND, Legend, map_entries
from overread.datasets.tools.tool_films import meanings
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue

FILE = "dataset.json"
IGNORE = "ignore"
OTHER = {"Tr": "Ts", "Ts": "Tr"}


def read_nnunet(
    path: Path | None,
    findings: list[str],
    *,
    part: str = "Tr",
    names: dict[str, str] = AS_THEY_ARE,
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal]:
    """Films of one ``part``, Tr or Ts; those without a map are unknown. ``names``, ``patients``, ``patient_pattern``:
    as in ``coco``. Raises InvalidInput for a set of volumes, and for one that is not told as v2 tells it."""
    folder = need_folder(path)
    if part not in OTHER:
        raise InvalidInput("part is Tr or Ts.")
    told = read_json(folder / FILE)
    ending = told.get("file_ending") if isinstance(told, dict) else None
    if ending != ".png":
        raise InvalidInput(
            f"{FILE} says that its files end in {str(ending)[:20]}, and flat films are read as .png (nnU-Net's "
            "NaturalImage2DIO). Volumes are no chest films."
        )
    values = _labels(told["labels"]) if isinstance(told, dict) and "labels" in told else {}
    void = values.pop(IGNORE, frozenset())
    meant = meanings(values.keys() - {BACKGROUND}, findings, names, FILE)
    images = folder / f"images{part}"
    if not images.is_dir():
        raise InvalidInput(f"There is no folder images{part} in {folder}.")
    legend = Legend(values, meant, void)
    maps, others = folder / f"labels{part}", folder / f"images{OTHER[part]}"
    yield from map_entries(folder, images, maps, "_0000", legend, patients, patient_pattern, others)


def _labels(told: JsonValue) -> dict[str, frozenset[int]]:
    """The values of each class. Raises InvalidInput unless it is a table of names, with a number or several each."""
    found: dict[str, frozenset[int]] = {}
    for name, value in told.items() if isinstance(told, Mapping) else ():
        numbers = value if isinstance(value, list) else [value]
        if not numbers or not all(is_whole(number) and 0 <= number < 1 << 16 for number in numbers):  # type: ignore[operator]
            raise InvalidInput(f"{FILE} gives {name[:40]!r} no number: as v2 writes it, labels are names with numbers.")
        found[name] = frozenset(numbers)  # type: ignore[arg-type]
    if 0 not in found.get(BACKGROUND, ()):
        raise InvalidInput(f'{FILE} needs labels with "background": 0.')
    return found
