"""Which pseudo labels enter the next training set, and with what weight: by hand, certified, or weighted below.

hand: every decided label with the weight that labelling gave it (the study's way, and the default). certified: labels
inside a certified threshold alone. weighted: those, and below it (1 − p̂_bad)·1[p̂_bad < .4]. A finding adds nothing in
either unless all its sides that teach are certified: positives without negatives, or the other way round, teach how
often it is there, and a student learns that first (docs/bias.md). Where a machine teaches the contour alone it says
nothing of that, and positives enter by their own certificate; negatives never.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Float, case, func, literal
from sqlalchemy.orm import Session

from overread.db.tables import Iteration, PseudoLabel
from overread.domain.errors import Conflict
from overread.domain.learning.badness import Badness, fit_badness
from overread.domain.policy.certify import DOUBTFUL, label_weight
from overread.domain.words import SIDES, TAUGHT, Side, Thresholds
from overread.services.audit.audits import audit_of
from overread.services.estimates.certificates import certificates_of, inside
from overread.services.estimates.strata import MeasuredRead, measured_reads

Floats = NDArray[np.float64]
Key = tuple[str, Side]  # finding and side
NO_UNDERFLOW = -500.0  # Postgres refuses exp() of less than −745


@dataclass(frozen=True)
class Entries:
    """``certified``: thresholds by finding and side, None where nothing passed; itself None for hand thresholds.
    ``badness`` weighs labels below the certificate; None leaves them out. ``sides`` are those that teach."""

    certified: dict[Key, float | None] | None = None
    badness: dict[Key, Badness] | None = None
    sides: tuple[Side, ...] = SIDES

    def weigh(self, finding: str, side: Side, presence: Floats, risk: Floats, weight: Floats) -> Floats:
        """Weights (n,) of labels of a finding and side; 0 keeps a label out."""
        if side not in self.sides:
            return np.zeros_like(weight)
        if self.certified is None:
            return weight
        threshold = self._threshold(finding, side)
        if threshold is None:
            return np.zeros_like(weight)
        within = presence >= threshold if side == "positive" else presence <= threshold
        known = self.badness.get((finding, side)) if self.badness is not None else None
        below = label_weight(known.predict(risk, presence)) if known is not None else np.zeros_like(weight)
        return np.where(within, weight, below)

    def column(self, finding: str, side: Side) -> ColumnElement[float]:
        """The same weights, as Postgres computes them: for counting millions of labels where they lie."""
        if side not in self.sides:
            return literal(0.0)
        if self.certified is None:
            return PseudoLabel.weight.expression
        threshold = self._threshold(finding, side)
        if threshold is None:
            return literal(0.0)
        known = self.badness.get((finding, side)) if self.badness is not None else None
        below: ColumnElement[float] = literal(0.0)
        if known is not None:
            level, risk, doubt = known.coefficients.tolist()
            doubted = 1.0 - func.abs(2.0 * PseudoLabel.presence - 1.0, type_=Float)
            logit = func.greatest(level + risk * PseudoLabel.risk + doubt * doubted, NO_UNDERFLOW, type_=Float)
            right = literal(1.0, Float) / (1.0 + func.exp(logit, type_=Float))
            below = case((logit < math.log(DOUBTFUL / (1 - DOUBTFUL)), right), else_=0.0)
        return case((inside(side, threshold), PseudoLabel.weight), else_=below)

    def _threshold(self, finding: str, side: Side) -> float | None:
        """Where the labels of a finding and side begin to enter; None unless every side that teaches is certified."""
        certified = self.certified or {}
        whole = all(certified.get((finding, one)) is not None for one in self.sides)
        return certified.get((finding, side)) if whole else None


def entries_of(session: Session, teacher: Iteration, thresholds: Thresholds) -> Entries:
    """The rule of a training set that learns from this teacher; raises Conflict when certificates are asked for and
    nobody confirmed any."""
    sides = TAUGHT[teacher.plan.teaches]
    if thresholds == "hand":
        return Entries(sides=sides)
    rows = certificates_of(session, teacher.id)
    if not rows:
        raise Conflict(
            f"No threshold of iteration {teacher.index} is certified yet. Confirm them once its audit is read, "
            "or launch with hand thresholds."
        )
    certified = {(row.finding, row.side): row.threshold for row in rows}
    reads = measured_reads(session, audit_of(session, teacher)) if thresholds == "weighted" else []
    return Entries(certified, fit(reads) if thresholds == "weighted" else None, sides)


def fit(reads: Iterable[MeasuredRead]) -> dict[Key, Badness]:
    """p̂_bad of each finding and side that was read; "cannot tell" is bad, the safe side."""
    found: dict[Key, Badness] = {}
    rows = list(reads)
    for key in dict.fromkeys((read.finding, side) for read in rows for side in SIDES if read.decision == side):
        own = [read for read in rows if (read.finding, read.decision) == key]
        columns = {
            name: np.array([getattr(read, name) for read in own], dtype=float)
            for name in ("risk", "presence", "unacceptable", "probability")
        }
        bad = columns["unacceptable"].astype(bool)
        fitted = fit_badness(columns["risk"], columns["presence"], bad, columns["probability"])
        if fitted is not None:
            found[key] = fitted
    return found


def weigh_rows(rows: Sequence[Any], entries: Entries) -> list[float]:
    """What each pseudo label weighs, in the rows' order; a row has finding, decision, presence, risk and weight."""
    columns = {name: np.array([getattr(row, name) for row in rows], float) for name in ("presence", "risk", "weight")}
    weights = np.zeros(len(rows))
    groups: dict[Key, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[row.finding, row.decision].append(number)
    for (finding, side), numbers in groups.items():
        presence, risk, weight = (column[numbers] for column in columns.values())
        weights[numbers] = entries.weigh(finding, side, presence, risk, weight)
    return [float(weight) for weight in weights]
