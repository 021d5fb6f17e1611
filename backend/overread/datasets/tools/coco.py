"""COCO's instances: a JSON of images, annotations and categories, with the films anywhere below the same folder.

Polygons are filled as pycocotools fills them; runs are read counted or compressed. An annotation with a box alone is a
box. What has no annotation is unknown, unless the file says otherwise in LVIS' words: ``neg_category_ids`` of an image
are not there, ``not_exhaustive_category_ids`` are labelled in part. So does our own export.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from overread.datasets.files.json_files import find_json, is_whole
from overread.datasets.files.names import AS_THEY_ARE
from overread.datasets.people.owners import PATIENTS
from overread.datasets.people.patients_table import spell
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.datasets.tools.shapes import Pixels, Size, fill, finite, unreadable, unroll
from overread.datasets.tools.tool_films import Drawing, Meant, ToolFile, film_entries, meanings, means_no_lesion
from overread.domain.errors import InvalidInput, InvalidMask
from overread.domain.imaging.masks import Rle
from overread.domain.json_value import JsonValue

Record: TypeAlias = Mapping[str, JsonValue]
Number = int | str  # an id
Named = TypeVar("Named")


def read_coco(
    path: Path | None,
    findings: list[str],
    *,
    annotations: str = "",
    names: dict[str, str] = AS_THEY_ARE,
    empty_means: str = "",
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal]:
    """Films that the file names. ``annotations``: the file, by default the only one below the folder. ``names``: its
    categories' findings, as ``naming`` takes them. ``empty_means`` "no_lesion": what has no annotation is not there.
    ``patients``, ``patient_pattern``: as ``owners`` reads them."""
    folder = need_folder(path)
    empty = means_no_lesion(empty_means)
    file, told = find_json(folder, annotations, "annotations", _is_coco, "COCO's images, annotations and categories")
    assert isinstance(told, dict)
    tool = _tool_file(file, told)
    meant = Meant(meanings(tool.classes, findings, names, file.name), empty, frozenset(tool.lost))
    yield from film_entries(folder, tool, meant, patients, patient_pattern)


def _is_coco(told: JsonValue) -> bool:
    keys = ("images", "annotations", "categories")
    return isinstance(told, dict) and all(isinstance(told.get(key), list) for key in keys)


def _tool_file(file: Path, told: Record) -> ToolFile:
    """What the file says of each of its images."""
    tool = ToolFile(file)
    categories = {number: str(record["name"]) for number, record in _numbered(file, told, "categories").items()}
    tool.classes = set(categories.values())
    drawings: dict[Number, Drawing] = {}
    for number, image in _numbered(file, told, "images").items():
        drawings[number] = drawing = _drawing(image, categories)
        tool.images[spell(str(image["file_name"]))].append(drawing)
    astray: list[JsonValue] = []
    for annotation in _list(told, "annotations"):
        record = annotation if isinstance(annotation, dict) else {}
        found = _known(drawings, record.get("image_id"))
        name = _known(categories, record.get("category_id"))
        if found is None:
            astray.append(record.get("image_id"))
            tool.lost |= tool.classes if name is None else {name}
        elif name is None:
            found.wrong = "an annotation of it has a category that the file does not have"
        else:
            _annotate(found, name, record)
    if astray:
        reason = f"{len(astray)} of its annotations are of images that it does not have, such as {str(astray[0])[:40]}"
        tool.refusals.append(Refusal(file.name, reason))
    return tool


def _numbered(file: Path, told: Record, key: str) -> dict[Number, Record]:
    """Images or categories by their ids. Raises InvalidInput for one without, or with another's."""
    name = {"images": "file_name", "categories": "name"}[key]
    found: dict[Number, Record] = {}
    for place, record in enumerate(_list(told, key)):
        if not isinstance(record, dict) or not _is_id(record.get("id")) or not isinstance(record.get(name), str):
            raise InvalidInput(f"{file.name}: {key}[{place}] needs an id and a {name}.")
        if (number := record["id"]) in found:
            raise InvalidInput(f"{file.name} has two {key} with the id {number!r:.40}.")
        found[number] = record
    return found


def _is_id(value: JsonValue) -> bool:
    return isinstance(value, str) or is_whole(value)


def _known(numbered: Mapping[Number, Named], number: JsonValue) -> Named | None:
    """What has this id, None where nothing has, or where it is no id."""
    return numbered.get(number) if _is_id(number) else None  # type: ignore[arg-type]


def _list(record: Record, key: str) -> list[JsonValue]:
    value = record.get(key)
    return value if isinstance(value, list) else []


def _drawing(image: Record, categories: Mapping[Number, str]) -> Drawing:
    height, width = image.get("height"), image.get("width")
    drawing = Drawing()
    if not is_whole(height) or not is_whole(width):
        drawing.wrong = "the file does not tell its width and height"
    drawing.size = (height, width)  # type: ignore[assignment]
    for key, told in (("neg_category_ids", drawing.absent), ("not_exhaustive_category_ids", drawing.unsure)):
        ids = image.get(key, [])
        known = [_known(categories, one) for one in ids] if isinstance(ids, list) else [None]
        if None in known:
            drawing.wrong = f"its {key} are no list of categories of the file"
        told.update(name for name in known if name is not None)
    return drawing


def _annotate(drawing: Drawing, name: str, record: Record) -> None:
    """One annotation: a shape, or a box where nothing is drawn."""
    segmentation = record.get("segmentation")
    if segmentation:
        drawing.shapes.append((name, lambda size: draw(segmentation, size)))
        return
    box = record.get("bbox")
    try:
        left, top, width, height = finite(box if isinstance(box, list) else [])
    except (InvalidMask, ValueError):
        drawing.shapes.append((name, unreadable(f"{name} has neither a segmentation nor a bbox of four numbers")))
        return
    drawing.boxes.append((name, (left, top, left + width, top + height)))


def draw(segmentation: JsonValue, size: Size) -> Pixels:
    """A segmentation as a mask of this size; raises InvalidMask for one that is none, or is of another size."""
    if isinstance(segmentation, list) and all(isinstance(polygon, list) for polygon in segmentation):
        return fill(segmentation, size)
    if not isinstance(segmentation, dict):
        raise InvalidMask("a segmentation is neither a list of polygons nor runs")
    counts = segmentation.get("counts")
    if segmentation.get("size") != list(size):
        raise InvalidMask(f"a segmentation is of another size than the film, {size[1]}×{size[0]} px")
    if isinstance(counts, list):
        return unroll(counts, size[::-1]).T
    if isinstance(counts, str):
        return Rle(size, counts).pixels
    raise InvalidMask("the counts of a segmentation are neither a list nor a text")
