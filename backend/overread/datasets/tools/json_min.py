"""Label Studio's JSON-MIN export, as the tasks of its JSON export. A record is an annotation: its keys are the task's
data and the names of what people labelled with.

It leaves out whether an image was turned under its labels, and which words are choices: one that means a finding of the
project is taken for a choice, and any other says nothing.
"""

from collections.abc import Iterator

from overread.datasets.files.names import FindingOf
from overread.domain.json_value import JsonValue

TURNED = "JSON-MIN does not tell whether the image was turned under its labels; JSON does"
SIZE = ("original_width", "original_height")
PLACE = ("x", "y", "width", "height", "radiusX", "radiusY", "rotation", "points", "rle")


def is_min(told: JsonValue) -> bool:
    """Whether it is a list of such records."""
    records = told if isinstance(told, list) else []
    return bool(records) and all(
        isinstance(one, dict) and "annotation_id" in one and "annotations" not in one for one in records
    )


def tasks_of(records: list[JsonValue], image: str, finding_of: FindingOf) -> list[JsonValue]:
    """The tasks that records are of, each with all annotations of it; ``image`` is the key of its film."""
    tasks: dict[str, dict[str, JsonValue]] = {}
    annotations: dict[str, list[JsonValue]] = {}
    for record in records:
        assert isinstance(record, dict)
        key = repr((record.get("id"), record.get(image)))
        tasks.setdefault(key, {"data": record})
        found = [one for name, value in record.items() if name != image for one in _results(value, finding_of)]
        annotations.setdefault(key, []).append({"result": found})
    return [task | {"annotations": annotations[key]} for key, task in tasks.items()]


def _results(value: JsonValue, finding_of: FindingOf) -> Iterator[JsonValue]:
    """What stands under one key: regions, choices, or a word. A region and its label may stand under two keys: where it
    lies is its id."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and finding_of(one):
            yield {"type": "choices", "value": {"choices": [one]}}
        elif isinstance(one, dict) and (SIZE[0] in one or "choices" in one):
            kinds = [key for key in one if key == "choices" or key.endswith("labels")]
            kind = kinds[0] if len(kinds) == 1 else "region"  # of several nobody could say which counts
            place = str([one.get(key) for key in PLACE] if len(kinds) < 2 else kinds)
            yield {"type": kind, "value": one, "id": place} | {side: one.get(side) for side in SIZE}
