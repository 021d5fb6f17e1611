"""Procedural chest films with exact masks of the five findings: code, no data, no patient.

Film ``index`` of a seed is always the same, so scorers and simulated readers can ask for its truth by name. Dials:
``shift`` (exposure, contrast, noise, blur, geometry), ``distractors`` (things that look like findings and are none),
``prevalence``. A phantom can show that a method works as designed; it cannot show how good a network is on people.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.datasets.phantoms.phantom_anatomy import Canvas
from overread.datasets.phantoms.phantom_findings import DISTRACTORS, FINDINGS
from overread.datasets.reading import Entry, Film, Masks, Refusal, no_masks
from overread.domain.errors import InvalidInput

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Phantom:
    """How to make films: ``count`` of size × size, of ``seed``; dials from 0 to 1."""

    count: int = 100
    size: int = 128
    seed: int = 0
    shift: float = 0.0
    distractors: float = 0.0
    # Chance of each finding on a film: one number, or one a finding.
    prevalence: float | Mapping[str, float] = 0.35
    films_per_patient: int = 1
    bits: int = 8
    # Share of films that carry their masks.
    labelled: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.count <= 10_000_000 and 32 <= self.size <= 4096):
            raise InvalidInput("count is at least 1, size from 32 to 4096.")
        if self.films_per_patient < 1 or self.seed < 0:
            raise InvalidInput("films_per_patient is at least 1, seed at least 0.")
        shares = self.prevalence.values() if isinstance(self.prevalence, Mapping) else [self.prevalence]
        if not all(0 <= value <= 1 for value in (self.shift, self.distractors, self.labelled, *shares)):
            raise InvalidInput("shift, distractors, prevalence and labelled lie between 0 and 1.")
        if self.bits not in (8, 16):
            raise InvalidInput("bits is 8 or 16.")


def read_phantom(_path: Path | None, findings: list[str], **options: Any) -> Iterator[Entry | Refusal]:
    """The films of a phantom hospital."""
    phantom = phantom_of(options)
    name = json.dumps(options, sort_keys=True)
    for index in range(phantom.count):
        digest = hashlib.sha256(f"{name}:{index}".encode()).hexdigest()
        shown = _rng(phantom, index, "labelled").random() < phantom.labelled
        yield Entry(
            file_name=f"phantom-{index:06d}",
            patient=f"P{index // phantom.films_per_patient:06d}",
            file_sha256=lambda digest=digest: digest,  # type: ignore[misc]
            load=lambda index=index: Film(_stored(make_film(phantom, index)[0], phantom.bits)),  # type: ignore[misc]
            masks=_truth_of(phantom, index, findings) if shown else no_masks,
            view="PA",
        )


def phantom_of(options: Mapping[str, Any]) -> Phantom:
    """The dials from a source's options; raises InvalidInput for an unknown one."""
    known = {field.name for field in fields(Phantom)}
    unknown = set(options) - known
    if unknown:
        raise InvalidInput(f"A phantom has no option {sorted(unknown)[0]!r}; it has {', '.join(sorted(known))}.")
    for name, value in options.items():
        if not _fits(name, value):
            raise InvalidInput(f"{name} of a phantom cannot be {value!r}; by default it is {getattr(Phantom, name)}.")
    return Phantom(**options)


def _fits(name: str, value: Any) -> bool:
    """Whether a value that came as JSON is of the dial's type; its range is Phantom's own to check."""
    if name == "prevalence" and isinstance(value, Mapping):
        return all(finding in FINDINGS and type(share) in (int, float) for finding, share in value.items())
    return type(value) is int or (type(value) is float and isinstance(getattr(Phantom, name), float))


def truth(options: Mapping[str, Any], file_name: str) -> Masks:
    """The hidden truth of a film, by its name. For scorers and simulated readers only."""
    return make_film(phantom_of(options), int(file_name.rpartition("-")[2]))[1]


def make_film(phantom: Phantom, index: int) -> tuple[Floats, dict[str, NDArray[np.bool_]]]:
    """Film ``index``: brightness (size, size) float32 in [0, 1], and the mask of every finding, empty if absent."""
    canvas = Canvas.of_anatomy(phantom.size, phantom.shift, _rng(phantom, index, "anatomy"))
    rng = _rng(phantom, index, "findings")
    masks: dict[str, NDArray[np.bool_]] = {}
    for finding, draw in FINDINGS.items():
        share = phantom.prevalence.get(finding, 0.0) if isinstance(phantom.prevalence, Mapping) else phantom.prevalence
        own = np.random.default_rng(rng.integers(2**63))
        absent = np.zeros((phantom.size, phantom.size), bool)
        masks[finding] = draw(canvas, own) if own.random() < share else absent
    rng = _rng(phantom, index, "distractors")
    for distract in DISTRACTORS:
        own = np.random.default_rng(rng.integers(2**63))
        if own.random() < phantom.distractors / 2:
            distract(canvas, own)
    return _expose(canvas.light, phantom.shift, _rng(phantom, index, "exposure")), masks


def _truth_of(phantom: Phantom, index: int, findings: list[str]) -> Any:
    return lambda _film: {f: mask for f, mask in make_film(phantom, index)[1].items() if f in findings}


def _rng(phantom: Phantom, index: int, part: str) -> np.random.Generator:
    """Each part of a film has its own stream, so that turning one dial leaves the rest of the film as it was."""
    return np.random.default_rng([phantom.seed, index, int.from_bytes(part.encode()[:6], "big")])


def _expose(light: Floats, shift: float, rng: np.random.Generator) -> Floats:
    """Scatter, exposure, grain; ``shift`` moves all of them, as another hospital's machine would."""
    spread, blur = 0.015 + 0.03 * shift * rng.random(), 1 + 1.5 * shift * rng.random()
    gamma = np.exp(rng.normal(0.45 * shift, 0.08 + 0.25 * shift))
    contrast, offset = 1 + rng.normal(0, 0.05 + 0.2 * shift), rng.normal(0, 0.02 + 0.06 * shift)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), len(light) / 450 * blur))
    light = (np.clip(light, 0, 1) ** gamma - 0.5) * contrast + 0.5 + offset
    light += spread * rng.standard_normal(light.shape, np.float32)  # last: the grain alone depends on the size
    return np.clip(light, 0, 1).astype(np.float32)


def _stored(light: Floats, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """As 8 bits, or as a 12-bit detector's values in 16."""
    if bits == 8:
        return np.rint(light * 255).astype(np.uint8)
    return np.rint(light * 4095).astype(np.uint16)
