"""Training sets as canonical bytes: the same content gives the same bytes, hence the same name, on any machine.

One JSON line an image, sorted by the hash of its pixels, keys sorted, no spaces. A finding that is missing is unknown
and stays out of the loss.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from overread.domain.words import TargetKind


@dataclass(frozen=True)
class Target:
    """What is learned of one finding on one film: ``mask`` is the SHA-256 of a mask, None for the empty one ("no
    lesion"); ``stability`` of a pseudo label, where it is known."""

    kind: TargetKind
    mask: str | None
    weight: float
    stability: float | None = None


@dataclass(frozen=True)
class Line:
    """One film of a training set, by the SHA-256 of its pixels, with its targets by finding."""

    image: str
    targets: Mapping[str, Target]


def canonical(line: Line) -> str:
    """The line's one spelling. A stability that is unknown is not spelt."""
    targets = {
        finding: {key: value for key, value in asdict(target).items() if key != "stability" or value is not None}
        for finding, target in line.targets.items()
    }
    return json.dumps({"image": line.image, "targets": targets}, sort_keys=True, separators=(",", ":"))


def parse(text: bytes) -> Line:
    """A line of a manifest."""
    line = json.loads(text)
    return Line(line["image"], {finding: Target(**target) for finding, target in line["targets"].items()})
