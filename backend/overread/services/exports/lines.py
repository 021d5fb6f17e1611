"""Labels as lines: JSON with all that is known, a CSV of boxes, and SIIM's CSV of runs."""

import json
import re
from collections.abc import Iterator
from typing import Any

from overread.domain.imaging.masks import Rle
from overread.domain.json_value import JsonValue
from overread.services.csv_lines import csv_line
from overread.services.exports.labels import Film, Label, LabelledFilm

FRAME = 1024  # pixels a side, in which SIIM counts
PAIRS = 3000  # of gap and length in a row: at most 48 KB, since our reader takes 64 KiB and Python's csv 128 KiB
BOXES = (
    "file", "source", "film_sha256", "split", "finding", "told", "x", "y", "width", "height", "by", "iteration",
    "decision", "presence", "risk", "weight", "reader", "verdict", "stream", "at", "kept_out",
)  # fmt: skip
Place = tuple[int | None, ...]


compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON without a space, in one line."""


def plain(value: Any) -> Any:
    """A film, a label or what is in it, as JSON has it: ``dataclasses.asdict``, in a tenth of the time."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(own) for name, own in vars(value).items()}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def json_line(film: Film, label: Label, stem: str | None = None) -> str:
    """A label with its film, its mask (COCO's compressed RLE) and all of its lineage, as a line of JSON; ``stem``: what
    the film is called in a folder."""
    called: dict[str, JsonValue] = {} if stem is None else {"stem": stem}
    return compact(called | {"film": plain(film)} | lineage(label)) + "\n"


def lineage(label: Label) -> dict[str, JsonValue]:
    """A label with its mask and all that is known of it, as JSON has it."""
    told: dict[str, JsonValue] = plain(label)
    return told | {"mask_sha256": None if label.mask is None else label.mask.sha256}


def json_lines(films: Iterator[LabelledFilm]) -> Iterator[str]:
    """A line a label."""
    for one in films:
        for label in one.labels:
            yield json_line(one.film, label)


def box_lines(films: Iterator[LabelledFilm]) -> Iterator[str]:
    """A row for each region of a lesion: its box in film pixels from the upper left. What has no region to box, no
    lesion or an uncertain one, is a row without a box, and ``told`` says which of the two."""
    yield csv_line(BOXES)
    for one in films:
        for label in one.labels:
            boxes = label.mask.boxes if label.told == "lesion" and label.mask is not None else ()
            places: list[Place] = [(box.x, box.y, box.width, box.height) for box in boxes] or [(None,) * 4]
            yield from (csv_line(_box_row(one.film, label, place)) for place in places)


def _box_row(film: Film, label: Label, place: Place) -> list[str | int | float | bool | None]:
    machine, read = label.machine, label.read
    return [
        film.file, film.source, film.sha256, film.split, label.finding, label.told, *place, label.by,
        *((machine.iteration, machine.decision, machine.presence, machine.risk, machine.weight) if machine
          else (None,) * 5),
        *((read.reader, read.verdict, read.stream, read.at) if read else (None,) * 4),
        int(label.kept_out),
    ]  # fmt: skip


def siim_lines(films: Iterator[LabelledFilm]) -> Iterator[str]:
    """SIIM's rows for one finding: an image's id, and its runs in the 1024 × 1024 frame or -1 for none; what is long in
    several rows, as SIIM has regions. A film whose finding is uncertain has none, as one that nobody looked at."""
    yield "ImageId, EncodedPixels\r\n"
    for one in films:
        for label in one.labels:
            if label.told == "no_lesion":
                yield csv_line((image_id(one.film.file), -1))
            elif label.told == "lesion" and label.mask is not None:
                yield from (csv_line((image_id(one.film.file), runs)) for runs in relative_runs(label.mask))


def image_id(file: str) -> str:
    """SIIM's name of a film: its file's, without folder and ending."""
    return re.sub(r"\A(.+)\.[^.]+\Z", r"\1", file.rpartition("/")[2], flags=re.DOTALL)


def relative_runs(mask: Rle) -> Iterator[str]:
    """A mask that is not empty as pairs of gap and length, column by column in SIIM's frame, a row of ``PAIRS`` after
    the other, each counted from the frame's beginning. A film whose sides the frame's is a multiple of is magnified,
    each pixel to a block: made small again it is the same, bit for bit."""
    height, width = mask.size
    runs = mask.magnified(FRAME // height, FRAME // width)
    runs, before = runs[: len(runs) // 2 * 2], 0
    for start in range(0, len(runs), 2 * PAIRS):
        first, *rest = runs[start : start + 2 * PAIRS]
        yield " ".join(str(run) for run in (before + first, *rest))
        before += first + sum(rest)
