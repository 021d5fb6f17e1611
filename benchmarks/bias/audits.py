"""An audit of a labelled pool by the product's own draw, and what a gate lets through of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.bias.plan import DOUBT, MEASURED, RISK
from benchmarks.bias.readers import Pixels, Reader
from benchmarks.study.films import Items
from benchmarks.study.workbench import told
from overread.domain.imaging.masks import dice, encode
from overread.domain.policy.certify import Reads as Sample
from overread.domain.policy.certify import certify
from overread.domain.policy.gate import unacceptable
from overread.domain.sampling.repairs import UNCERTAIN, fix_priority
from overread.domain.sampling.streams import STREAMS, Design, Pool, draw
from overread.domain.words import SIDES
from overread.services.loop.training_sets import ManifestItem
from overread_worker.ml.label import FilmLabels, FindingLabel

Order = Literal["random", "uncertainty", "risk"]
CODES = {"positive": 0, "negative": 1, "uncertain": 2}
Unit = tuple[int, str]  # row of the pool, finding


@dataclass(frozen=True)
class Read:
    """One unit as its reader left it; ``rank`` is its place in the drawn order, −1 in FIX."""

    mask: Pixels
    stream: str
    rank: int


def read_pool(
    films: Sequence[FilmLabels], reader: Reader, budget: float, order: Order, gated: bool, seed: int
) -> dict[Unit, Read]:
    """Draw ``budget`` (percent of the units) and have them read. An audit that no gate follows only repairs."""
    units = [(row, label) for row, film in enumerate(films) for label in film.labels]
    reads = round(budget / 100 * len(units))
    decided = sum(label.decision != "uncertain" for _, label in units)
    measure = min(round(MEASURED * reads), decided) if gated else 0  # what cannot be measured repairs
    drawn = draw(as_pool(units, order, seed), Design(reads - measure, measure, 0, 0, by_film=True), seed)
    found: dict[Unit, Read] = {}
    for key, stream, rank in zip(drawn.key, drawn.stream, drawn.rank, strict=True):
        row, label = units[key]
        mask = reader.read(row, label.finding, shown(label, reader.truth(row, label.finding)))
        found[row, label.finding] = Read(mask, STREAMS[stream], int(rank))
    return found


def shown(label: FindingLabel, like: Pixels) -> Pixels:
    """The mask that a reader sees: the label's, and where it has none an empty one, as large as the film's ``like``."""
    return np.zeros_like(like) if label.mask is None else label.mask.pixels


def is_bad(label: FindingLabel, proposed: Pixels, left: Pixels) -> bool:
    """Whether what a reader left (or the truth) says that the label must not teach."""
    return unacceptable(label.decision, "fix", dice(proposed, left))


@dataclass(frozen=True)
class Gate:
    """The certified thresholds of an audit: by finding and decision, None where nothing may pass.

    Positives without negatives, or the other way round, would teach how often a finding is there: one side without a
    certificate shuts both.
    """

    thresholds: Mapping[tuple[str, str], float | None]

    def lets(self, label: FindingLabel) -> bool:
        """Whether this label may teach."""
        return self.certifies(label) and all(self.thresholds.get((label.finding, side)) is not None for side in SIDES)

    def certifies(self, label: FindingLabel) -> bool:
        """Whether this label lies within the threshold of its own side."""
        threshold = self.thresholds.get((label.finding, label.decision))
        if threshold is None:
            return False
        return label.presence >= threshold if label.decision == "positive" else label.presence <= threshold


def judge(films: Sequence[FilmLabels], reads: Mapping[Unit, Read]) -> Gate:
    """Learn-then-Test on the MEASURE reads, per finding and decision, at (RISK, DOUBT)."""
    thresholds: dict[tuple[str, str], float | None] = {}
    for finding in [label.finding for label in films[0].labels]:
        own = [(row, next(one for one in film.labels if one.finding == finding)) for row, film in enumerate(films)]
        for side in SIDES:
            decided = [(row, label) for row, label in own if label.decision == side]
            seen = [(row, label, reads[row, finding]) for row, label in decided if (row, finding) in reads]
            measured = sorted((one for one in seen if one[2].stream == "MEASURE"), key=lambda one: one[2].rank)
            sample = Sample(
                np.array([label.presence for _, label, _ in measured], float),
                np.array([is_bad(label, shown(label, read.mask), read.mask) for row, label, read in measured], bool),
            )
            fixed = {row for row, _, read in seen if read.stream == "FIX"}
            presence = np.array([label.presence for row, label in decided if row not in fixed], float)
            found = certify(finding, side, sample, presence, RISK, DOUBT)
            thresholds[finding, side] = found.threshold
    return Gate(thresholds)


def teach(
    pool: Items, films: Sequence[FilmLabels], reads: Mapping[Unit, Read], gate: Gate | None, pseudo: bool = True
) -> list[ManifestItem]:
    """Pool films as a student meets them: what was read counts as people's, the rest as far as the gate lets it."""
    items = []
    for row, (item, film) in enumerate(zip(pool, films, strict=True)):
        one = told(item, film)
        let = {label.finding for label in film.labels if pseudo and (gate is None or gate.lets(label))}
        machine = frozenset(f for f in one.counts if f in let and (row, f) not in reads)
        counts: dict[str, bytes | None] = {f: one.counts[f] for f in machine}
        weights = {f: one.weights[f] for f in machine}
        for label in film.labels:
            if (row, label.finding) in reads:
                mask = reads[row, label.finding].mask
                counts[label.finding], weights[label.finding] = encode(mask) if mask.any() else None, 1.0
        items.append(replace(one, counts=counts, weights=weights, machine=machine))
    return items


def as_pool(units: Sequence[tuple[int, FindingLabel]], order: Order, seed: int) -> Pool:
    findings = {name: code for code, name in enumerate(dict.fromkeys(label.finding for _, label in units))}
    labels = [label for _, label in units]
    finding = np.array([findings[label.finding] for label in labels], np.int64)
    decision = np.array([CODES[label.decision] for label in labels], np.int64)
    risk, weight = (np.array([getattr(label, name) for label in labels], float) for name in ("risk", "weight"))
    priority: dict[Order, NDArray[np.float64]] = {
        "random": np.random.default_rng([seed, 1]).random(len(units)),
        "uncertainty": np.array([1 - abs(2 * label.presence - 1) for label in labels], float),
        "risk": fix_priority(risk, weight, finding, decision),
    }
    return Pool(
        np.arange(len(units)),
        np.array([row for row, _ in units], np.int64),
        finding,
        decision,
        priority[order],
        decision != UNCERTAIN,
        np.zeros(len(units), bool),
        np.zeros(len(units), bool),
    )
