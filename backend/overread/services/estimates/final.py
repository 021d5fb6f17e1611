"""Estimates of the pool from an audit that was read to its end: stratified, and helped by predicted risk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from overread.db.tables import Audit
from overread.domain.readers.trust import corrected_error
from overread.domain.sampling.betting import JointSequence
from overread.domain.sampling.pool_estimates import Estimate, at_least_exact, difference_estimate, most_worth, worth
from overread.domain.sampling.shares import Share, share
from overread.services.estimates.strata import (
    GROUPS,
    UNKNOWN,
    MeasuredRead,
    Stratum,
    mean_risks,
    parts_of,
    quantities,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["stratified", "difference", "ratio", "exact", "betting", "corrected"]
Bounded = tuple[Method, float, float, float, int]  # method, value, low, high, reads


@dataclass(frozen=True)
class Estimated:
    """``group`` is "finding" or one of GROUPS, None for all; ``method`` says how the 95 % interval came:
    stratified or difference (Student's), ratio (a subgroup's share of its reads), exact or betting where no read
    differed from another, so that there was no spread to go by; corrected (Rogan and Gladen's) for readers' slips."""

    quantity: str
    group: str | None
    name: str | None
    method: Method
    value: float
    low: float
    high: float
    reads: int


@dataclass(frozen=True)
class Sample:
    """Reads that have a value, with the films they were made on and their rows in the strata they were drawn from;
    ``part`` says of which finding a stratum is."""

    value: Floats
    risk: Floats
    film: Ints
    row: Ints
    sizes: Ints
    means: Floats
    part: Ints


def final_estimates(
    session: Session,
    audit: Audit,
    strata: list[Stratum],
    sure: list[MeasuredRead],
    rates: tuple[Share, Share] | None = None,
) -> list[Estimated]:
    """Each quantity of all, of each finding and of each source, site, view and sex that the films tell. With readers'
    ``rates`` (planted masks called wrong, right masks called wrong) the error stands there corrected as well."""
    risks, found = mean_risks(session, audit, strata), []
    for quantity, (decision, loss) in quantities(audit).items():
        of = [(s, risk) for s, risk in zip(strata, risks, strict=True) if decision in (None, s.decision)]
        reads = [
            (read, value) for read in sure if (value := loss(read)) is not None and decision in (None, read.decision)
        ]
        for finding in (None, *dict.fromkeys(s.finding for s, _ in of)):
            own = [pair for pair in of if finding in (None, pair[0].finding)]
            sample = _sample([pair for pair in reads if finding in (None, pair[0].finding)], own)
            group = None if finding is None else "finding"
            found += [Estimated(quantity, group, finding, *one) for one in whole(sample)]
            if quantity == "error" and rates is not None and (one := corrected(sample, rates)) is not None:
                found.append(Estimated(quantity, group, finding, *one))
        everything = _sample(reads, of)
        for group, names in _subgroups([read for read, _ in reads]).items():
            for name in sorted(set(names.tolist())):
                one = subgroup(everything, names == name)
                found += [Estimated(quantity, group, name, *one)] if one else []
    return found


def _subgroups(reads: Sequence[MeasuredRead]) -> dict[str, NDArray[np.str_]]:
    """The subgroup of each read, by what tells at least two apart; sites only if they are not the sources again."""
    found = {group: np.array([read.inside[group] or UNKNOWN for read in reads]) for group in GROUPS}
    if (found["site"] == found["source"]).all():
        del found["site"]
    return {group: names for group, names in found.items() if len(set(names.tolist())) > 1}


def whole(sample: Sample) -> list[Bounded]:
    """The stratified and the difference estimate; empty unless every stratum that was to be read has a read."""
    found: list[Bounded] = []
    methods: tuple[tuple[Method, Floats], ...] = (
        ("stratified", np.zeros_like(sample.risk)),
        ("difference", sample.risk),
    )
    for method, risk in methods:
        means = sample.means if method == "difference" else np.zeros_like(sample.means)
        estimate = difference_estimate(sample.value, risk, sample.row, sample.sizes, means, sample.film)
        if estimate is not None:
            found.append(_bounded(method, estimate, sample))
    return found


def corrected(sample: Sample, rates: tuple[Share, Share]) -> Bounded | None:
    """The error as readers who never slip would have found it; None where nothing says so."""
    found = worth(sample.value, sample.row, sample.sizes, sample.film)
    one = corrected_error(*found, *rates) if found is not None else None
    return ("corrected", *one, len(sample.value)) if one is not None else None


def subgroup(sample: Sample, inside: NDArray[np.bool_]) -> Bounded | None:
    """Σ over a subgroup's reads of value/π ÷ Σ of 1/π, its variance by the residuals value − ratio over all strata."""
    count = np.bincount(sample.row, minlength=len(sample.sizes))
    weight = (sample.sizes / np.maximum(count, 1))[sample.row] * inside
    total, reads = float(weight.sum()), int(inside.sum())
    if not reads or total == 0:
        return None
    value = float(weight @ sample.value / total)
    own, films = sample.value[inside], len(np.unique(sample.film[inside]))
    if own.min() == own.max():  # several findings of one film are no reads apart
        exact = share(int(own[0] * films), films)
        return "exact", value, exact.low, exact.high, reads
    residual = np.where(inside, sample.value - value, 0.0)
    nothing = np.zeros(len(count))
    estimate = difference_estimate(residual, np.zeros_like(residual), sample.row, sample.sizes, nothing, sample.film)
    if estimate is None:
        return None
    scale = float(sample.sizes.sum()) / total
    half = (estimate.high - estimate.low) / 2 * scale
    low, high = value - half, value + half
    if set(own.tolist()) <= {0.0, 1.0}:
        low, high = at_least_exact(value, estimate.variance * scale**2, most_worth(own, films), low, high)
    return "ratio", value, max(0.0, low), min(1.0, high), reads


def _bounded(method: Method, estimate: Estimate, sample: Sample) -> Bounded:
    """No spread among the reads is no certainty about the pool: then the betting bound stands in."""
    value = min(1.0, max(0.0, estimate.value))
    if estimate.variance > 0 and math.isfinite(estimate.high):
        return method, value, max(0.0, estimate.low), min(1.0, estimate.high), estimate.reads
    sequence = JointSequence(sample.sizes, sample.part, np.bincount(sample.row, minlength=len(sample.sizes)))
    for row, one in zip(sample.row.tolist(), sample.value.tolist(), strict=True):
        sequence.add(row, one)
    return "betting", value, sequence.low, sequence.high, estimate.reads


def _sample(reads: Sequence[tuple[MeasuredRead, float]], strata: list[tuple[Stratum, float]]) -> Sample:
    """Strata in which nothing could be told are left out: the estimate speaks of those that can be read."""
    seen = {(read.finding, read.stratum) for read, _ in reads}
    kept = [(s, risk) for s, risk in strata if (s.finding, s.number) in seen]
    rows = {(s.finding, s.number): row for row, (s, _) in enumerate(kept)}
    return Sample(
        np.array([value for _, value in reads], dtype=float),
        np.array([read.risk for read, _ in reads], dtype=float),
        np.array([read.image_id for read, _ in reads], dtype=np.int64),
        np.array([rows[read.finding, read.stratum] for read, _ in reads], dtype=np.int64),
        np.array([s.size for s, _ in kept], dtype=np.int64),
        np.array([risk for _, risk in kept], dtype=float),
        parts_of([s for s, _ in kept]),
    )
