"""COCO's instances, written as they come: images and annotations in the memory of one film.

An annotation a region, whose mask is COCO's compressed RLE; the regions of a film and finding add up to its mask, bit
for bit. What has no annotation is told in LVIS' words: a category that is not there stands in the image's
``neg_category_ids``, an uncertain one in ``not_exhaustive_category_ids``, and one that nobody looked at in neither.
"""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import count

from overread.domain.json_value import JsonValue
from overread.services.exports.labels import Label, LabelledFilm
from overread.services.exports.lines import compact, lineage, plain


def coco_lines(
    films: Iterator[LabelledFilm], project: str, findings: Sequence[str], *, by_source: bool = False
) -> Iterator[str]:
    """The file, piece by piece. ``findings`` are the categories, numbered from 1. ``by_source``: a film is named below
    its source, since films of two sources have one name. JSON has one list after the other: the annotations wait on the
    disk until the last image is told."""
    numbers = {finding: number for number, finding in enumerate(findings, start=1)}
    categories = [{"id": number, "name": finding, "supercategory": "finding"} for finding, number in numbers.items()]

    def named(one: LabelledFilm) -> dict[str, JsonValue]:
        return {"file_name": f"{one.film.source}/{one.film.file}"} if by_source else {}

    yield f'{{"info":{compact({"description": f"Overread: labels of {project}"})},"licenses":[],"images":[\n'
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as waiting:
        ids = count(1)
        for number, one in enumerate(films, start=1):
            yield (",\n" if number > 1 else "") + compact(_image(number, one, numbers) | named(one))
            waiting.writelines(_annotations(ids, number, one, numbers))
        yield '\n],"annotations":[\n'
        waiting.seek(0)
        yield from waiting
    yield f'\n],"categories":{compact(categories)}}}\n'


def _image(number: int, one: LabelledFilm, numbers: dict[str, int]) -> dict[str, JsonValue]:
    def of(told: str) -> list[int]:
        return [numbers[label.finding] for label in one.labels if label.told == told]

    beside = [_lineage(label) for label in one.labels if label.told != "lesion"]
    return {
        "id": number,
        "file_name": one.film.file,
        "width": one.film.width,
        "height": one.film.height,
        "neg_category_ids": of("no_lesion"),
        "not_exhaustive_category_ids": of("uncertain"),
        "overread": plain(one.film) | {"without_annotation": beside},
    }


def _annotations(ids: Iterator[int], number: int, one: LabelledFilm, numbers: dict[str, int]) -> Iterator[str]:
    for label in one.labels:
        if label.told != "lesion" or label.mask is None:
            continue
        known = compact(_lineage(label))  # once for all of its regions
        for (box, area, region), own in zip(label.mask.regions, ids, strict=False):
            annotation = {
                "id": own,
                "image_id": number,
                "category_id": numbers[label.finding],
                "segmentation": plain(region),
                "area": area,
                "bbox": [box.x, box.y, box.width, box.height],
                "iscrowd": 0,
            }
            yield (",\n" if own > 1 else "") + f'{compact(annotation)[:-1]},"overread":{known}}}'


def _lineage(label: Label) -> dict[str, JsonValue]:
    """All of a label but its mask, which is named."""
    return {name: value for name, value in lineage(label).items() if name != "mask"}
