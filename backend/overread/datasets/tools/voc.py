"""Label maps as Pascal VOC and CVAT's segmentation masks have them: ``JPEGImages`` and ``SegmentationClass``.

Which class a pixel is, by its value (of a palette the index) or by its colour, the user says or a ``labelmap.txt``.
Maps hold one class a pixel. A class without a pixel is unknown unless the user says otherwise: such maps are also
written of films on which nobody looked for it. A value that nothing names, as VOC's 255 around each thing, is refused;
named "void" it leaves the film's findings unknown, named "background" it is that.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from overread.datasets.files.names import AS_THEY_ARE
from overread.datasets.people.owners import PATIENTS
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.datasets.tools.label_maps import BACKGROUND, Legend, map_entries
from overread.datasets.tools.tool_films import meanings, means_no_lesion
from overread.domain.errors import InvalidInput

VOID = "void"
FILE = "labelmap.txt"
NONE: dict[str, str] = {}


def read_voc(
    path: Path | None,
    findings: list[str],
    *,
    images: str = "JPEGImages",
    masks: str = "SegmentationClass",
    classes: dict[str, str] = NONE,
    names: dict[str, str] = AS_THEY_ARE,
    empty_means: str = "",
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal]:
    """Films of the folder ``images`` with the maps of the same name in ``masks``. ``classes``: the name of each value,
    such as {"0": "background", "1": "nodule"}; without it colours are classes, as ``labelmap.txt`` says.
    ``empty_means``, ``names``, ``patients``, ``patient_pattern``: as in ``coco``."""
    folder = need_folder(path)
    empty = means_no_lesion(empty_means)
    values = _values(classes) if classes else _colours(folder / FILE)
    for name in (images, masks):
        if not (folder / name).is_dir():
            raise InvalidInput(f"There is no folder {name} in {folder}. Say what it is called: images, masks.")
    void = values.pop(VOID, frozenset())
    meant = meanings(values.keys() - {BACKGROUND}, findings, names, "classes" if classes else FILE)
    legend = Legend(values, meant, void, colours=not classes, absent=empty)
    yield from map_entries(folder, folder / images, folder / masks, "", legend, patients, patient_pattern)


def _values(classes: Mapping[str, object]) -> dict[str, frozenset[int]]:
    """Values by class, as the user gives them."""
    found: dict[str, set[int]] = {}
    for value, name in classes.items():
        if not value.isdecimal() or len(value) > 5 or not isinstance(name, str) or not name:
            raise InvalidInput(
                f"classes names a class for each value, and {value[:20]!r}: {str(name)[:20]!r} does not."
            )
        found.setdefault(name, set()).add(int(value))
    return {name: frozenset(own) for name, own in found.items()}


def _colours(file: Path) -> dict[str, frozenset[int]]:
    """Colours by class, from lines such as ``nodule:255,0,0::``; raises InvalidInput for anything else."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"There is no {file.name} in UTF-8 in {file.parent}, which says whose colours these are. Say what values "
            'mean: {"classes": {"0": "background", "1": "nodule"}}.'
        ) from None
    found: dict[str, frozenset[int]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        parts = rest.split(":")[0].split(",")
        if len(parts) != 3 or not all(part.strip().isdecimal() and len(part.strip()) < 4 for part in parts):
            raise InvalidInput(f"Line {number} of {file.name} is no class with its colour, such as nodule:255,0,0::.")
        red, green, blue = (int(part) for part in parts)
        colour = red << 16 | green << 8 | blue
        if max(red, green, blue) > 255 or name in found or any(colour in own for own in found.values()):
            raise InvalidInput(f"Line {number} of {file.name} has no colour, or the name or colour of another line.")
        found[name.strip()] = frozenset([colour])
    return found
