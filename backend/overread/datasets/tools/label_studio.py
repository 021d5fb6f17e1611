"""Label Studio's JSON export, or its JSON-MIN: tasks, with what people brushed, outlined, boxed or chose; the films
anywhere below the same folder.

Polygons, ellipses and boxes are in percent of the image. Label Studio itself makes no mask of an ellipse: it is filled
as a polygon is. A choice says that a finding is there, not where. A task with
annotations by several people is refused unless they are the same: nobody said who is right; cancelled ones do not
count. What a machine predicted is no label. What has none is unknown, unless the user says otherwise of tasks that were
annotated.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from overread.datasets.files.json_files import find_json
from overread.datasets.files.names import AS_THEY_ARE, naming
from overread.datasets.people.owners import PATIENTS
from overread.datasets.people.patients_table import spell
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.datasets.tools.brush import unpack
from overread.datasets.tools.json_min import TURNED, is_min, tasks_of
from overread.datasets.tools.shapes import Draw, Pixels, Size, around, fill, finite, unreadable
from overread.datasets.tools.tool_films import Drawing, Meant, ToolFile, film_entries, meanings, means_no_lesion
from overread.domain.errors import InvalidMask
from overread.domain.json_value import JsonValue

UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
RENAMED = "its name there has eight digits of Label Studio's before it"
# What says nothing of where something is, or of what.
NO_LABELS = {"textarea", "rating", "number", "relation", "datetime", "pairwise", "taxonomy", "ranker"}
Record: TypeAlias = Mapping[str, JsonValue]


def read_label_studio(
    path: Path | None,
    findings: list[str],
    *,
    annotations: str = "",
    image: str = "image",
    names: dict[str, str] = AS_THEY_ARE,
    empty_means: str = "",
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal]:
    """Films that tasks name. ``annotations``: the export, by default the only one below the folder. ``image``: under
    which key of its data a task names its film. The others as in ``coco``."""
    folder = need_folder(path)
    empty = means_no_lesion(empty_means)
    file, told = find_json(folder, annotations, "annotations", _is_export, "Label Studio's tasks (its export JSON)")
    assert isinstance(told, list)
    short = is_min(told)
    tool = _tool_file(file, tasks_of(told, image, naming(findings, names)) if short else told, image)
    for drawing in (one for several in tool.images.values() for one in several if short):
        drawing.remark = TURNED
    known = tool.classes | set(names)
    meant = Meant(meanings(known, findings, names, file.name), empty, frozenset(tool.lost))
    yield from film_entries(folder, tool, meant, patients, patient_pattern)


def _is_export(told: JsonValue) -> bool:
    return is_min(told) or (
        isinstance(told, list)
        and bool(told)
        and all(isinstance(one, dict) and "data" in one and "annotations" in one for one in told)
    )


def _tool_file(file: Path, tasks: list[JsonValue], image: str) -> ToolFile:
    """What the file says of each task's film."""
    tool = ToolFile(file)
    for place, task in enumerate(tasks):
        assert isinstance(task, dict)
        drawing, classes = _task(task)
        tool.classes |= classes
        data = task["data"]
        name = _file_name(data.get(image)) if isinstance(data, dict) else ""
        if not name:
            told = ", ".join(map(str, data))[:80] if isinstance(data, dict) else "nothing"
            reason = f"its data names no film under {image!r}, but has {told}: say which key with the option image"
            tool.refusals.append(Refusal(f"{file.name}[{place}]", reason))
            tool.lost |= classes
            continue
        tool.images[name].append(drawing)
    last = {name: PurePosixPath(name).name for name in tool.images}  # folders before it are the server's
    uploaded = {name: UPLOADED.sub("", end) for name, end in last.items() if UPLOADED.match(end)}
    tool.aliases = [(last, ""), (uploaded, RENAMED)]
    return tool


def _file_name(value: JsonValue) -> str:
    """The path that a task writes for its film, be it a URL, a path or local-files' ?d=; "" for none."""
    if not isinstance(value, str):
        return ""
    try:
        parts = urlsplit(value)
        local = parse_qs(parts.query).get("d")
    except ValueError:
        return ""
    return spell(local[0] if local else unquote(parts.path)).lstrip("/")


def _task(task: Record) -> tuple[Drawing, set[str]]:
    """What a task says, and the classes that any of its annotations names."""
    given = task["annotations"]
    told = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    whole = isinstance(given, list) and len(told) == len(given)
    valid = [_results(one) for one in told if one.get("was_cancelled") is not True]
    drawings = [
        _drawing(results) if results is not None else Drawing(wrong="an annotation has no result") for results in valid
    ]
    classes = {name for drawing in drawings for name in drawing.shown}
    if not whole:
        return Drawing(wrong="its annotations are no list of annotations"), classes
    if not drawings:
        return Drawing(reviewed=False), classes
    if any(_plain(results) != _plain(valid[0]) for results in valid):
        reason = f"{len(valid)} people's annotations differ, and nobody said which is right: cancel the others"
        return Drawing(wrong=reason), classes
    return drawings[0], classes


def _results(annotation: Record) -> list[Record] | None:
    results = annotation.get("result")
    records: list[Record] = [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []
    return records if isinstance(results, list) and len(records) == len(results) else None


def _plain(results: list[Record] | None) -> list[tuple[str, str]]:
    """What is told, without who told it."""
    return sorted((str(one.get("type")), str(one.get("value"))) for one in results or [])


def _drawing(results: list[Record]) -> Drawing:
    drawing = Drawing()
    read = {str(one.get("id")) for one in results if _names(one)}
    for result in results:
        kind, value = str(result.get("type"))[:40], result.get("value")
        if kind in NO_LABELS:
            continue
        names = _names(result)
        if not isinstance(value, dict) or not names:
            if str(result.get("id")) not in read:  # its label may stand in another result of the same region
                drawing.wrong = f"a {kind} of it has no label"
            continue
        if kind == "choices":
            drawing.present.extend(names)
            continue
        try:
            _place(drawing, result, value, names)
        except InvalidMask as error:
            drawing.shapes += [
                (name, unreadable(f"a label of {name} cannot be read: {error.detail}")) for name in names
            ]
    return drawing


def _names(result: Record) -> list[str]:
    """The classes that a result names."""
    value = result.get("value")
    named = value.get(str(result.get("type"))) if isinstance(value, dict) else None
    found = [one for one in named if isinstance(one, str)] if isinstance(named, list) else []
    return found if isinstance(named, list) and len(found) == len(named) else []


def _place(drawing: Drawing, result: Record, value: Record, names: list[str]) -> None:
    """What a result marks on its film; raises InvalidMask for a kind that is not read."""
    height, width = result.get("original_height"), result.get("original_width")
    if not _is_side(height) or not _is_side(width):
        raise InvalidMask("it does not tell the size of its image")
    size: Size = (height, width)  # type: ignore[assignment]
    if drawing.size not in (None, size):
        raise InvalidMask("its labels are of images of two sizes")
    drawing.size = size
    if result.get("image_rotation") not in (None, 0):
        raise InvalidMask("the image was turned under it")
    if isinstance(value.get("rle"), list):
        drawing.shapes += [(name, _brush(value["rle"])) for name in names]
    elif isinstance(value.get("points"), list):
        drawing.shapes += [(name, _polygon(value["points"])) for name in names]
    elif {"x", "y", "radiusX", "radiusY"} <= value.keys():
        drawing.shapes += [(name, _ellipse(value)) for name in names]
    elif {"x", "y", "width", "height"} <= value.keys() and result.get("type") != "ellipselabels":
        if value.get("rotation") not in (None, 0):
            raise InvalidMask("a box of it is turned")
        x, y, across, down = finite([value["x"], value["y"], value["width"], value["height"]])
        h, w = height / 100, width / 100  # type: ignore[operator]
        drawing.boxes += [(name, (x * w, y * h, (x + across) * w, (y + down) * h)) for name in names]
    else:
        kind = str(result.get("type"))[:40]
        raise InvalidMask(f"{kind} are not read; brush, polygon, ellipse, rectangle and choices are")


def _is_side(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31


def _brush(packed: JsonValue) -> Draw:
    return lambda size: unpack(packed, size)  # type: ignore[arg-type]


def _ellipse(value: Record) -> Draw:
    def draw(size: Size) -> Pixels:
        given = [value[key] for key in ("x", "y", "radiusX", "radiusY")]
        x, y, across, down, degrees = finite([*given, value.get("rotation") or 0])
        h, w = size[0] / 100, size[1] / 100
        return fill([around((x * w, y * h), (across * w, down * h), degrees)], size)

    return draw


def _polygon(points: JsonValue) -> Draw:
    def draw(size: Size) -> Pixels:
        pairs = [point for point in points if isinstance(point, list) and len(point) == 2]  # type: ignore[union-attr]
        if len(pairs) != len(points):  # type: ignore[arg-type]
            raise InvalidMask("a polygon is no list of [x, y] points")
        flat = finite([value for pair in pairs for value in pair])
        sides = (size[1] / 100, size[0] / 100)
        return fill([[value * sides[place % 2] for place, value in enumerate(flat)]], size)

    return draw
