"""CVAT for images 1.1: an XML of images with polygons, masks, boxes and tags; the films anywhere below the same folder.

A polygon is filled as CVAT itself does it, by pycocotools, and an ellipse by OpenCV, its centre and radii rounded; a
mask's runs are of its own rectangle, row by row, 0 first.
A tag says that a finding is there, not where. What has no label is unknown unless the user says otherwise. CVAT's other
formats have readers of their own: COCO, and label maps (voc).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

import cv2
import numpy as np

from overread.datasets.files.files import files_below, read_bytes
from overread.datasets.files.names import AS_THEY_ARE
from overread.datasets.people.owners import PATIENTS
from overread.datasets.people.patients_table import spell
from overread.datasets.reading import Entry, Refusal, need_folder
from overread.datasets.tools.shapes import Draw, Pixels, Size, around, fill, finite, outline, unreadable, unroll
from overread.datasets.tools.tool_films import Drawing, Meant, ToolFile, film_entries, meanings, means_no_lesion
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage

ROOT = "annotations"
NAME = ["labels", "label", "name"]  # where the file's classes stand
Attributes = Mapping[str, str]


def read_cvat(
    path: Path | None,
    findings: list[str],
    *,
    annotations: str = "",
    names: dict[str, str] = AS_THEY_ARE,
    empty_means: str = "",
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal]:
    """Films that the file names. ``annotations``: the file, by default the only .xml below the folder. ``names``,
    ``empty_means``, ``patients``, ``patient_pattern``: as in ``coco``."""
    folder = need_folder(path)
    empty = means_no_lesion(empty_means)
    tool = _tool_file(_file(folder, annotations))
    meant = Meant(meanings(tool.classes, findings, names, tool.file.name), empty, frozenset())
    yield from film_entries(folder, tool, meant, patients, patient_pattern)


def _file(folder: Path, annotations: str) -> Path:
    if annotations:
        return folder / annotations
    found = [file for file in files_below(folder).files if file.suffix.lower() == ".xml"]
    if len(found) != 1:
        names = " and ".join(str(file.relative_to(folder)) for file in found) or "no .xml file"
        raise InvalidInput(f'{folder} has {names}. Say whose labels count: {{"annotations": "annotations.xml"}}.')
    return found[0]


def _tool_file(file: Path) -> ToolFile:
    """What the file says of each of its images. Raises InvalidInput for what is no CVAT file, or defines entities."""
    tool = ToolFile(file)
    parser = expat.ParserCreate()
    reading = _Reading(tool)
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.doctype
    try:
        parser.Parse(read_bytes(file), True)
    except expat.ExpatError as error:
        raise InvalidInput(f"{file.name} is no XML: {error}.") from None
    except UnreadableImage as error:
        raise InvalidInput(f"{file.name}: {error.detail}.") from None
    return tool


class _Reading:
    """A file as it is read: the elements that we are in, and the image of which labels are told."""

    def __init__(self, tool: ToolFile) -> None:
        self._tool, self._inside, self._text = tool, list[str](), ""
        self._image: Drawing | None = None

    def doctype(self, *_told: object) -> None:
        raise InvalidInput(f"{self._tool.file.name} has a DOCTYPE, which CVAT writes none of; it is not read.")

    def start(self, element: str, told: Attributes) -> None:
        self._inside.append(element)
        self._text = ""
        if self._inside[0] != ROOT:
            raise InvalidInput(
                f"{self._tool.file.name} is no file of CVAT for images: it begins with {element[:40]!r}."
            )
        if self._inside == [ROOT, "track"]:
            raise InvalidInput(f"{self._tool.file.name} is CVAT for video. Export it as CVAT for images 1.1.")
        if self._inside == [ROOT, "image"]:
            self._image = _drawing(told)
            if not told.get("name"):
                raise InvalidInput(f"{self._tool.file.name} has an image without a name.")
            self._tool.images[spell(told["name"])].append(self._image)
        elif len(self._inside) == 3 and self._image is not None:
            if "label" in told:
                self._tool.classes.add(told["label"])
            _label(self._image, element, told)

    def end(self, element: str) -> None:
        if self._inside[-3:] == NAME and self._text.strip():
            self._tool.classes.add(self._text.strip())
        self._inside.pop()
        if element == "image":
            self._image = None

    def text(self, text: str) -> None:
        if self._inside[-3:] == NAME:
            self._text += text


def _drawing(told: Attributes) -> Drawing:
    drawing = Drawing()
    try:
        drawing.size = int(told["height"]), int(told["width"])
    except (KeyError, ValueError):
        drawing.wrong = "the file does not tell its width and height"
    return drawing


def _label(drawing: Drawing, element: str, told: Attributes) -> None:
    """One label of an image; what nobody could read leaves nothing of its image."""
    name = told.get("label")
    if name is None:
        drawing.wrong = f"a {element[:40]} of it has no label"
    elif element == "tag":
        drawing.present.append(name)
    elif element in SHAPES:
        drawing.shapes.append((name, SHAPES[element](told)))
    elif element == "box":
        try:
            left, top, right, bottom = _numbers(told, "xtl", "ytl", "xbr", "ybr")
            if told.get("rotation") and _numbers(told, "rotation") != [0.0]:
                raise InvalidMask("it is turned")
        except InvalidMask as error:
            drawing.shapes.append((name, unreadable(f"a box of {name} cannot be read: {error.detail}")))
        else:
            drawing.boxes.append((name, (left, top, right, bottom)))
    else:
        reason = f"{name} is drawn as {element[:40]}; polygon, ellipse, mask, box and tag are read"
        drawing.shapes.append((name, unreadable(reason)))


def _numbers(told: Attributes, *keys: str) -> list[float]:
    try:
        return finite([float(told[key]) for key in keys])
    except (KeyError, ValueError):
        raise InvalidMask(f"{', '.join(keys)} are no numbers") from None


def _polygon(told: Attributes) -> Draw:
    def draw(size: Size) -> Pixels:
        try:
            points = [float(value) for point in told["points"].split(";") for value in _pair(point)]
        except (KeyError, ValueError):
            raise InvalidMask("a polygon's points are no pairs of numbers") from None
        return fill([points], size)

    return draw


def _pair(point: str) -> tuple[str, str]:
    x, y = point.split(",")
    return x, y


def _mask(told: Attributes) -> Draw:
    def draw(size: Size) -> Pixels:
        try:
            left, top, width, height = (int(told[key]) for key in ("left", "top", "width", "height"))
            runs = [int(run) for run in told["rle"].split(",")]
        except (KeyError, ValueError):
            raise InvalidMask("a mask's rle, left, top, width and height are no whole numbers") from None
        if min(left, top) < 0 or min(width, height) < 1 or left + width > size[1] or top + height > size[0]:
            raise InvalidMask("a mask lies outside of the film")
        mask = np.zeros(size, bool)
        mask[top : top + height, left : left + width] = unroll(runs, (height, width))
        return mask

    return draw


def _ellipse(told: Attributes) -> Draw:
    def draw(size: Size) -> Pixels:
        x, y, across, down = _numbers(told, "cx", "cy", "rx", "ry")
        (degrees,) = _numbers(told, "rotation") if "rotation" in told else [0.0]
        outline(around((x, y), (across, down), degrees), size)
        mask = np.zeros(size, np.uint8)
        cv2.ellipse(mask, (round(x), round(y)), (round(across), round(down)), degrees, 0, 360, 1, cv2.FILLED)
        return mask.astype(bool)

    return draw


SHAPES = {"polygon": _polygon, "mask": _mask, "ellipse": _ellipse}
