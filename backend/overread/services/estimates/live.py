"""What an audit says of the pool: bounds that may be watched while readers read, and estimates once they are done.

Live bounds are betting confidence sequences alone. They take reads in by turn (``released``), whatever order readers
made them in. They are kept in memory, one set an audit, and take in only what came since the last look; they are thrown
away and computed anew when an earlier read was taken back, and nothing is lost with them. "Cannot tell" counts in none
of these numbers, and how often it was said stands beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy.orm import Session

from overread.db.tables import Audit
from overread.domain.sampling.betting import JointSequence
from overread.domain.sampling.pool_estimates import reads_for
from overread.services.estimates.corrections import Correction, correction
from overread.services.estimates.final import Estimated, final_estimates
from overread.services.estimates.released import Turn, released, turns
from overread.services.estimates.strata import (
    QUANTITIES,
    UNKNOWN,
    MeasuredRead,
    Quantities,
    Stratum,
    measured_reads,
    parts_of,
    quantities,
    stratum_sizes,
    subgroup_sizes,
)

Bounds = Literal["whole", "subgroups"]


@dataclass
class Live:
    """One quantity of a finding (None: all), or of a subgroup (what films are told apart by, and its name): its bound
    after each read, [reads, low, high]. Findings are read on the same films, so that a bound of several is joint."""

    quantity: str
    finding: str | None
    strata: list[Stratum]
    subgroup: tuple[str, str] | None = None
    sequence: JointSequence = field(init=False)
    path: list[tuple[int, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = {(s.finding, s.number): row for row, s in enumerate(self.strata)}
        self.sums = np.zeros(len(self.strata))
        sizes, planned = (np.array([getattr(s, name) for s in self.strata]) for name in ("size", "planned"))
        self.sequence = JointSequence(sizes, parts_of(self.strata), planned)

    def add(self, read: MeasuredRead) -> None:
        value = QUANTITIES[self.quantity][1](read)
        row = self.rows.get((read.finding, read.stratum))
        if value is None or row is None:
            return
        self.sums[row] += value
        self.path.append((len(self.path) + 1, *self.sequence.add(row, value)))

    @property
    def value(self) -> float | None:
        """The stratified mean of what was read; a stratum without a read counts as all others do. None at first."""
        reads = self.sequence.reads
        if not reads.sum():
            return None
        mean = np.where(reads > 0, self.sums / np.maximum(reads, 1), np.nan)
        share = np.where(reads > 0, self.sequence.sizes, 0.0)
        return float(np.nansum(mean * share) / share.sum())


@dataclass
class _Kept:
    """The bounds of an audit, and the reads that those of a finding (None: of all) have taken in."""

    strata: list[Stratum]
    live: list[Live]
    seen: dict[str | None, list[MeasuredRead]] = field(default_factory=dict)
    sizes: Mapping[tuple[str, str], Mapping[int, int]] = field(default_factory=dict)  # of subgroups


# By the database's engine, the audit, and what is bound. Sizes of subgroups take seconds: nobody else waits for them.
_kept: WeakKeyDictionary[Any, dict[tuple[int, Bounds], _Kept]] = WeakKeyDictionary()
_locks: dict[Bounds, Lock] = {"whole": Lock(), "subgroups": Lock()}


@dataclass(frozen=True)
class AuditEstimates:
    """``done``: every MEASURE item was read, and ``final`` speaks; ``needed`` are reads still to go for ± half_width of
    the error, by finding (None: all). ``correction``: how readers did where the truth is known, None until done.
    ``waiting`` reads are not in the bounds of all findings yet: an item whose turn was earlier is not read."""

    reads: int
    planned: int
    waiting: int
    cannot_tell: int
    done: bool
    live: list[Live]
    final: list[Estimated]
    correction: Correction | None
    needed: dict[str | None, int | None]


def audit_estimates(session: Session, audit: Audit, half_width: float = 0.05) -> AuditEstimates:
    """The bounds as they are now, and once every item is read the estimates by subgroup."""
    reads, order = measured_reads(session, audit), turns(session, audit)
    kept, by_turn = _take_in(session, audit, reads, order), released(reads, order)
    done = 0 < len(order) <= len(reads)
    slips = correction(session, audit) if done else None
    rates = slips.rates if slips is not None else None
    return AuditEstimates(
        reads=len(reads),
        planned=len(order),
        waiting=len(reads) - len(by_turn),
        cannot_tell=len(reads) - len(_sure(reads)),
        done=done,
        live=kept.live,
        final=final_estimates(session, audit, kept.strata, _sure(by_turn), rates) if done else [],
        correction=slips,
        needed=_needed(kept, _sure(reads), half_width),
    )


def live_bounds(strata: list[Stratum], told: Quantities = QUANTITIES) -> list[Live]:
    """Every quantity of all findings together and of each, before the first read."""
    findings: list[str | None] = [None, *dict.fromkeys(s.finding for s in strata)]
    wanted = [
        Live(quantity, finding, [s for s in strata if finding in (None, s.finding) and decision in (None, s.decision)])
        for quantity, (decision, _) in told.items()
        for finding in findings
    ]
    return [live for live in wanted if live.strata]


def take_in(live: Iterable[Live], read: MeasuredRead) -> None:
    """Count a read in every bound that it belongs to."""
    for bound in live:
        within = bound.subgroup is None or (read.inside[bound.subgroup[0]] or UNKNOWN) == bound.subgroup[1]
        if within and bound.finding in (None, read.finding):
            bound.add(read)


def subgroup_bounds(session: Session, audit: Audit) -> list[Live]:
    """Every quantity of each source, site, view and sex, while readers read: computed when somebody looks.

    Of a stratum's units those of a subgroup come in random order as well, so that they are a stratum of their own, of
    as many units as the pool has there.
    """
    return _take_in(session, audit, measured_reads(session, audit), turns(session, audit), "subgroups").live


def _subgroups(
    strata: list[Stratum], told: Quantities, sizes: Mapping[tuple[str, str], Mapping[int, int]]
) -> list[Live]:
    wanted = []
    for quantity, (decision, _) in told.items():
        of = [s for s in strata if decision in (None, s.decision)]
        for subgroup, counts in sizes.items():
            own = [
                replace(s, size=counts[s.number], planned=-(-s.planned * counts[s.number] // s.size))
                for s in of
                if counts.get(s.number)
            ]
            wanted += [Live(quantity, None, own, subgroup)] if own else []
    return wanted


def _begun(session: Session, audit: Audit, of: Bounds, before: _Kept | None) -> _Kept:
    """Bounds without a read, staked for the reads of the draw, whatever people asked for later; the sizes of subgroups
    are those of before, if there were any."""
    drawn = [row.measure for row in audit.strata]
    strata = [replace(s, planned=drawn[s.number]) for s in stratum_sizes(session, audit)]
    if of == "whole":
        return _Kept(strata, live_bounds(strata, quantities(audit)))
    sizes = before.sizes if before is not None else subgroup_sizes(session, audit, strata)
    return _Kept(strata, _subgroups(strata, quantities(audit), sizes), sizes=sizes)


def _take_in(
    session: Session, audit: Audit, reads: list[MeasuredRead], order: list[Turn], of: Bounds = "whole"
) -> _Kept:
    with _locks[of]:
        audits = _kept.setdefault(session.get_bind(), {})
        kept = audits.get((audit.id, of)) or _begun(session, audit, of, None)
        come = {
            finding: _sure(released(reads, order, finding))
            for finding in dict.fromkeys(live.finding for live in kept.live)
        }
        if any(come[finding][: len(seen)] != seen for finding, seen in kept.seen.items()):
            kept = _begun(session, audit, of, kept)
        for finding, taken in come.items():
            own = [live for live in kept.live if live.finding == finding]
            for read in taken[len(kept.seen.get(finding, [])) :]:
                take_in(own, read)
        kept.seen = come
        audits[audit.id, of] = kept
        return kept


def _sure(reads: list[MeasuredRead]) -> list[MeasuredRead]:
    return [read for read in reads if read.verdict != "cannot_tell"]


def _needed(kept: _Kept, sure: list[MeasuredRead], half_width: float) -> dict[str | None, int | None]:
    """Reads still to go, by the spreads seen so far; None before there is one to go by."""
    found: dict[str | None, int | None] = {}
    for live in (one for one in kept.live if one.quantity == "error"):
        own = [read for read in sure if live.finding in (None, read.finding)]
        planned: Any = np.array([max(s.planned, 1) for s in live.strata], dtype=float)
        if not own:
            found[live.finding] = None
            continue
        count, bad = np.zeros(len(live.strata)), np.zeros(len(live.strata))
        for read in own:
            row = live.rows[read.finding, read.stratum]
            count[row] += 1
            bad[row] += read.unacceptable
        everywhere = (bad.sum() + 0.5) / (count.sum() + 1)
        share = (bad + 2 * everywhere) / (count + 2)  # a stratum hardly read borrows the mean of all
        sizes = np.array([s.size for s in live.strata])
        total = reads_for(half_width, np.sqrt(share * (1 - share)), sizes, planned / planned.sum())
        found[live.finding] = max(0, total - len(own))
    return found
