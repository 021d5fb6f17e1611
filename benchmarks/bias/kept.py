"""What people said in a loop, kept for the arms that learn from it without a machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bias.readers import Reading
from benchmarks.study.workbench import Workbench
from overread.domain.errors import InvalidInput
from overread.services.loop.training_sets import ManifestItem


@dataclass(frozen=True)
class Kept:
    """Pool films with what people said of them, and the minutes that all reading of that loop took."""

    items: list[ManifestItem]
    minutes: float


def keep_reads(bench: Workbench, name: str, items: list[ManifestItem], reading: Reading) -> None:
    """Write what people said in the loop of this name; a machine's targets are left out."""
    lines = []
    for item in items:
        own = {f: counts and counts.decode() for f, counts in item.counts.items() if f not in item.machine}
        if own:
            row = {"film": item.image_sha256, "size": [item.height, item.width], "patient": item.patient}
            lines.append(row | {"counts": own, "weights": {f: item.weights[f] for f in own}})
    file = _file(bench, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"minutes": reading.minutes, "films": lines}))


def read_kept(bench: Workbench, name: str) -> Kept:
    """What ``keep_reads`` wrote. Raises InvalidInput when that loop did not run."""
    file = _file(bench, name)
    if not file.exists():
        raise InvalidInput(f"This arm learns from the reads of {name}; run that one first.")
    found = json.loads(file.read_text())
    return Kept([_item(one) for one in found["films"]], found["minutes"])


def _item(one: Mapping[str, Any]) -> ManifestItem:
    counts = {f: told and told.encode() for f, told in one["counts"].items()}
    height, width = one["size"]
    return ManifestItem(one["film"], height, width, one["patient"], counts, one["weights"], frozenset())


def _file(bench: Workbench, name: str) -> Path:
    return bench.folder / "reads" / f"{bench.seed}-{name}.json"
